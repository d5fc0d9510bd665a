"""A file on its way here, piece by piece: whatever breaks, it goes on where it stopped."""

import hashlib
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import models, transaction
from django.utils import timezone

from importer.imports import files
from importer.teams.models import Team, TeamQuerySet, User

if TYPE_CHECKING:
    from importer.imports.models import Import

PIECE_BYTES = 8 * 1024**2  # at most
COPIED_BYTES = 1024**2  # at once
LEAST_PIECE_BYTES = 64 * 1024  # but for the last: nobody fills the storage with crumbs
UNFINISHED = 5  # that one person may have
KEPT_FOR = timedelta(days=1)  # after the last piece


class Misfit(Exception):
    """What came does not go on where the upload is; its `received` says where that is."""


class PiecesLost(Exception):
    """The storage no longer has all that came."""


class UploadQuerySet(TeamQuerySet):
    """Uploads, the latest first."""

    def of(self, user: User) -> Self:
        """What `user` has begun; nobody else may touch it."""
        return self.visible_to(user).filter(user=user)

    def begin(self, user: User, name: str, size: int, modified: int) -> "Upload":
        """The unfinished one of the very same file, else a new one; too old ones make room."""
        same: dict[str, Any] = {"name": name, "size": size, "modified": modified}
        upload, _ = self.get_or_create(team=user.team, user=user, became=None, **same)
        others = self.of(user).filter(became=None).exclude(pk=upload.pk)
        for old in others[UNFINISHED - 1 :]:
            with suppress(Upload.DoesNotExist):
                old.discard()
        return upload  # type: ignore[no-any-return]

    def discard_stale(self) -> None:
        """Forget those that nobody goes on with, and those that have long become an import."""
        for upload in self.filter(touched_at__lt=timezone.now() - KEPT_FOR):
            with suppress(Upload.DoesNotExist):  # somebody else was quicker
                upload.discard()


class Upload(models.Model):
    """One file being sent. Its pieces lie in the storage, each named by where it begins."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="uploads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="uploads")
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(default=timezone.now)  # when its latest piece came
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()  # bytes
    modified = models.BigIntegerField()  # milliseconds since 1970, as the browser tells
    received = models.BigIntegerField(default=0)  # bytes
    became = models.ForeignKey("imports.Import", models.CASCADE, null=True, related_name="uploads")

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-touched_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user", "name", "size", "modified"],
                condition=models.Q(became=None),
                name="one_unfinished_upload_a_file",
            ),
        ]
        indexes = [
            # the sweep
            models.Index(fields=["touched_at"], name="upload_touched"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.received} of {self.size} bytes)"

    @property
    def is_whole(self) -> bool:
        return self.received == self.size

    def append(self, offset: int, piece: bytes) -> None:
        """Keep `piece`, which begins at `offset`. `Misfit` where that is not what comes next."""
        with self.held():
            if not self._is_next(offset, len(piece)):
                raise Misfit
            files.keep(f"{self._folder}/{offset:015}", ContentFile(piece))
            self.received = offset + len(piece)
            self.touched_at = timezone.now()
            self.save(update_fields=["received", "touched_at"])

    def discard(self) -> None:
        """Leave nothing of it."""
        with self.held():
            self._remove_pieces()
            self.delete()

    @contextmanager
    def whole(self) -> Iterator[tuple[File[bytes], str]]:
        """All pieces as one file of the upload's name, and its SHA-256.

        Raises `PiecesLost` if the storage lacks any.
        """
        with TemporaryUploadedFile("whole", "", self.size, None) as whole:
            whole.name = self.name
            digest = hashlib.sha256()
            with ThreadPoolExecutor(1) as other:  # it takes as long as the copying, and they wait
                hashed = other.submit(digest.update, b"")
                for chunk in self._content():
                    hashed.result()
                    hashed = other.submit(digest.update, chunk)
                    whole.write(chunk)
            if whole.tell() != self.size:
                raise PiecesLost
            whole.seek(0)
            yield whole, digest.hexdigest()

    def become(self, import_: "Import") -> None:
        """The file is that import's now, and the pieces have served. While it is `held`."""
        self.became = import_
        self.save(update_fields=["became"])
        transaction.on_commit(self._remove_pieces, robust=True)

    def restart(self) -> None:
        """Begin again, unless it has become an import meanwhile."""
        with self.held():
            if self.became is None:
                self._remove_pieces()
                self.received = 0
                self.save(update_fields=["received"])

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else changes it meanwhile, and it is as the last who did has left it."""
        with transaction.atomic():
            self.refresh_from_db(from_queryset=Upload.objects.select_for_update())
            yield

    def _is_next(self, offset: int, size: int) -> bool:
        end = offset + size
        is_enough = size >= LEAST_PIECE_BYTES or (size > 0 and end == self.size)
        is_open = self.became is None and end <= self.size
        return offset == self.received and is_enough and is_open

    @property
    def _folder(self) -> str:
        return f"uploads/{self.pk}"

    def _pieces(self) -> list[str]:
        """What the storage has of it, in order."""
        try:
            _, names = default_storage.listdir(self._folder)
        except FileNotFoundError:
            return []
        return [f"{self._folder}/{name}" for name in sorted(names)]

    def _content(self) -> Iterator[bytes]:
        for piece in self._pieces():
            with suppress(FileNotFoundError), default_storage.open(piece) as content:
                yield from content.chunks(COPIED_BYTES)

    def _remove_pieces(self) -> None:
        for piece in self._pieces():
            default_storage.delete(piece)
        default_storage.delete(self._folder)
