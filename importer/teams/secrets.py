"""Text that is encrypted in the database, with keys from the environment."""

from functools import cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@cache
def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """A text that only this installation can read; encrypted with the first key, read with any."""

    def get_prep_value(self, value: Any) -> str:
        return _cipher().encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value: str | None, *_: Any) -> str:
        return _cipher().decrypt(value.encode()).decode() if value else ""
