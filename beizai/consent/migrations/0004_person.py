"""Preferences and topics, certificates of erasure (only ever added to), how long tables are kept."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


TABLE = "consent_erasurecertificate"


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
        ('consent', '0003_proof_and_lists'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Preference',
            fields=[
                ('customer_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('frequency', models.CharField(blank=True, choices=[('', 'As It Comes'), ('weekly', 'Weekly'), ('monthly', 'Monthly'), ('quarterly', 'Quarterly')], max_length=10)),
                ('day_part', models.CharField(blank=True, choices=[('', 'Any'), ('morning', 'Morning'), ('afternoon', 'Afternoon'), ('evening', 'Evening')], max_length=10)),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='RetentionRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=80, unique=True)),
                ('keep_days', models.PositiveIntegerField(null=True)),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True)),
                ('position', models.PositiveIntegerField(default=0)),
            ],
            options={
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.AlterField(
            model_name='consententry',
            name='purpose',
            field=models.CharField(choices=[('marketing', 'Marketing'), ('service', 'Service'), ('tracking', 'Tracking'), ('sharing', 'Sharing'), ('sensitive', 'Sensitive'), ('abroad', 'Abroad'), ('gifts', 'Gifts')], max_length=20),
        ),
        migrations.CreateModel(
            name='ErasureCertificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('customer_id', models.BigIntegerField(db_index=True)),
                ('reason', models.TextField()),
                ('document', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.RunPython(add_triggers, drop_triggers),
    ]
