"""The values that records have before a part changes them, kept so that they can be put back."""

import json
from collections.abc import Sequence
from datetime import timedelta

import polars as pl
from django.utils import timezone

from importer import bulk
from importer.bulk import Group
from importer.bulk.undoing import BEFORE_SCHEMA, is_cut, restorable
from importer.crm.client import CrmClient
from importer.crm.errors import CrmError
from importer.crm.schema import Operation
from importer.imports.models import Import, Part
from importer.imports.running import reading
from importer.sheets.table import ROW
from importer.teams import metadata

FRESH = timedelta(minutes=10)  # older ones are taken anew before the part is sent


def can_be_kept(import_: Import) -> bool:
    """Whether there may be values to keep: an insert changes no record."""
    return bool(import_.find_by) and import_.operation in (Operation.UPDATE, Operation.UPSERT)


def before(part: Part) -> str:
    """The file with what the part's records had before it."""
    return f"{part.slug}.before.parquet"


def are_due(part: Part, import_: Import) -> bool:
    """Whether the values must be read before the part is sent."""
    if not import_.keeps_values:
        return False
    return part.values_kept_at is None or part.values_kept_at < timezone.now() - FRESH


def take(part: Part, import_: Import, crm: CrmClient) -> None:
    """Keep what the part's records have in exactly the fields that it will change."""
    module = import_.destination()
    with import_.files.read(part.run.rows_file) as path:
        rows = bulk.rows_of(path, part.slice)
    written = [name for name in rows.columns if name not in (ROW, "id", *part.left_out_json)]
    names = restorable(module, written)
    keys = rows[import_.find_by].drop_nulls().unique(maintain_order=True).to_list()
    find = reading.of_all if _reads_all(import_, len(keys), len(names)) else reading.by_key
    found = find(crm, module, import_.find_by, keys, names) if keys else {}
    kept = pl.DataFrame(
        [
            (record_id, json.dumps({name: values.get(name) for name in names}))
            for record_id, values in found.items()
        ],
        schema=BEFORE_SCHEMA,
        orient="row",
    )
    part.write(tries=part.tries)  # still ours: what a successor has kept must not be replaced
    with import_.files.write(before(part)) as target:
        kept.write_parquet(target)
    part.write(values_kept_at=timezone.now())


def cost(import_: Import, groups: Sequence[Group] = ()) -> int:
    """The credits that keeping the values takes, at most; 0 where an import changes no record.

    Of the rows in `groups`, or of all that the check let pass.
    """
    summary, connection = import_.check_summary, import_.connection
    if summary is None or connection is None or not can_be_kept(import_):
        return 0
    fields = len(_names(import_))
    groups = groups or import_.groups or (Group(summary.ready),)
    most = connection.rows_a_part
    parts = [min(most, g.rows - done) for g in groups for done in range(0, g.rows, most)]
    return sum(_credits(import_, rows, fields) for rows in parts)


def cannot_keep(import_: Import) -> tuple[str, ...]:
    """The labels of fields whose values cannot be put back."""
    if not can_be_kept(import_):
        return ()
    module = import_.destination()
    fields = (module.field(name) for name in import_.mapping.fields)
    return tuple(field.label for field in fields if is_cut(field))


def _names(import_: Import) -> tuple[str, ...]:
    return restorable(import_.destination(), (n for n in import_.mapping.fields if n != "id"))


def _credits(import_: Import, keys: int, fields: int) -> int:
    """What the cheaper way takes; by keys while the size of the module is not known."""
    by_key = reading.key_credits(keys, fields, import_.find_by)
    if by_key <= reading.READ_CREDITS or import_.connection is None:
        return by_key
    try:
        count = metadata.record_count(import_.connection, import_.module)
    except CrmError:
        return by_key
    return min(by_key, reading.read_credits(count))


def _reads_all(import_: Import, keys: int, fields: int) -> bool:
    return _credits(import_, keys, fields) < reading.key_credits(keys, fields, import_.find_by)
