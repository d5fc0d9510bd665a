"""Connections to the public internet alone: nobody reaches our own network through us.

A name is looked up once, here, and the connection goes to the very address that was judged. So
a name that leads elsewhere the next time it is asked for (DNS rebinding) gains nothing.
"""

import socket
from collections.abc import Iterable
from ipaddress import IPv6Network, ip_address
from typing import Any

import httpcore

THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_IPV6_IN_USE = IPv6Network("2000::/3")  # all else is private, or holds an IPv4 address within


class NotPublic(Exception):
    """The name leads to an address that is not on the public internet."""


def is_public(address: str) -> bool:
    """Whether an IP address is one machine's on the public internet."""
    ip = ip_address(address)
    if ip.version == 6 and (ip not in _IPV6_IN_USE or ip.sixtofour):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


class PublicNetwork(httpcore.NetworkBackend):
    """Raises `NotPublic` for any name that leads elsewhere; `local` lets this machine through."""

    def __init__(self, network: httpcore.NetworkBackend, *, local: bool) -> None:
        self._network, self._local = network, local

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        problem: Exception = httpcore.ConnectError("the name has no address")
        for address in self._addresses(host, port):
            try:
                return self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    def _addresses(self, host: str, port: int) -> list[str]:
        """All that the name stands for; one that is not public spoils the rest."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = [str(where[0]) for *_, where in found]
        of_this_machine = self._local and host in THIS_MACHINE
        if not all(map(_is_loopback if of_this_machine else is_public, addresses)):
            raise NotPublic
        return addresses


def _is_loopback(address: str) -> bool:
    return ip_address(address).is_loopback
