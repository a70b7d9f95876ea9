"""Lists in pages by key, and search words by their beginning whatever the database's own order of letters."""

from django.db import migrations, models


def in_code_points(apps, schema_editor):
    """PostgreSQL sorts by its locale; a range over beginnings needs the order of code points (see customers.begins)."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            'CREATE INDEX search_term_begins ON customers_searchterm (term COLLATE "C", customer_id)'
        )


def back(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX search_term_begins")


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0001_initial'),
        ('sources', '0001_initial'),
        ('staff', '0001_initial'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='standing',
            name='standing_tier',
        ),
        migrations.RemoveIndex(
            model_name='standing',
            name='standing_stage',
        ),
        migrations.RemoveIndex(
            model_name='standing',
            name='standing_type',
        ),
        migrations.AlterField(
            model_name='factchange',
            name='field',
            field=models.CharField(max_length=80),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['name', 'id'], name='customer_name'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['country'], name='customer_country'),
        ),
        migrations.AddIndex(
            model_name='standing',
            index=models.Index(fields=['tier', 'spent_12m_minor', 'customer'], name='standing_tier_spent'),
        ),
        migrations.AddIndex(
            model_name='standing',
            index=models.Index(fields=['stage', 'spent_12m_minor', 'customer'], name='standing_stage_spent'),
        ),
        migrations.AddIndex(
            model_name='standing',
            index=models.Index(fields=['type', 'spent_12m_minor', 'customer'], name='standing_type_spent'),
        ),
        migrations.RunPython(in_code_points, back),
    ]
