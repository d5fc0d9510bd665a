"""Long lists: their pages, asked for one after the other until there are no more."""

from collections.abc import Callable, Iterator
from typing import Any

from importer.crm import wire
from importer.crm.api import listed


def entries(
    ask: Callable[..., wire.Json], key: str, *, by_token: bool = False
) -> Iterator[dict[str, Any]]:
    """What all pages hold under `key`; `ask` takes `page` or `page_token` and gives a page.

    Only the page at hand is kept in memory, and all of it has been taken when the next is asked
    for. Page numbers reach 2,000 records in most lists; where the CRM gives tokens too, they
    reach further, and exclude page numbers.
    """
    number, place = 1, dict[str, str]()
    while True:
        answer = ask(**place)
        found = listed(answer, key)
        yield from found
        info = answer.get("info") or {}
        if not info.get("more_records"):
            return
        if not found:
            raise wire.broken(f"{key}, of which there should be more")
        number += 1
        token = info.get("next_page_token") if by_token else None
        place = {"page_token": str(token)} if token else {"page": str(number)}
