"""Fix and retry: change the rows that did not go in, here or in the report, and send only those."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from importer.imports import tasks
from importer.imports.models import Import
from importer.imports.running import fixing
from importer.imports.running.fixing import CannotFix
from importer.imports.wizard.fix_lines import READY, Listing
from importer.imports.wizard.forms import UploadForm
from importer.imports.wizard.frame import of_import, working
from importer.imports.wizard.steps import Step, step_url, stepper
from importer.teams.requests import TeamRequest

CANNOT_BE_KEPT = "This value cannot be kept: it holds characters that no cell can."


class ReportForm(UploadForm):
    """The problem report, as a person has changed it."""

    file = forms.FileField(
        label="The corrected report",
        help_text="Excel or CSV, as you downloaded it. Keep the column with the row numbers.",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages=UploadForm.base_fields["file"].error_messages,
    )


class RowForm(forms.Form):
    """The cells of one row; those that were not sent stay as they are."""

    row = forms.IntegerField(min_value=1)
    take_back = forms.IntegerField(required=False, min_value=0)  # the cell to be as in the file
    page = forms.IntegerField(required=False, min_value=1)
    cause = forms.CharField(required=False)

    def __init__(self, data: Any, *, columns: list[str]) -> None:
        super().__init__(data)
        self._columns = {f"cell_{index}": column for index, column in enumerate(columns)}
        for name in self._columns:
            self.fields[name] = forms.CharField(required=False, strip=False)

    def cells(self) -> dict[str, str]:
        """What was sent, by column."""
        sent = self.cleaned_data
        return {
            column: fixing.one_way(sent[name])
            for name, column in self._columns.items()
            if name in self.data
        }

    def taken_back(self) -> str | None:
        """The column whose cell is to be as in the file."""
        return self._columns.get(f"cell_{self.cleaned_data['take_back']}")

    def place(self) -> str:
        """Where on the page it stands, as the end of an address."""
        asked = {name: self.cleaned_data[name] for name in ("cause", "page")}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"?{query}#row-{self.cleaned_data['row']}"


@require_safe
@of_import
def fix(request: TeamRequest, import_: Import) -> HttpResponse:
    """The rows that did not go in, a page at a time, and what becomes of them next."""
    waiting = working(request, import_, Step.RESULT)
    if waiting:
        return waiting
    if not fixing.to_fix(import_):
        return redirect("imports:go_on", import_.pk)
    listing = Listing(import_, fixing.draft(import_))
    cause = request.GET.get("cause", "")
    page, lines = listing.page(cause, request.GET.get("page"))
    context = {
        "steps": stepper(import_, Step.RESULT),
        "causes": listing.causes(),
        "cause": cause,
        "ready_key": READY,
        "page": page,
        "query": f"{urlencode({'cause': cause})}&" if cause else "",
        "lines": lines,
        "report_form": ReportForm(),
    }
    return render(request, "imports/fix.html", context | _decision(import_))


def _decision(import_: Import) -> dict[str, Any]:
    """What can be done with the rows: check them, or send them as they were checked."""
    run = fixing.draft(import_)
    changed = import_.edits.all()
    since = fixing.unsent_since(import_, run)
    if since:
        changed = changed.filter(made_at__gt=since)
    return {
        "import_": import_,
        "to_fix": fixing.to_fix(import_),
        "run": run,
        "summary": run.check_summary if run else None,
        "plan": fixing.plan(run) if run else None,
        "is_current": run is not None and fixing.is_current(run),
        "changed": changed.count(),
    }


@require_POST
@of_import
def change_row(request: TeamRequest, import_: Import) -> HttpResponse:
    """Save what was changed in one row; for htmx only what that changes on the page."""
    columns = [column.column for column in import_.mapping.columns]
    form = RowForm(request.POST, columns=columns)
    try:
        if not form.is_valid():
            raise CannotFix(CANNOT_BE_KEPT)
        row, taken_back = form.cleaned_data["row"], form.taken_back()
        fixing.change(import_, request.user, row, form.cells(), take_back=taken_back)
    except CannotFix as error:
        messages.error(request, str(error))
        if request.htmx:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return redirect("imports:fix", import_.pk)
    if not request.htmx:
        return redirect(reverse("imports:fix", args=[import_.pk]) + form.place())
    line = Listing(import_, fixing.draft(import_)).line(row)
    context = {"line": line, "taken_back": taken_back, **_decision(import_)}
    return render(request, "imports/_fix_saved.html", context)


@require_POST
@of_import
def upload_report(request: TeamRequest, import_: Import) -> HttpResponse:
    """Take over what was changed in a downloaded report, and check the rows."""
    form = ReportForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["file"])))
        return redirect("imports:fix", import_.pk)
    return _ask(request, import_, form)


@require_POST
@of_import
def check(request: TeamRequest, import_: Import) -> HttpResponse:
    """Check the rows as they are now."""
    return _ask(request, import_)


def _ask(request: TeamRequest, import_: Import, form: ReportForm | None = None) -> HttpResponse:
    try:
        fixing.ask(import_, request.user, form.source() if form else None)
    except CannotFix as error:
        messages.warning(request, str(error))
    else:
        tasks.nudge(import_)
    return redirect("imports:fix", import_.pk)


@require_POST
@of_import
def send(request: TeamRequest, import_: Import) -> HttpResponse:
    """Send the rows as they were checked; a second click finds them on their way."""
    run = request.POST.get("run", "")
    try:
        fixing.confirm(import_, request.user, int(run) if run.isdecimal() else 0)
    except CannotFix as error:
        messages.warning(request, str(error))
        return redirect("imports:fix", import_.pk)
    tasks.nudge(import_)
    return redirect(step_url(import_, Step.PROGRESS))
