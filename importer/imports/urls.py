"""Addresses of the imports' pages: one for each of the wizard's steps."""

from django.urls import path

from importer.imports import views
from importer.imports.wizard import (
    columns,
    destination,
    ending,
    fix,
    progress,
    source,
    undo,
    unknown_rows,
    upload,
    values,
)

app_name = "imports"
urlpatterns = [
    path("", views.imports, name="list"),
    path("new/", upload.new, name="new"),
    path("uploads/", upload.begin_upload, name="begin_upload"),
    path("uploads/<uuid:pk>/<int:offset>/", upload.append_piece, name="append_piece"),
    path("uploads/<uuid:pk>/finish/", upload.finish_upload, name="finish_upload"),
    path("uploads/<uuid:pk>/discard/", upload.discard_upload, name="discard_upload"),
    path("<uuid:pk>/", views.go_on, name="go_on"),
    path("<uuid:pk>/file/", source.file, name="file"),
    path("<uuid:pk>/template/", source.use_template, name="use_template"),
    path("<uuid:pk>/destination/", destination.destination, name="destination"),
    path("<uuid:pk>/columns/", columns.columns, name="columns"),
    path("<uuid:pk>/values/", values.values, name="values"),
    path("<uuid:pk>/check/", values.check, name="check"),
    path("<uuid:pk>/confirm/", ending.confirm, name="confirm"),
    path("<uuid:pk>/progress/", progress.progress, name="progress"),
    path("<uuid:pk>/progress/live/", progress.live, name="live"),
    path("<uuid:pk>/pause/", progress.pause, name="pause"),
    path("<uuid:pk>/continue/", progress.go_on, name="continue"),
    path("<uuid:pk>/stop/", progress.stop, name="stop"),
    path("<uuid:pk>/result/", ending.result, name="result"),
    path("<uuid:pk>/result/template/", ending.save_template, name="save_template"),
    path("<uuid:pk>/unknown/", unknown_rows.unknown, name="unknown"),
    path("<uuid:pk>/unknown/look-up/", unknown_rows.look_up, name="look_up"),
    path("<uuid:pk>/unknown/send-again/", unknown_rows.send_again, name="send_again"),
    path("<uuid:pk>/fix/", fix.fix, name="fix"),
    path("<uuid:pk>/fix/row/", fix.change_row, name="fix_row"),
    path("<uuid:pk>/fix/report/", fix.upload_report, name="fix_report"),
    path("<uuid:pk>/fix/check/", fix.check, name="fix_check"),
    path("<uuid:pk>/fix/send/", fix.send, name="fix_send"),
    path("<uuid:pk>/undo/", undo.undo, name="undo"),
    path("<uuid:pk>/undo/confirm/", undo.confirm_undo, name="confirm_undo"),
    path("<uuid:pk>/reports/<str:name>", ending.report, name="report"),
]
