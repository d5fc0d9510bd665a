"""The look keeps its promises: nothing inline, colours in one place, every file in a layer."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CSS = ROOT / "static" / "css"
STYLESHEETS = sorted(CSS.rglob("*.css"))

INLINE = re.compile(
    r"""<style\b | <script\b(?![^>]*\bsrc=) | <[^>]*\s(?:style|on[a-z]+|hx-on[^=\s]*)\s*=""",
    re.IGNORECASE | re.VERBOSE,
)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
IMPORT = re.compile(r'@import url\("([^"]+)"\) layer\((reset|base|components|utilities)\);')
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\(", re.IGNORECASE
)
NAMED_COLOUR = re.compile(
    r":[^;{]*\b(?:black|white|red|green|blue|gr[ae]y|orange|yellow)\b\s*[;,\s]"
)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def rules(stylesheet: Path) -> str:
    return COMMENT.sub("", stylesheet.read_text())


@pytest.mark.parametrize("template", TEMPLATES, ids=relative)
def test_template_has_nothing_inline_that_the_security_policy_would_block(template: Path) -> None:
    assert INLINE.findall(template.read_text()) == []


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="color: red">',
        "<style>",
        "<script>go()</script>",
        '<a\n  onclick="go()">',
        '<a hx-on:click="go()">',
    ],
)
def test_inline_markup_would_be_noticed(markup: str) -> None:
    assert INLINE.search(markup)


@pytest.mark.parametrize("stylesheet", STYLESHEETS, ids=relative)
def test_stylesheet_takes_its_colours_from_the_tokens(stylesheet: Path) -> None:
    if stylesheet.name == "tokens.css":
        return
    text = rules(stylesheet)

    assert COLOUR.findall(text) == []
    assert NAMED_COLOUR.findall(text) == []


def test_every_stylesheet_is_imported_once_into_a_layer() -> None:
    imported = [CSS / name for name, _ in IMPORT.findall(rules(CSS / "app.css"))]

    assert sorted(imported) == [path for path in STYLESHEETS if path.name != "app.css"]


def test_app_css_holds_nothing_but_layers_and_imports() -> None:
    rest = IMPORT.sub("", rules(CSS / "app.css")).split()

    assert " ".join(rest) == "@layer reset, base, components, utilities;"


def test_every_token_used_is_defined() -> None:
    text = "".join(rules(path) for path in STYLESHEETS)
    defined = set(re.findall(r"(--[\w-]+)\s*:", text))

    # A variable with a fallback is a component's own option, set by its variants only.
    used = set(re.findall(r"var\((--[\w-]+)\)", text))

    assert used - defined == set()


def test_every_token_defined_is_used() -> None:
    text = "".join(rules(path) for path in STYLESHEETS)
    used = set(re.findall(r"var\((--[\w-]+)", text))

    defined = set(re.findall(r"(--[\w-]+)\s*:", rules(CSS / "tokens.css")))

    assert defined - used == set()


def test_every_icon_named_in_a_template_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "icons.svg").read_text()))
    named = {
        name
        for template in TEMPLATES
        for name in re.findall(r'components/icon\.html" with name="([^"]+)"', template.read_text())
    }

    assert named - drawn == set()


def test_every_state_with_a_colour_has_a_shape() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "icons.svg").read_text()))

    coloured = set(re.findall(r'data-state="(\w+)"', rules(CSS / "components" / "state.css")))

    assert coloured - drawn == set()
