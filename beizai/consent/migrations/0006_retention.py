"""Retention rules go by kind, their runs are rows that can be gone on with, and a proof whose time is over may leave the ledger."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KINDS = {"beizai_messages_message": "message_addresses", "staff_auditentry": "audit_log"}
ENTRY, ENDED = "consent_consententry", "consent_endedproof"
# names of our own tables; an identifier cannot be a parameter
IS_ENDED = f"EXISTS (SELECT 1 FROM {ENDED} WHERE entry_id = OLD.id)"


def by_kind(apps, schema_editor):
    for table, kind in KINDS.items():
        apps.get_model("consent", "RetentionRule").objects.filter(kind=table).update(kind=kind)


def by_table(apps, schema_editor):
    for table, kind in KINDS.items():
        apps.get_model("consent", "RetentionRule").objects.filter(kind=kind).update(kind=table)


def let_ended_go(apps, schema_editor):
    run = schema_editor.execute
    if schema_editor.connection.vendor == "sqlite":
        run(f"DROP TRIGGER {ENTRY}_no_delete")
        run(
            f"CREATE TRIGGER {ENTRY}_no_delete BEFORE DELETE ON {ENTRY} WHEN NOT {IS_ENDED} "
            f"BEGIN SELECT RAISE(ABORT, '{ENTRY} is only ever added to'); END"
        )
        for verb in ("UPDATE", "DELETE"):
            run(
                f"CREATE TRIGGER {ENDED}_no_{verb.lower()} BEFORE {verb} ON {ENDED} "
                f"BEGIN SELECT RAISE(ABORT, '{ENDED} is only ever added to'); END"
            )
        run(
            f"CREATE TRIGGER {ENDED}_no_replace BEFORE INSERT ON {ENDED} "
            f"WHEN EXISTS (SELECT 1 FROM {ENDED} WHERE entry_id = NEW.entry_id) "
            f"BEGIN SELECT RAISE(ABORT, '{ENDED} is only ever added to'); END"
        )
    else:
        run(f"DROP TRIGGER {ENTRY}_only_added_to ON {ENTRY}")
        run(
            "CREATE FUNCTION consent_proof_is_over() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {IS_ENDED} THEN RETURN OLD; END IF; "
            "RAISE EXCEPTION '%% is only ever added to', TG_TABLE_NAME; END $$"
        )
        run(
            f"CREATE TRIGGER {ENTRY}_only_added_to BEFORE UPDATE ON {ENTRY} "
            "FOR EACH ROW EXECUTE FUNCTION consent_only_added_to()"
        )
        run(
            f"CREATE TRIGGER {ENTRY}_stays BEFORE DELETE ON {ENTRY} "
            "FOR EACH ROW EXECUTE FUNCTION consent_proof_is_over()"
        )
        run(
            f"CREATE TRIGGER {ENDED}_only_added_to BEFORE UPDATE OR DELETE ON {ENDED} "
            "FOR EACH ROW EXECUTE FUNCTION consent_only_added_to()"
        )


def keep_ended(apps, schema_editor):
    run = schema_editor.execute
    if schema_editor.connection.vendor == "sqlite":
        for name in ("update", "delete", "replace"):
            run(f"DROP TRIGGER {ENDED}_no_{name}")
        run(f"DROP TRIGGER {ENTRY}_no_delete")
        run(
            f"CREATE TRIGGER {ENTRY}_no_delete BEFORE DELETE ON {ENTRY} "
            f"BEGIN SELECT RAISE(ABORT, '{ENTRY} is only ever added to'); END"
        )
    else:
        run(f"DROP TRIGGER {ENDED}_only_added_to ON {ENDED}")
        run(f"DROP TRIGGER {ENTRY}_stays ON {ENTRY}")
        run(f"DROP TRIGGER {ENTRY}_only_added_to ON {ENTRY}")
        run("DROP FUNCTION consent_proof_is_over()")
        run(
            f"CREATE TRIGGER {ENTRY}_only_added_to BEFORE UPDATE OR DELETE ON {ENTRY} "
            "FOR EACH ROW EXECUTE FUNCTION consent_only_added_to()"
        )


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0005_basis_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RenameField("retentionrule", "table", "kind"),
        migrations.RunPython(by_kind, by_table),
        migrations.CreateModel(
            name="RetentionRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(blank=True, max_length=81)),
                ("after", models.JSONField(default=str)),
                ("taken", models.JSONField(default=dict)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.Value(1), condition=models.Q(("finished_at", None)), name="one_run_at_a_time"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EndedProof",
            fields=[
                ("entry_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("text_sha256", models.CharField(max_length=64)),
                ("ended_at", models.DateTimeField()),
                ("out_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ended_at__lt", models.F("out_at"))), name="proof_goes_after_its_end"
                    )
                ],
            },
        ),
        migrations.RunPython(let_ended_go, keep_ended),
    ]
