"""People choose what they are e-mailed about; a team has a webhook."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import importer.teams.secrets


class Migration(migrations.Migration):
    dependencies = [
        ("teams", "0002_connection_limits"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="told_of",
            field=models.CharField(
                choices=[("all", "Everything"), ("problems", "Problems only"), ("none", "Nothing")],
                default="all",
                max_length=10,
                verbose_name="gets e-mails about",
            ),
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("url", importer.teams.secrets.EncryptedTextField()),
                ("secret", importer.teams.secrets.EncryptedTextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("failing_since", models.DateTimeField(null=True)),
                ("fault", models.TextField(blank=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhook",
                        to="teams.team",
                    ),
                ),
            ],
        ),
    ]
