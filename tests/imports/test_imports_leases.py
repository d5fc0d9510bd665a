"""Leases: one process at a time, and nothing written by one that was taken over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from importer.imports import leases
from importer.imports.leases import LostLease, leased
from importer.imports.models import Import

pytestmark = pytest.mark.alone


@pytest.fixture
def row(team) -> Import:
    return Import.objects.create(team=team, source_name="a.csv", source_bytes=1)


def expire(row: Import) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Import.objects.filter(pk=row.pk).update(lease_until=past)


def test_lease_has_one_holder(row):
    with leased(Import(pk=row.pk)) as first, leased(Import(pk=row.pk)) as second:
        assert first is not None
        assert second is None


def test_lease_is_free_again_when_its_block_ends(row):
    with leased(Import(pk=row.pk)):
        assert not Import.objects.free().exists()

    assert Import.objects.free().get() == row
    with leased(Import(pk=row.pk)) as again:
        assert again is not None


def test_lease_is_free_again_after_a_fault(row):
    with pytest.raises(ZeroDivisionError), leased(Import(pk=row.pk)):
        raise ZeroDivisionError

    assert Import.objects.free().get() == row


def test_lease_reads_its_row_afresh(row):
    stale = Import.objects.get(pk=row.pk)
    Import.objects.filter(pk=row.pk).update(source_name="renamed.csv")

    with leased(stale) as held:
        assert held.source_name == "renamed.csv"


def test_lease_that_ran_out_is_taken_over(row):
    with leased(Import(pk=row.pk)) as first:
        expire(row)
        with leased(Import(pk=row.pk)) as second:
            assert second is not None
            assert second.lease_token != first.lease_token


def test_lease_that_was_lost_writes_nothing(row):
    with leased(Import(pk=row.pk)) as paused:
        expire(row)
        with leased(Import(pk=row.pk)) as successor:
            successor.write(state_reason="the successor's")
            with pytest.raises(LostLease):
                paused.write(state_reason="too late")

    row.refresh_from_db()
    assert row.state_reason == "the successor's"


def test_lease_that_was_lost_is_not_ended_by_its_old_holder(row):
    first = leased(Import(pk=row.pk))
    first.__enter__()
    expire(row)

    with leased(Import(pk=row.pk)) as successor:
        first.__exit__(None, None, None)
        successor.write(state_reason="still mine")
        with leased(Import(pk=row.pk)) as third:
            assert third is None


def test_lease_is_needed_to_write(row):
    with pytest.raises(LostLease):
        row.write(state_reason="without a lease")


def test_lease_of_a_row_that_is_gone_is_not_given(row):
    gone = Import(pk=row.pk)
    row.delete()

    with leased(gone) as held:
        assert held is None


@pytest.mark.django_db(transaction=True)
def test_lease_is_kept_up_during_a_long_step(row, monkeypatch):
    monkeypatch.setattr(leases, "HEARTBEAT_S", 0.01)

    with leased(Import(pk=row.pk)) as held:
        expire(row)
        for _ in range(500):
            row.refresh_from_db()
            if row.lease_until > timezone.now():
                break
        held.write(state_reason="still ours")

    row.refresh_from_db()
    assert row.state_reason == "still ours"
