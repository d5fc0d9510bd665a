"""The address that the CRM calls when a job has ended."""

import json
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from importer.imports import tasks
from importer.imports.running import hints

MOST_BYTES = 256 * 1024  # of a callback; the job in it tells of 200 fields at most


@login_not_required
@csrf_exempt
@require_POST
def callback(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the token may tell us to look; whatever else they say is not believed."""
    part = hints.part_called_about(token)
    if part is None:
        raise Http404
    if hints.take(part, hints.job_id_in(_body(request))):
        tasks.nudge(part.run.for_import)
    return HttpResponse("ok", content_type="text/plain")


def _body(request: HttpRequest) -> Any:
    """The JSON that came; None where it is none, or too long to be about a job."""
    content = request.read(MOST_BYTES + 1)
    try:
        return json.loads(content) if len(content) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        return None
