"""Signed messages to an address that a team chose, anywhere on the public internet."""

from importer.webhooks.posting import Message, Undelivered, post, signature, wrong_with

__all__ = ["Message", "Undelivered", "post", "signature", "wrong_with"]
