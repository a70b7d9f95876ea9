"""What each column of the last file of a source held is remembered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0004_web_shops")]

    operations = [
        migrations.AddField(model_name="columnmapping", name="profile", field=models.JSONField(default=dict))
    ]
