"""Step 4's form: one answer for each thing about a column's values that only a person knows."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from django import forms
from django.utils.dateformat import format as spelt

from importer.checks.model import Question
from importer.crm.schema import Field, Module
from importer.mapping.model import DateOrder, Mapping

HOLD, BLANK, VALUE = "hold", "blank", "value:"  # what becomes of rows with an unknown text
ORDERS = {"dmy": "Day first", "mdy": "Month first", "ymd": "Year first"}
REPEATS = [
    ("hold", "Hold all of them back"),
    ("first", "Send the first row of each, hold the others back"),
    ("last", "Send the last row of each, hold the others back"),
]


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """One question as the page shows it, with a control for each answer it wants."""

    question: Question
    field: Field
    controls: tuple[tuple[Any, forms.BoundField], ...]  # what is asked about, and where to answer


class AnswersForm(forms.Form):
    """Answers in, a mapping out."""

    def __init__(
        self,
        data: Any,
        *,
        questions: tuple[Question, ...],
        mapping: Mapping,
        module: Module,
        clearing: Collection[str],  # the fields whose blanks erase what the CRM has
    ) -> None:
        super().__init__(data)
        self._questions, self._mapping, self._module = questions, mapping, module
        self._clearing = clearing
        for number, question in enumerate(questions):
            for name, field in self._controls(number, question):
                self.fields[name] = field

    def lines(self) -> Iterator[QuestionLine]:
        """The questions in order."""
        for number, question in enumerate(self._questions):
            names = [name for name, _ in self._controls(number, question)]
            about = question.unknown or (None,)
            controls = tuple(zip(about, (self[name] for name in names), strict=True))
            yield QuestionLine(question, self._module.field(question.field), controls)

    def mapping(self) -> Mapping:
        """The mapping with these answers in it."""
        mapping = self._mapping
        for number, question in enumerate(self._questions):
            column = mapping.column_for(question.field)
            if column is None:
                continue
            answer: Any = self.cleaned_data.get(f"q{number}")
            if question.kind == "repeats":
                mapping = replace(mapping, repeats=answer)
                continue
            if question.kind == "options":
                column = replace(column, values=self._values(number, question))
            elif question.kind == "date_order":
                column = replace(column, date_order=answer)
            else:
                column = replace(column, decimal_mark=answer)
            mapping = mapping.with_column(column)
        return mapping

    def _values(self, number: int, question: Question) -> dict[str, str]:
        answers = {
            unknown.text: self.cleaned_data[f"q{number}_{index}"]
            for index, unknown in enumerate(question.unknown)
        }
        return {
            text: "" if answer == BLANK else answer.removeprefix(VALUE)
            for text, answer in answers.items()
            if answer != HOLD
        }

    def _controls(self, number: int, question: Question) -> Iterator[tuple[str, forms.Field]]:
        column = self._mapping.column_for(question.field)
        if question.kind == "options":
            known = column.values if column else {}
            for index, unknown in enumerate(question.unknown):
                yield f"q{number}_{index}", self._option_field(question, unknown.text, known)
        elif question.kind == "repeats":
            yield f"q{number}", _radio(REPEATS, self._mapping.repeats)
        elif question.kind == "date_order":
            yield f"q{number}", _radio(_orders(question), column.date_order if column else None)
        else:
            yield f"q{number}", _radio(_marks(question), column.decimal_mark if column else None)

    def _option_field(self, question: Question, text: str, known: dict[str, str]) -> forms.Field:
        field = self._module.field(question.field)
        options = [(f"{VALUE}{o.value}", o.label) for o in field.options]
        if field.data_type == "boolean":
            options = [(f"{VALUE}true", "Yes"), (f"{VALUE}false", "No")]
        answered = known.get(text, HOLD)
        initial = {"": BLANK, HOLD: HOLD}.get(answered, f"{VALUE}{answered}")
        blank = "Clear what the CRM has" if question.field in self._clearing else "Leave it blank"
        choices = [(HOLD, "Hold these rows back"), (BLANK, blank), *options]
        widget = forms.Select(attrs={"class": "input input--dense"})
        label = f"“{text}” means"
        return forms.ChoiceField(choices=choices, initial=initial, widget=widget, label=label)


def _radio(choices: list[tuple[str, str]], initial: str | None) -> forms.Field:
    return forms.ChoiceField(
        choices=choices,
        initial=initial,
        widget=forms.RadioSelect,
        label="",
        error_messages={"required": "Choose one; we do not guess."},
    )


def _orders(question: Question) -> list[tuple[str, str]]:
    sample = question.samples[0]
    readings = {order: _read(sample, order) for order in get_args(DateOrder)}
    return [
        (order, f"{ORDERS[order]}: {sample} is {spelt(day, 'j F Y')}")
        for order, day in readings.items()
        if day is not None
    ]


def _read(text: str, order: DateOrder) -> date | None:
    numbers = [int(number) for number in re.findall(r"\d+", text)[:3]]
    if len(numbers) < 3:
        return None
    named = dict(zip(order, numbers, strict=True))
    year = named["y"] if named["y"] > 99 else named["y"] + (2000 if named["y"] < 50 else 1900)
    try:
        return date(year, named["m"], named["d"])
    except ValueError:
        return None


def _marks(question: Question) -> list[tuple[str, str]]:
    sample = question.samples[0]
    digits = re.sub(r"[^\d.,]", "", sample).strip(".,")
    dot, comma = digits.replace(",", ""), digits.replace(".", "").replace(",", ".")
    return [
        (".", f"The dot is the decimal mark: {sample} is {_amount(dot)}"),
        (",", f"The comma is the decimal mark: {sample} is {_amount(comma)}"),
    ]


def _amount(plain: str) -> str:
    """A number as people read it: 1,000 for 1000, and 1 for 1.000."""
    return format(Decimal(plain).normalize(), ",f")
