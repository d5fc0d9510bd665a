"""Dates and date-times: the order of day and month in a column, month names, times, zones."""

from dataclasses import dataclass
from typing import get_args

import polars as pl

from importer.checks.rules import TEXT, Rule, Steps, worked_out
from importer.crm.schema import Field
from importer.mapping.model import DateOrder

TYPES = frozenset({"date", "datetime"})
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH_NUMBERS = (
    {name: str(n) for n, name in enumerate(_MONTHS, 1)}
    | {name[:3]: str(n) for n, name in enumerate(_MONTHS, 1)}
    | {"sept": "9"}
)
_DAY = (
    r"^(?P<a>\d{1,4}|[A-Za-z]{3,9})(?:st|nd|rd|th)?(?P<s>[ ./,-]{1,2})"
    r"(?P<b>\d{1,2}|[A-Za-z]{3,9})(?:st|nd|rd|th)?(?P<t>[ ./,-]{1,2})(?P<c>\d{1,4})"
)
_TIME = (
    r"(?:(?:T|,? )\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?:\s?(?P<half>[AaPp])\.?[Mm]\.?)?\s?(?P<offset>Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$"
)
_ORDERS: tuple[DateOrder, ...] = get_args(DateOrder)
_FIRST_YEAR = 1000
_PIVOT = 50  # two-digit years below are of this century


@dataclass(frozen=True, slots=True)
class Orders:
    """What all values of a column tell about the order of day, month and year."""

    order: DateOrder | None  # the only one in which every date can be read
    two_readings: int  # rows whose date differs between the orders
    samples: tuple[str, ...]


def study(frame: pl.LazyFrame, cell: pl.Expr) -> Orders:
    """Decide the order of `cell` from the whole of `frame`."""
    ambiguous = _differ()
    facts = (
        worked_out(frame.select(text=cell), _READINGS)
        .select(
            any=pl.any_horizontal(pl.col(_ORDERS).is_not_null()).sum(),
            ambiguous=ambiguous.sum(),
            samples=TEXT.filter(ambiguous).unique(maintain_order=True).head(3).implode(),
            **{order: pl.col(order).is_not_null().sum() for order in _ORDERS},
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    fitting = [order for order in _ORDERS if facts[order] == facts["any"]]
    settled = len(fitting) == 1 or (fitting and not facts["ambiguous"])
    return Orders(fitting[0] if settled else None, facts["ambiguous"], tuple(facts["samples"]))


def readings(texts: pl.Series) -> pl.DataFrame:
    """The moments that each text may be: one column for each order, null where it is none."""
    frame = worked_out(texts.alias("text").to_frame().lazy(), _READINGS)
    moments = {o: _moment(pl.coalesce(_self_evident(), pl.col(o)), "UTC") for o in _ORDERS}
    return frame.select(**moments).collect()


def date_rule(field: Field, order: DateOrder | None, time_zone: str) -> Rule:
    """A day, or a moment as `time_zone` shows it; without an `order` those that need none."""
    ordered = pl.coalesce(_ORDERS) if order is None else pl.col(order)
    day, moment = pl.col("day"), pl.col("moment")
    code = "not_a_date" if field.data_type == "date" else "not_a_datetime"
    errors = {code: moment.is_null()}
    if order is None:
        errors["two_readings"] = _differ()
    steps = (
        *_READINGS,
        {"day": pl.coalesce(_self_evident(), ordered)},
        {"moment": _moment(day, time_zone)},
    )
    if field.data_type == "datetime":
        return Rule(moment.dt.strftime("%Y-%m-%d %H:%M:%S"), errors, steps=steps)
    clock = _number("hour") + _number("minute")
    return Rule(day.dt.strftime("%Y-%m-%d"), errors, {"time_dropped": clock > 0}, steps=steps)


def _part(name: str) -> pl.Expr:
    return pl.col("parts").struct.field(name)


def _number(name: str) -> pl.Expr:
    return _part(name).cast(pl.Int32, strict=False)


def _self_evident() -> pl.Expr:
    """The dates that have one reading whatever the order: year first, or the month by name."""
    a, b, c = _part("a"), _part("b"), _part("c")
    a_month, b_month = _month_number(a), _month_number(b)
    year_first = a.str.contains(r"^\d{4}$") & (b_month.is_not_null() | _same_separators())
    return pl.coalesce(
        pl.when(year_first).then(_day(a, pl.coalesce(_two_digits(b), b_month), c)),
        pl.when(a_month.is_not_null()).then(_day(c, a_month, b)),
        pl.when(b_month.is_not_null()).then(_day(c, b_month, a)),
    )


def _in_order(order: DateOrder) -> pl.Expr:
    """The dates of bare numbers, read in `order`; null for all others, and for impossible days."""
    a, b, c = _part("a"), _part("b"), _part("c")
    bare = a.str.contains(r"^\d{1,2}$") & b.str.contains(r"^\d") & _same_separators()
    if order == "ymd":
        padded = (a.str.len_chars() == 2) & (c.str.len_chars() == 2)
        return pl.when(bare & padded).then(_day(a, b, c))
    day, month = (a, b) if order == "dmy" else (b, a)
    return pl.when(bare).then(_day(c, month, day))


def _same_separators() -> pl.Expr:
    return _part("s") == _part("t")


def _differ() -> pl.Expr:
    """Whether two orders give two dates."""
    return (pl.min_horizontal(_ORDERS) != pl.max_horizontal(_ORDERS)).fill_null(value=False)


def _month_number(name: pl.Expr) -> pl.Expr:
    lower = name.str.to_lowercase()
    return lower.replace_strict(_MONTH_NUMBERS, default=None, return_dtype=pl.String)


def _two_digits(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(r"^\d{1,2}$")).then(text)


def _day(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """A date of texts; null where there is no such day."""
    number = year.cast(pl.Int32, strict=False)
    digits = year.str.len_chars()
    century = pl.when(number < _PIVOT).then(number + 2000).otherwise(number + 1900)
    four_digits = pl.when(digits == 4).then(number).when(digits == 2).then(century)
    full = pl.when(four_digits >= _FIRST_YEAR).then(four_digits)
    text = pl.format("{}-{}-{}", full, month, _two_digits(day))
    return text.str.to_date("%Y-%m-%d", strict=False)


def _moment(day: pl.Expr, time_zone: str) -> pl.Expr:
    """`day` with its time, in `time_zone`; null where there is no such time."""
    half = _part("half").str.to_lowercase()
    hour, minute, second = (_number(name).fill_null(0) for name in ("hour", "minute", "second"))
    hour24 = pl.when(half.is_null()).then(hour).otherwise(hour % 12 + 12 * (half == "p"))
    good = (hour24 < 24) & (minute < 60) & (second < 60)
    good &= half.is_null() | hour.is_between(1, 12)
    local = day.cast(pl.Datetime("us")) + pl.duration(hours=hour24, minutes=minute, seconds=second)
    return pl.when(good).then(pl.coalesce(_shifted(local, time_zone), local))


def _shifted(local: pl.Expr, time_zone: str) -> pl.Expr:
    """`local` moved from the offset written beside it to `time_zone`; null without an offset."""
    offset = _part("offset").str.replace(r"^(?i)(?:z|utc|gmt)$", "+0000")
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    hours = offset.str.slice(1, 2).cast(pl.Int32, strict=False)
    minutes = offset.str.extract(r"(\d{2})$").cast(pl.Int32, strict=False)
    minutes = pl.when(offset.str.len_chars() > 3).then(minutes).otherwise(0)
    utc = local - pl.duration(minutes=sign * (hours * 60 + minutes))
    zoned = utc.dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone)
    return zoned.dt.replace_time_zone(None)


_READINGS: Steps = (
    {"parts": TEXT.str.extract_groups(_DAY + _TIME)},
    {order: _in_order(order) for order in _ORDERS},
)
