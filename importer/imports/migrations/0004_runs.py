"""Runs know their rows and how far they are; parts what they leave out; cells can be edited."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def tell_of_earlier_runs(apps, schema_editor):
    """A run had no state and no file of its own: it sent what its import had checked."""
    runs = apps.get_model("imports", "Run").objects.using(schema_editor.connection.alias)
    for run in runs.select_related("for_import").iterator(100):
        import_ = run.for_import
        key = import_.checked_for[:16]
        run.state = "running" if import_.state in ("queued", "running") else "ended"
        run.created_by_id = import_.created_by_id
        run.began_at, run.finished_at = import_.confirmed_at, import_.finished_at
        run.rows_file, run.problems_file = f"checked-{key}.parquet", f"problems-{key}.parquet"
        run.balance_json = import_.balance_json
        run.save()
    imports = apps.get_model("imports", "Import").objects.using(schema_editor.connection.alias)
    for import_ in imports.filter(state="queued", runs=None).iterator(100):
        runs.create(
            for_import=import_,
            kind="main",
            state="queued",
            created_by_id=import_.created_by_id,
            problems_file=f"problems-{import_.checked_for[:16]}.parquet",
        )
    # PostgreSQL makes no index, as comes next, while foreign keys are still to be checked.
    schema_editor.connection.check_constraints()


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0003_uploads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Edit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("row", models.PositiveBigIntegerField()),
                ("column", models.CharField(max_length=500)),
                ("value", models.TextField(blank=True)),
                ("made_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["row", "pk"],
            },
        ),
        migrations.AlterModelOptions(
            name="run",
            options={"ordering": ["pk"]},
        ),
        migrations.AddField(
            model_name="import",
            name="canary_json",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="import",
            name="due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="import",
            name="failure_limit",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="import",
            name="groups_json",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="import",
            name="keeps_values",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="import",
            name="paused_because",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "not paused"),
                    ("person", "paused by a person"),
                    ("canary", "the first rows are in, to be looked at"),
                ],
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="part",
            name="answered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="part",
            name="clears",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="part",
            name="evidence_json",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="part",
            name="hinted_job_id",
            field=models.CharField(blank=True, max_length=50),
        ),
        migrations.AddField(
            model_name="part",
            name="left_out_json",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="part",
            name="rows_failed",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="part",
            name="sent_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="part",
            name="values_kept_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="balance_json",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="began_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="check_json",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="created_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="credits",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="run",
            name="finished_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="plan_json",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="problems_file",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="run",
            name="rows_file",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="run",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "to be confirmed"),
                    ("queued", "about to begin"),
                    ("running", "running"),
                    ("ended", "ended"),
                ],
                default="draft",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="import",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("queued", "queued"),
                    ("running", "running"),
                    ("paused", "paused"),
                    ("done", "done"),
                    ("done_with_problems", "done with problems"),
                    ("stopped", "stopped"),
                    ("failed", "failed"),
                ],
                default="draft",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="import",
            name="work",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "nothing"),
                    ("read", "reading the file"),
                    ("ask", "looking for values that need an answer"),
                    ("check", "checking every row"),
                    ("recheck", "checking the corrected rows"),
                    ("look_back", "looking at what can be undone"),
                ],
                default="",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="part",
            name="state",
            field=models.CharField(
                choices=[
                    ("planned", "waiting"),
                    ("packed", "packed"),
                    ("uploaded", "uploaded"),
                    ("submitting", "being sent"),
                    ("settling", "being looked up"),
                    ("submitted", "with the CRM"),
                    ("finished", "result ready"),
                    ("collected", "finished"),
                    ("refused", "refused"),
                    ("not_sent", "not sent"),
                    ("unknown", "outcome unknown"),
                ],
                default="planned",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="kind",
            field=models.CharField(
                choices=[
                    ("canary", "first rows"),
                    ("main", "all rows"),
                    ("retry", "corrected rows"),
                    ("undo", "undo"),
                ],
                default="main",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=("for_import",),
                name="one_run_at_work_an_import",
            ),
        ),
        migrations.AddField(
            model_name="edit",
            name="for_import",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="edits",
                to="imports.import",
            ),
        ),
        migrations.AddField(
            model_name="edit",
            name="made_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="edit",
            constraint=models.UniqueConstraint(
                fields=("for_import", "row", "column"), name="one_edit_a_cell"
            ),
        ),
        migrations.RunPython(tell_of_earlier_runs, migrations.RunPython.noop, elidable=True),
    ]
