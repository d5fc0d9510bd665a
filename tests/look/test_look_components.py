"""Components say what their pictures show, and tie every control to its words."""

import re
from types import SimpleNamespace

import pytest
from django import forms
from django.template.loader import render_to_string


class TemplateNameForm(forms.Form):
    name = forms.CharField(help_text="The team sees it under this name.")
    order = forms.ChoiceField(
        widget=forms.RadioSelect, choices=[("d", "The day")], help_text="Which comes first?"
    )
    file = forms.FileField(label="Drop a spreadsheet here", help_text="Excel or CSV.")

    def clean(self) -> None:
        raise forms.ValidationError("Nothing to save.")


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Static files keep their names: none has been collected."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


def described_by(html: str) -> set[str]:
    return {name for ids in re.findall(r'aria-describedby="([^"]+)"', html) for name in ids.split()}


def ids(html: str) -> list[str]:
    return re.findall(r'\bid="([^"]+)"', html)


def test_form_points_from_each_control_to_its_hint_and_error():
    html = TemplateNameForm({}).as_div()

    assert described_by(html) == {
        f"id_{field}_{part}"
        for field in ["name", "order", "file"]
        for part in ["helptext", "error"]
    }
    assert described_by(html) <= set(ids(html))


def test_form_says_its_own_errors_once():
    html = TemplateNameForm({}).as_div()

    assert html.count("Nothing to save.") == 1


def test_form_marks_only_what_may_be_left_empty():
    class Form(forms.Form):
        name = forms.CharField()
        note = forms.CharField(required=False)

    html = Form().as_div()

    assert html.count("(optional)") == 1
    assert "Note <span" in html


def test_file_drop_takes_its_words_from_the_field():
    html = render_to_string("components/file_drop.html", {"field": TemplateNameForm()["file"]})

    assert '<label class="file-drop__title" for="id_file">Drop a spreadsheet here</label>' in html
    assert described_by(html) == {"id_file_helptext"}
    assert "id_file_helptext" in ids(html)


def step(number: int, mark: str, url: str | None) -> SimpleNamespace:
    current = mark == "current"
    return SimpleNamespace(
        number=number, name=f"Step {number}", url=url, mark=mark, note="", is_current=current
    )


def test_stepper_links_what_can_be_opened_and_says_every_mark():
    steps = [step(1, "done", "/1"), step(2, "attention", "/2"), step(3, "current", "/3")]

    html = render_to_string(
        "components/stepper.html", {"steps": [*steps, step(4, "waiting", None)]}
    )
    wide, small = html.split("<details")

    for steps_list in (wide, small):
        assert re.findall(r'href="(/\d)"', steps_list) == ["/1", "/2", "/3"]
        assert steps_list.count('aria-current="step"') == 1
        assert re.findall(r'visually-hidden">([^<]*)<', steps_list) == [
            ", done",
            ", needs attention",
            "",
            ", waits",
        ]
    assert "Step 3 of 4" in small


def test_outcome_bar_draws_what_there_is_and_counts_everything():
    bars = [
        SimpleNamespace(name="created", label="created", rows=24_310, x=0.0, width=97.24),
        SimpleNamespace(name="failed", label="failed", rows=690, x=97.24, width=2.76),
        SimpleNamespace(name="unknown", label="unknown", rows=0, x=100.0, width=0.0),
    ]

    html = render_to_string("components/outcome_bar.html", {"bars": bars, "rows": 25_000})

    assert re.findall(r'<rect data-state="(\w+)" x="([\d.]+)" width="([\d.]+)"', html) == [
        ("created", "0.000", "97.240"),
        ("failed", "97.240", "2.760"),
    ]
    assert re.findall(r'__rows">([\d,]+)<', html) == ["24,310", "690", "0"]
    assert "25,000 rows" in html


@pytest.mark.parametrize(
    ("total", "words", "bar"),
    [(25_000, "12,400 of 25,000 rows", 'value="12400" max="25000"'), (None, "12,400 rows", "")],
)
def test_progress_knows_that_it_may_not_know_the_end(total, words, bar):
    html = render_to_string(
        "components/progress.html",
        {"label": "Rows sent", "done": 12_400, "total": total, "unit": "rows"},
    )

    assert words in html
    assert re.findall(r"<progress[^>]*>", html) == [
        f'<progress aria-label="Rows sent"{" " if bar else ""}{bar}>'
    ]


def test_parts_strip_names_every_part_and_its_state():
    parts = [SimpleNamespace(number=1, state="collected", label="finished")]

    html = render_to_string("components/parts_strip.html", {"parts": parts})

    assert '<span class="visually-hidden">Part 1: finished</span>' in html


def test_message_never_trusts_its_text():
    html = render_to_string("components/message.html", {"kind": "error", "text": "<b>Ana</b>"})

    assert "Error: </span>&lt;b&gt;Ana&lt;/b&gt;" in html


@pytest.mark.parametrize("page", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
def test_error_page_renders_without_a_request(page):
    html = render_to_string(page)

    assert html.count("<h1>") == 1
    assert "Go to your imports" in html
