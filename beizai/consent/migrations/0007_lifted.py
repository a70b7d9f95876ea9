"""A contact point may be taken off our own list, with its reason; the list itself is still only added to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = "consent_suppressionlift"


def add_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name, event in (("update", "UPDATE"), ("delete", "DELETE")):
            schema_editor.execute(
                f"CREATE TRIGGER {TABLE}_no_{name} BEFORE {event} ON {TABLE} "
                f"BEGIN SELECT RAISE(ABORT, '{TABLE} is only ever added to'); END"
            )
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_no_replace BEFORE INSERT ON {TABLE} "
            f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id) "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} is only ever added to'); END"
        )
    else:
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_only_added_to BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION consent_only_added_to()"
        )


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name in ("update", "delete", "replace"):
            schema_editor.execute(f"DROP TRIGGER {TABLE}_no_{name}")
    else:
        schema_editor.execute(f"DROP TRIGGER {TABLE}_only_added_to ON {TABLE}")


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0006_retention"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            model_name="suppressedpoint", name="ended_at", field=models.DateTimeField(null=True)
        ),
        migrations.CreateModel(
            name="SuppressionLift",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("lifted", models.BooleanField()),
                ("reason", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "suppression",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lifts",
                        to="consent.suppression",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.RunPython(add_triggers, drop_triggers),
    ]
