"""The ledger keeps the whole proof; lists others keep, restrictions; each new table only ever added to, too.

The columns are added as the database does it by itself: Django would copy SQLite's table, and lose its triggers.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


COLUMNS = (
    ("address", "varchar(45) NOT NULL DEFAULT ''"),
    ("assessment", "text NOT NULL DEFAULT ''"),
    ("evidence_file", "varchar(200) NOT NULL DEFAULT ''"),
    ("evidence_sha256", "varchar(64) NOT NULL DEFAULT ''"),
    ("form", "varchar(120) NOT NULL DEFAULT ''"),
    ("form_version", "varchar(40) NOT NULL DEFAULT ''"),
    ("language", "varchar(10) NOT NULL DEFAULT ''"),
    ("separate", "bool NOT NULL DEFAULT true"),
    ("topic", "varchar(60) NOT NULL DEFAULT ''"),
)
TABLES = ("consent_listcheck", "consent_listedpoint", "consent_restriction")
FIELDS = [
    migrations.AddField(
        model_name='consententry',
        name='address',
        field=models.CharField(blank=True, db_default='', max_length=45),
    ),
    migrations.AddField(
        model_name='consententry',
        name='assessment',
        field=models.TextField(blank=True, db_default=''),
    ),
    migrations.AddField(
        model_name='consententry',
        name='evidence_file',
        field=models.CharField(blank=True, db_default='', max_length=200),
    ),
    migrations.AddField(
        model_name='consententry',
        name='evidence_sha256',
        field=models.CharField(blank=True, db_default='', max_length=64),
    ),
    migrations.AddField(
        model_name='consententry',
        name='form',
        field=models.CharField(blank=True, db_default='', max_length=120),
    ),
    migrations.AddField(
        model_name='consententry',
        name='form_version',
        field=models.CharField(blank=True, db_default='', max_length=40),
    ),
    migrations.AddField(
        model_name='consententry',
        name='language',
        field=models.CharField(blank=True, db_default='', max_length=10),
    ),
    migrations.AddField(
        model_name='consententry',
        name='separate',
        field=models.BooleanField(db_default=True),
    ),
    migrations.AddField(
        model_name='consententry',
        name='topic',
        field=models.CharField(blank=True, db_default='', max_length=60),
    ),
]


def add_columns(apps, schema_editor):
    for name, kind in COLUMNS:
        schema_editor.execute(f"ALTER TABLE consent_consententry ADD COLUMN {name} {kind}")


def drop_columns(apps, schema_editor):
    for name, _ in COLUMNS:
        schema_editor.execute(f"ALTER TABLE consent_consententry DROP COLUMN {name}")


ALL_TABLES = ("consent_consententry", "consent_suppression", *TABLES)


def refuse_replacing(apps, schema_editor):
    """SQLite's REPLACE INTO takes the old row out without asking the trigger on DELETE."""
    if schema_editor.connection.vendor == "sqlite":
        for table in ALL_TABLES:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "
                f"BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END"
            )


def allow_replacing(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for table in ALL_TABLES:
            schema_editor.execute(f"DROP TRIGGER {table}_no_replace")


def add_triggers(apps, schema_editor):
    for table in TABLES:
        if schema_editor.connection.vendor == "sqlite":
            for verb in ("UPDATE", "DELETE"):
                schema_editor.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END"
                )
        else:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_only_added_to BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION consent_only_added_to()"
            )


def drop_triggers(apps, schema_editor):
    for table in TABLES:
        if schema_editor.connection.vendor == "sqlite":
            for verb in ("update", "delete"):
                schema_editor.execute(f"DROP TRIGGER {table}_no_{verb}")
        else:
            schema_editor.execute(f"DROP TRIGGER {table}_only_added_to ON {table}")


class Migration(migrations.Migration):

    dependencies = [
        ('consent', '0002_append_only'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add_columns, drop_columns)], state_operations=FIELDS
        ),
        migrations.CreateModel(
            name='PointsSeen',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('last_point_id', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AlterField(
            model_name='consententry',
            name='basis',
            field=models.CharField(choices=[('consent', 'Consent'), ('contract', 'Contract'), ('soft_opt_in', 'Soft Opt In'), ('legitimate_interest', 'Legitimate Interest'), ('implied', 'Implied'), ('inquiry', 'Inquiry'), ('legal_duty', 'Legal Duty')], default='consent', max_length=30),
        ),
        migrations.AlterField(
            model_name='consententry',
            name='purpose',
            field=models.CharField(choices=[('marketing', 'Marketing'), ('service', 'Service'), ('tracking', 'Tracking'), ('sharing', 'Sharing'), ('sensitive', 'Sensitive'), ('abroad', 'Abroad')], max_length=20),
        ),
        migrations.CreateModel(
            name='ListCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('channel', models.CharField(max_length=10)),
                ('checked_at', models.DateTimeField()),
                ('file_name', models.CharField(max_length=200)),
                ('file_sha256', models.CharField(max_length=64)),
                ('points', models.PositiveIntegerField()),
                ('unread', models.PositiveIntegerField(default=0)),
                ('recorded_at', models.DateTimeField()),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ListedPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('normal_hash', models.CharField(max_length=64)),
                ('list_check', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='listed', to='consent.listcheck')),
            ],
        ),
        migrations.CreateModel(
            name='Restriction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('customer_id', models.BigIntegerField(db_index=True)),
                ('restricted', models.BooleanField()),
                ('reason', models.TextField()),
                ('at', models.DateTimeField()),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SuppressedPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contact_point_id', models.BigIntegerField()),
                ('customer_id', models.BigIntegerField(db_index=True)),
                ('channel', models.CharField(max_length=10)),
                ('reason', models.CharField(max_length=30)),
                ('list_check_id', models.BigIntegerField(default=0)),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('contact_point_id', 'reason', 'list_check_id'), name='suppressed_point_once')],
            },
        ),
        migrations.AddIndex(
            model_name='listcheck',
            index=models.Index(fields=['channel', 'name', 'checked_at'], name='list_check_newest'),
        ),
        migrations.AddIndex(
            model_name='listedpoint',
            index=models.Index(fields=['normal_hash', 'list_check'], name='listed_point_hash'),
        ),
        migrations.RunPython(add_triggers, drop_triggers),
        migrations.RunPython(refuse_replacing, allow_replacing),
    ]
