"""A connection has limits of its own, an import mark, and credits that the CRM tells of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("teams", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="credits_left",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="connection",
            name="credits_told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="connection",
            name="mark_field",
            field=models.CharField(
                blank=True,
                help_text="API name of a text field in the CRM that is to hold import and part",
                max_length=100,
                verbose_name="import mark",
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="part_rows",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="rows in a part"),
        ),
        migrations.AddField(
            model_name="connection",
            name="parts_at_once",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
    ]
