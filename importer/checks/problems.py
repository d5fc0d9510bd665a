"""All kinds of problems a check can find, and the plain words for each."""

from dataclasses import dataclass
from typing import NamedTuple

from importer.checks.model import Severity
from importer.crm.schema import Field

_OPTIONS_NAMED = 8
_LONGEST_VALUE = 80  # characters of a cell that a sentence quotes


class Explained(NamedTuple):
    """What is wrong, and what to do about it: a sentence or two each, or nothing."""

    reason: str
    fix: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, self))


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem.

    `title` follows the column's name over a group. Of one cell, `seen` says what we saw, `takes`
    what is allowed and `act` what to do. They may name {label}, {value} and {allowed}; and
    {suggestion} in what is used in place of `seen` and `takes` when there is one.
    """

    title: str
    seen: str
    takes: str = ""
    act: str = ""
    act_in_file: str = ""  # in a downloaded report, where `act` is about our pages
    severity: Severity = "error"
    seen_suggested: str = ""
    takes_suggested: str = ""

    def explained(self, *, suggested: bool, in_file: bool) -> Explained:
        """Its words, still to be filled in."""
        seen = (suggested and self.seen_suggested) or self.seen
        takes = (suggested and self.takes_suggested) or self.takes
        act = (in_file and self.act_in_file) or self.act
        return Explained(seen, " ".join(filter(None, (takes, act))))


KINDS: dict[str, Kind] = {
    "required_blank": Kind(
        "is empty but needed",
        "{label} is empty. Zoho needs a value to create a record.",
        act="Fill it in, or hold the row back.",
        act_in_file="Fill it in.",
    ),
    "key_blank": Kind(
        "is empty, so no record can be found",
        "{label} is empty, and it is what finds the record in Zoho. Without it a record could "
        "not be found, now or next time.",
        act="Fill it in, or hold the row back.",
        act_in_file="Fill it in.",
    ),
    "key_repeated": Kind(
        "is in more than one row",
        "{value} is in other rows too, so it is not clear which one counts.",
        act="Keep the first, keep the last, or hold all back.",
        act_in_file="Change it in the rows that are about another record.",
        seen_suggested="{value} is in rows {suggestion}.",
    ),
    "unique_repeated": Kind(
        "is in an earlier row already",
        "{label} says “{value}”, as an earlier row does; Zoho takes it once only.",
        act="Change it, or hold the row back.",
        act_in_file="Change it.",
        seen_suggested="{label} says “{value}” in rows {suggestion}; Zoho takes it once only.",
    ),
    "row_blank": Kind(
        "has nothing to send",
        "All matched columns are empty, so there is nothing to send.",
        act="Fill the row in, or hold it back.",
        act_in_file="Fill the row in.",
    ),
    "cell_error": Kind(
        "holds spreadsheet errors",
        "{label} shows the error {value} instead of a value.",
        act="Correct the formula or clear the cell, then load the file again.",
        act_in_file="Write the value, or clear the cell.",
    ),
    "too_long": Kind(
        "is too long",
        "{label} is longer than the field.",
        "It takes {allowed}.",
        "Shorten “{value}”.",
    ),
    "not_an_email": Kind(
        "is not an e-mail address",
        "{label} says “{value}”, which is not an e-mail address.",
        "It takes one address such as ana@example.com.",
        "Correct it or clear it.",
    ),
    "not_a_phone": Kind(
        "is not a phone number",
        "{label} says “{value}”, which Zoho does not take as a phone number.",
        "It takes digits, letters, single spaces, dots, dashes and brackets, such as "
        "+1 (555) 010-2000.",
        "Correct it or clear it.",
    ),
    "not_a_url": Kind(
        "is not a web address",
        "{label} says “{value}”, which is not a web address.",
        "It takes one such as www.example.com.",
        "Correct it or clear it.",
    ),
    "not_a_number": Kind(
        "is not a number",
        "{label} says “{value}”, which is not a number.",
        "It takes one such as 1234.5, written like the others in its column.",
        "Correct it or clear it.",
    ),
    "not_whole": Kind(
        "is not a whole number",
        "{label} says “{value}”; it takes whole numbers only.",
        act="Correct it, or match the column to another field.",
        act_in_file="Correct it or clear it.",
    ),
    "too_many_digits": Kind(
        "has too many digits",
        "{label} says “{value}”, which has too many digits.",
        "It takes {allowed}.",
        "Correct it.",
    ),
    "not_a_date": Kind(
        "is not a date",
        "{label} says “{value}”, which is not a date.",
        "It takes one such as 2025-04-03, written like the others in its column.",
        "Correct it or clear it.",
    ),
    "not_a_datetime": Kind(
        "is not a date and time",
        "{label} says “{value}”, which is not a date with a time.",
        "It takes one such as 2025-04-03 14:30, written like the others in its column.",
        "Correct it or clear it.",
    ),
    "two_readings": Kind(
        "can be read in two ways",
        "{label} says “{value}”, which can be read in two ways.",
        act="Choose under Values how this column is written.",
        act_in_file="Write a date like 2025-04-03, a number like 1234.5.",
    ),
    "not_a_yes_no": Kind(
        "is neither yes nor no",
        "{label} says “{value}”, which is neither yes nor no.",
        act="Choose under Values what it means, or clear it.",
        act_in_file="Write yes or no, or clear it.",
    ),
    "unknown_option": Kind(
        "is not one of the options",
        "{label} says “{value}”, which is not an option.",
        "It takes {allowed}.",
        "Choose under Values.",
        "Write one of the options.",
        takes_suggested="Did you mean “{suggestion}”?",
    ),
    "not_a_record_id": Kind(
        "is not a record id",
        "{label} says “{value}”, which is not a record id.",
        "It takes the number that Zoho gives a record, such as 5725767000000988004.",
        "Correct it, or unmatch the column.",
        "Correct it or clear it.",
    ),
    "digits_lost": Kind(
        "has lost digits",
        "{label} says “{value}”: the spreadsheet has most likely rounded a long number and its "
        "last digits are gone.",
        act="Export it again with this column as text.",
        severity="warning",
    ),
    "truncated_decimals": Kind(
        "has more decimals than the field",
        "{label} says “{value}”; it takes {allowed}, and what is beyond is cut off.",
        act="Round it in the file if that matters.",
        severity="warning",
    ),
    "time_dropped": Kind(
        "has a time that the field cannot hold",
        "{label} says “{value}”; it holds days only, so the time is left out.",
        severity="warning",
    ),
}


def sentence(
    code: str,
    *,
    row: int | None,
    column: str | None,
    field_label: str | None,
    value: str | None,
    suggestion: str | None = None,
    allowed: str | None = None,
) -> str:
    """One problem in plain words; with the row's number first unless `row` is None."""
    text = explained(
        code,
        column=column,
        field_label=field_label,
        value=value,
        suggestion=suggestion,
        allowed=allowed,
    )
    return str(text) if row is None else f"Row {row:,}: {text}"


def explained(
    code: str,
    *,
    column: str | None,
    field_label: str | None,
    value: str | None,
    suggestion: str | None = None,
    allowed: str | None = None,
    in_file: bool = False,
) -> Explained:
    """One problem in plain words: what is wrong, and what to do on our pages or `in_file`.

    The cell is named by its field, and by its column too where that is called otherwise.
    """
    facts = {
        "label": _name(column, field_label),
        "value": _shortened(value or ""),
        "suggestion": suggestion or "",
        "allowed": allowed or "only what the field allows",
    }
    words = KINDS[code].explained(suggested=bool(suggestion), in_file=in_file)
    return Explained(*(text.format(**facts) for text in words))


def group_title(code: str, *, column: str | None, field_label: str | None) -> str:
    """A heading for all problems of one cause."""
    return f"{_name(column, field_label)} {KINDS[code].title}"


def allowed(code: str, field: Field) -> str | None:
    """What `field` takes, where the sentence for `code` says so."""
    if code == "too_long" and field.length is not None:
        return f"at most {field.length:,} characters"
    if code == "too_many_digits":
        return "fewer digits" if field.length is None else f"at most {field.length} digits"
    if code == "truncated_decimals":
        places = field.decimal_places or 0
        return "1 decimal" if places == 1 else f"{places} decimals"
    if code == "unknown_option":
        return _options(field)
    return None


def _options(field: Field) -> str:
    names = [option.label for option in field.options[:_OPTIONS_NAMED]]
    more = len(field.options) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")


def _name(column: str | None, field_label: str | None) -> str:
    if not field_label or not column or column.casefold() == field_label.casefold():
        return field_label or column or "The row"
    return f"{field_label} (column “{column}”)"


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"
