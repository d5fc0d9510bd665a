"""A webhook's test message is sent by a worker, while a person waits for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("teams", "0003_notifications"),
    ]

    operations = [
        migrations.AddField(
            model_name="webhook",
            name="test_asked_at",
            field=models.DateTimeField(null=True),
        ),
    ]
