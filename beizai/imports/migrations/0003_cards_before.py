import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0004_search_words'),
        ('imports', '0002_product_changes'),
    ]

    operations = [
        migrations.CreateModel(
            name='CardBefore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('import_id', models.BigIntegerField(db_index=True)),
                ('facts', models.JSONField()),
                ('changed_at', models.DateTimeField()),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('import_id', 'customer'), name='card_before_once_an_import')],
            },
        ),
    ]
