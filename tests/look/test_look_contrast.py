"""Colours can be told apart in light and in dark (WCAG 2.2, 1.4.3 for words, 1.4.11 for shapes)."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "static" / "css" / "tokens.css"
PAIR = re.compile(r"--color-([\w-]+): light-dark\((#\w{6}), (#\w{6})\);")
COLOURS = {
    name: {"light": light, "dark": dark} for name, light, dark in PAIR.findall(TOKENS.read_text())
}

GROUNDS = ["canvas", "surface", "sunken", "hover"]
TONES = ["good", "warn", "bad", "idle"]
WORDS = [
    *((ink, ground) for ink in ["text", "text-muted", "accent"] for ground in GROUNDS),
    *((f"{tone}-ink", f"{tone}-surface") for tone in TONES),
    *((f"{tone}-ink", ground) for tone in TONES for ground in ["canvas", "surface"]),
    *((ink, f"{tone}-surface") for ink in ["text", "text-muted"] for tone in TONES),
    *((ink, "accent-surface") for ink in ["text", "text-muted", "accent", "accent-hover"]),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("accent-hover", "surface"),
]
SHAPES = [
    *(("control-line", ground) for ground in ["canvas", "surface"]),
    *(("accent", ground) for ground in [*GROUNDS, "line"]),
]


def luminance(colour: str) -> float:
    """Relative luminance of a `#rrggbb`, as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_and_white_is_twenty_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), WORDS)
def test_words_can_be_read(ink: str, ground: str, scheme: str) -> None:
    assert contrast(COLOURS[ink][scheme], COLOURS[ground][scheme]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_can_be_seen(shape: str, ground: str, scheme: str) -> None:
    assert contrast(COLOURS[shape][scheme], COLOURS[ground][scheme]) >= 3
