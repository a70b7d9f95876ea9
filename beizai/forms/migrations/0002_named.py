"""Whether it is still known who answered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forms", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="answersheet",
            name="named",
            field=models.BooleanField(db_default=True, default=True),
        )
    ]
