"""A draft keeps what a person chose about reading its file; how it was read stands with the rest."""

from django.db import migrations, models


def keep_how_it_was_read(apps, schema_editor):
    imports = apps.get_model("imports", "Import").objects.using(schema_editor.connection.alias)
    for import_ in imports.exclude(reading_json=None).exclude(inspection_json=None).iterator(100):
        import_.inspection_json["reading"] = import_.reading_json
        import_.save(update_fields=["inspection_json"])


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(keep_how_it_was_read, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(
            model_name="import",
            name="reading_json",
        ),
        migrations.AddField(
            model_name="import",
            name="choice_json",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="import",
            name="inspected_for",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="import",
            name="rows_read",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
