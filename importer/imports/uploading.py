"""A file has arrived: it is kept as it is, and an import begins."""

import hashlib
from pathlib import PurePath

from django.core.files import File

from importer.audit.models import record
from importer.imports import files
from importer.imports.models import Import
from importer.imports.uploads import Misfit, PiecesLost, Upload
from importer.teams.models import Team, User


def begin_import(
    team: Team, user: User | None, file: File[bytes], sha256: str | None = None
) -> Import:
    """A new draft whose file a worker is to read; its SHA-256, where that is known already."""
    name = PurePath(file.name or "file").name[:255]
    import_ = Import(team=team, created_by=user, source_name=name, work=Import.Work.READ)
    import_.source_sha256, import_.source_bytes = sha256 or _sha256(file), file.size
    import_.files.store(files.SOURCE, file)
    import_.save()
    facts = {"file": name, "bytes": import_.source_bytes, "sha256": import_.source_sha256}
    record("uploaded", import_, user, **facts)
    return import_


def finish(upload: Upload) -> Import:
    """The import of what has come whole; the same one, however often it is asked for.

    Raises `Misfit` where pieces are still to come, or must come again.
    """
    if upload.is_whole and upload.became is None:
        _finish(upload)
    if upload.became is None:
        raise Misfit
    return upload.became


def _finish(upload: Upload) -> None:
    try:
        with upload.whole() as (file, sha256), upload.held():
            if upload.became is None:  # nobody was quicker
                upload.become(begin_import(upload.team, upload.user, file, sha256))
    except PiecesLost:
        upload.restart()


def _sha256(file: File[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks(1024 * 1024):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
