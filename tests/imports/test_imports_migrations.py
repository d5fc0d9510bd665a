"""The database has what the models say."""

from django.core.management import call_command


def test_migrations_are_complete(db, capsys):
    call_command("makemigrations", "--check", "--dry-run")

    assert "No changes detected" in capsys.readouterr().out
