"""What Zoho's documentation leaves open, or says in two ways: the practice CRM does either."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, Literal, get_args, get_type_hints

from importer.practice.judging.rules import Rules


class InvalidSwitchError(ValueError):
    """There is no such switch, or it has no such position; the message says which."""


@dataclass(frozen=True, slots=True)
class Switches(Rules):
    """The positions; the first of each list, and the number given, is where it stands.

    Those that rows are judged by are in `Rules`.
    """

    running_state: Literal["INPROGRESS", "IN PROGRESS"] = "INPROGRESS"
    download_url: Literal["absolute", "relative"] = "absolute"
    upload_refusal_status: Literal[400, 200] = 400
    # A token that opens nothing is refused in the words of the API, or in those of the file host.
    upload_refusal_words: Literal["api", "file host"] = "api"
    v2_callback: Literal["optional", "required"] = "optional"
    unreadable_file: Literal["INVALID_FORMAT", "INVALID_FILE_FORMAT"] = "INVALID_FORMAT"
    surplus_rows: Literal["fail", "skip"] = "fail"  # beyond the ceiling: the job, or these rows
    surplus_files: Literal["refuse", "overlook"] = "refuse"  # CSVs beside a plain module's own
    echoed_columns: Literal["mapping", "file"] = "mapping"  # which are the first three
    file_reuse: Literal["allowed", "refused"] = "allowed"
    inventory_in_bulk: Literal["allowed", "refused"] = "allowed"
    oauth_limits: Literal["granted", "all", "none"] = "granted"
    concurrency: Literal["limited", "unlimited"] = "limited"
    max_scheduled: int = 50_000  # records of a mass action by view
    max_rows: int = 25_000
    max_child_rows: int = 200  # of a subform's or line items' file
    file_days: int = 7  # that an upload can be used
    result_days: int = 7
    max_read_rows: int = 200_000  # of a page of bulk read
    max_coql_rows: int = 200  # of one call; newer pages say 2,000
    max_coql_values: int = 50  # of one `in`; newer pages say 100


HINTS: Final[dict[str, Any]] = get_type_hints(Switches)


def turned(switches: Switches, given: Any) -> Switches:
    """`switches` with those that a JSON object names in other positions."""
    if not isinstance(given, dict):
        raise InvalidSwitchError("switches must be an object")
    known = {field.name for field in fields(Switches)}
    for name, value in given.items():
        if name not in known:
            raise InvalidSwitchError(f"there is no switch {name}")
        if not _fits(name, value):
            raise InvalidSwitchError(f"the switch {name} cannot be {value!r}")
    return replace(switches, **given)


def _fits(name: str, value: Any) -> bool:
    positions = get_args(HINTS[name])
    if positions:
        return not isinstance(value, bool) and value in positions
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def as_json(switches: Switches) -> dict[str, Any]:
    return asdict(switches)
