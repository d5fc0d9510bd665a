"""Somebody who looks at pages as people with every kind of eyes and screens see them."""

from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False}  # preloading asks what CSP forbids
Scheme = Literal["light", "dark"]
SCREENS: list[tuple[Scheme, int]] = [
    ("light", 1280),
    ("light", 390),
    ("dark", 1280),
    ("dark", 390),
]
SMALLEST = 320  # CSS pixels: 1280 at 400 %


class Inspector:
    """Looks at pages as they come, on every screen, and notes what is wrong with each."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.seen: list[str] = []
        self.found: list[str] = []

    def look(self, name: str) -> None:
        self.seen.append(name)
        for scheme, width in SCREENS:
            self._show(scheme, width)
            violations = Axe().run(self.page, options=AXE_OPTIONS).response["violations"]
            self.found += [f"{name}, {scheme}, {width}: {_told(found)}" for found in violations]
        self._show("light", SMALLEST)
        if self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            self.found.append(f"{name}: scrolls sideways at {SMALLEST} pixels")
        self._show("light", 1280)

    def _show(self, scheme: Scheme, width: int) -> None:
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": 800})


def _told(violation: dict[str, Any]) -> str:
    targets = [", ".join(map(str, node["target"])) for node in violation["nodes"]]
    return f"{violation['id']} ({violation['help']}) at {'; '.join(targets)}"
