"""Numbers: the column's decimal mark, digits, currency and percent signs."""

from dataclasses import dataclass

import polars as pl

from importer.checks.rules import TEXT, Rule, Steps, worked_out
from importer.crm.schema import Field
from importer.mapping.model import DecimalMark

WHOLE = frozenset({"integer", "bigint"})
TYPES = frozenset({*WHOLE, "double", "decimal", "currency", "percent"})
_MAX_DIGITS = {"integer": 9, "bigint": 18, "percent": 5}  # where metadata does not say
_CODES = (
    "AED|ARS|AUD|BDT|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KES"
    "|KRW|KWD|LKR|MXN|MYR|NGN|NOK|NZD|PHP|PKR|PLN|QAR|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD"
    "|VND|ZAR"
)
_CURRENCY = rf"(?:[A-Z]{{0,2}}\p{{Sc}}|{_CODES}|Rs\.?|kr\.?|Fr\.?)"
_NUMBER = (
    rf"^(?P<open>\()?(?P<before>[+-])?\s*{_CURRENCY}?\s*(?P<inside>[+-])?"
    r"(?P<digits>[\d.,'’\u{a0}\u{202f} ]*\d[.,]?)\s*"
    rf"(?P<percent>%)?{_CURRENCY}?(?P<after>-)?(?P<close>\))?$"
)
_EXPONENT = r"^[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d{1,3}$"
_DOT, _COMMA, _PARTS = pl.col("dot"), pl.col("comma"), pl.col("parts")
_GROUPING = r"'’\u{a0}\u{202f} "  # separate thousands whatever the decimal mark


@dataclass(frozen=True, slots=True)
class Marks:
    """What all values of a column tell about its decimal mark."""

    mark: DecimalMark | None  # the only one with which every number can be read
    two_readings: int  # rows whose number differs between the marks
    samples: tuple[str, ...]


def study(frame: pl.LazyFrame, cell: pl.Expr) -> Marks:
    """Decide the decimal mark of `cell` from the whole of `frame`."""
    either = _DOT.is_not_null() | _COMMA.is_not_null()
    ambiguous = (_DOT != _COMMA).fill_null(value=False)
    facts = (
        worked_out(frame.select(text=cell), _READINGS)
        .select(
            either=either.sum(),
            dot=_DOT.is_not_null().sum(),
            comma=_COMMA.is_not_null().sum(),
            ambiguous=ambiguous.sum(),
            samples=TEXT.filter(ambiguous).unique(maintain_order=True).head(3).implode(),
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    fits_dot, fits_comma = facts["dot"] == facts["either"], facts["comma"] == facts["either"]
    mark: DecimalMark | None = None
    if fits_dot and (not fits_comma or not facts["ambiguous"]):
        mark = "."
    elif fits_comma and not fits_dot:
        mark = ","
    return Marks(mark, facts["ambiguous"], tuple(facts["samples"]))


def readings(texts: pl.Series) -> pl.DataFrame:
    """The plain number that each text may be: with either decimal mark a column, null if none."""
    frame = worked_out(texts.alias("text").to_frame().lazy(), _READINGS)
    return frame.select(_DOT, _COMMA).collect()


def number_rule(field: Field, mark: DecimalMark | None) -> Rule:
    """A plain number; without a `mark` those that read alike with both."""
    readings = {".": _DOT, ",": _COMMA, None: pl.coalesce(_DOT, _COMMA)}
    read, whole, fraction = pl.col("read"), pl.col("whole"), pl.col("fraction")
    limit = field.length or _MAX_DIGITS.get(field.data_type, 16)
    errors = {
        "not_a_number": read.is_null() if field.data_type == "percent" else _not_plain(read),
        "two_readings": _DOT != _COMMA,
        "not_whole": fraction != "",
        "too_many_digits": whole.str.len_chars() > limit,
    }
    if mark is not None:
        del errors["two_readings"]
    if field.data_type not in WHOLE:
        del errors["not_whole"]
    steps = (
        *_READINGS,
        {"read": readings[mark]},
        {"whole": _whole(read, field), "fraction": _fraction(read)},
    )
    value, warnings = _value(read, whole, fraction, field)
    return Rule(value, errors, warnings, steps=steps)


def _value(
    read: pl.Expr, whole: pl.Expr, fraction: pl.Expr, field: Field
) -> tuple[pl.Expr, dict[str, pl.Expr]]:
    """The canonical text, cut where the CRM would cut it, and the warnings about it."""
    warnings: dict[str, pl.Expr] = {}
    if field.decimal_places is not None and field.data_type not in WHOLE:
        warnings["truncated_decimals"] = fraction.str.len_chars() > field.decimal_places
        fraction = fraction.str.slice(0, field.decimal_places).str.strip_chars_end("0")
    tail = pl.when(fraction != "").then("." + fraction).otherwise(pl.lit(""))
    nothing = whole.str.contains("^0*$") & (tail == "")
    sign = pl.when(read.str.starts_with("-") & ~nothing).then(pl.lit("-")).otherwise(pl.lit(""))
    return sign + whole + tail, warnings


def _not_plain(read: pl.Expr) -> pl.Expr:
    """Whether a text is no number, or one with a percent sign that the field has no use for."""
    return read.is_null() | _PARTS.struct.field("percent").is_not_null()


def _whole(read: pl.Expr, field: Field) -> pl.Expr:
    """The digits before the mark; only long integers keep leading zeros, as Zoho does."""
    digits = read.str.extract(r"^-?(\d+)")
    return digits if field.data_type == "bigint" else digits.str.replace(r"^0+(\d)", "${1}")


def _fraction(read: pl.Expr) -> pl.Expr:
    """The digits behind the mark that count; none of a text that is no number."""
    return read.str.extract(r"\.(\d*)$").fill_null("").str.strip_chars_end("0")


def _reading(mark: DecimalMark) -> pl.Expr:
    """A plain number (sign, digits, point, digits), if `mark` is the decimal mark."""
    digits = _PARTS.struct.field("digits").str.strip_chars()
    group = f"[{_GROUPING}{'.' if mark == ',' else ','}]"
    shape = rf"^(?:\d+|[1-9]\d{{0,2}}(?:{group}\d{{2,3}})*{group}\d{{3}})?(?:\{mark}\d*)?$"
    plain = digits.str.replace_all(group, "").str.replace(mark, ".", literal=True)
    good = digits.str.contains(shape) & _well_signed()
    number = pl.when(good).then(_sign() + plain.str.replace(r"^\.", "0."))
    return pl.coalesce(number, _expanded())


def _well_signed() -> pl.Expr:
    """At most one sign or a pair of brackets."""
    names = ("open", "before", "inside", "after")
    signs = pl.sum_horizontal(_PARTS.struct.field(name).is_not_null() for name in names)
    opened, closed = _PARTS.struct.field("open"), _PARTS.struct.field("close")
    return (signs <= 1) & (opened.is_null() == closed.is_null())


def _sign() -> pl.Expr:
    minus = [_PARTS.struct.field(name) == "-" for name in ("before", "inside", "after")]
    negative = pl.any_horizontal(_PARTS.struct.field("open").is_not_null(), *minus)
    return pl.when(negative.fill_null(value=False)).then(pl.lit("-")).otherwise(pl.lit(""))


def _expanded() -> pl.Expr:
    """A number in scientific notation, written out."""
    scientific = pl.when(TEXT.str.contains(_EXPONENT)).then(TEXT.str.replace(",", "."))
    number = scientific.cast(pl.Float64, strict=False)
    return number.cast(pl.Decimal(38, 9), strict=False).cast(pl.String)


_READINGS: Steps = (
    {"parts": TEXT.str.replace_all("\u2212", "-").str.extract_groups(_NUMBER)},
    {"dot": _reading("."), "comma": _reading(",")},
)
