"""The recycle bin's page: what was deleted, and the way back for each record."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from importer.practice.organisation.company import DOMAIN_NAME
from importer.practice.pages.rendering import crm_of, refused, render, sent_from_elsewhere
from importer.practice.storage.recycle_bin import RecycleBin, ValueTakenError
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import StoredRecords

ROWS_PER_PAGE: Final = 50


def routes() -> list[BaseRoute]:
    return [
        Route("/deleted", deleted_list),
        Route("/deleted/{record_id}/restore", restore, methods=["POST"]),
    ]


def deleted_list(request: Request) -> Response:
    return _list(request)


def _list(request: Request, *, taken: str | None = None, status: int = 200) -> Response:
    """A page of the list; `taken` is the field that kept a record from coming back."""
    number = min(parse_id(request.query_params.get("page", "1")) or 1, 1_000_000)
    found = RecycleBin(crm_of(request).records).list(
        ("recycle", "permanent"), offset=(number - 1) * ROWS_PER_PAGE, limit=ROWS_PER_PAGE + 1
    )
    return render(
        "deleted.html",
        status=status,
        taken=taken,
        deletions=found[:ROWS_PER_PAGE],
        number=number,
        newer=f"?page={number - 1}" if number > 1 else None,
        older=f"?page={number + 1}" if len(found) > ROWS_PER_PAGE else None,
    )


def restore(request: Request) -> Response:
    """Put a record back, and show it."""
    if sent_from_elsewhere(request):
        return refused()
    record_id = parse_id(request.path_params["record_id"])
    with crm_of(request).store.transaction() as db:
        recycle_bin = RecycleBin(StoredRecords(db))
        deletion = None if record_id is None else recycle_bin.find(record_id)
        if deletion is None:
            raise HTTPException(404)
        try:
            recycle_bin.restore(deletion)
        except ValueTakenError as error:
            return _list(request, taken=error.field.replace("_", " "), status=409)
    path = f"/crm/{DOMAIN_NAME}/tab/{deletion.module.api_name}/{deletion.record_id}"
    return RedirectResponse(path, status_code=303)
