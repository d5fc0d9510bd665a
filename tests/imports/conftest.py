"""Two teams with their people, a practice CRM that runs, and imports about to be sent."""

import pytest

from tests import people

globals().update({name: getattr(people, name) for name in people.__all__})

KINDS = {
    "insert": ("insert", ""),
    "insert with a match field": ("insert", "Email"),
    "upsert": ("upsert", "Email"),
}


@pytest.fixture
def start(connection, ana, domain):
    """Confirms an import of leads, to be made in the way of `kind`."""
    from importer.crm.schema import Operation
    from tests.office import confirmed, leads_csv

    def start(kind: str = "upsert", rows: int = 3):
        operation, find_by = KINDS[kind]
        return confirmed(connection, ana, leads_csv(domain, rows), Operation(operation), find_by)

    return start
