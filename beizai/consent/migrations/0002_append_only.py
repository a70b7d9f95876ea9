"""The database itself refuses to change or take out an entry of the consent ledger."""

from django.db import migrations

TABLES = ("consent_consententry", "consent_suppression")


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for table in TABLES:
            for verb in ("UPDATE", "DELETE"):
                schema_editor.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END"
                )
    else:
        schema_editor.execute(
            "CREATE FUNCTION consent_only_added_to() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '%% is only ever added to', TG_TABLE_NAME; END $$"
        )
        for table in TABLES:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_only_added_to BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION consent_only_added_to()"
            )


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for table in TABLES:
            for verb in ("update", "delete"):
                schema_editor.execute(f"DROP TRIGGER {table}_no_{verb}")
    else:
        for table in TABLES:
            schema_editor.execute(f"DROP TRIGGER {table}_only_added_to ON {table}")
        schema_editor.execute("DROP FUNCTION consent_only_added_to()")


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
