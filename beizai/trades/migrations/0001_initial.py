"""The books a home has opened, and its example customers."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('sources', '0002_kinds_basis_stops'),
    ]

    operations = [
        migrations.CreateModel(
            name='OpenedBook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('trade', models.CharField(max_length=40, unique=True)),
                ('opened_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Example',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('trade', models.CharField(max_length=40)),
                ('seed', models.PositiveIntegerField(default=1)),
                ('imports', models.JSONField(default=list)),
                ('rows', models.JSONField(default=dict)),
                ('customers', models.PositiveIntegerField(default=0)),
                ('added_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sources.source')),
            ],
        ),
    ]
