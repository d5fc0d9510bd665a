"""Faults of our own database, as the CRM's client sees them: nothing was sent; try again."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError

from importer.crm.errors import CrmUnavailable


@contextmanager
def told_as_temporary() -> Iterator[None]:
    """A database that does not answer becomes `CrmUnavailable`: the CRM cannot be asked now."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise CrmUnavailable("our own database did not answer") from error
