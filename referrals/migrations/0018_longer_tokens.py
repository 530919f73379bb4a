"""New records have 128 random bits in their addresses. Nothing changes in the database."""

import referrals.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("referrals", "0017_count_what_is_late")]

    operations = [
        migrations.AlterField(
            model_name="conversation",
            name="token",
            field=models.UUIDField(
                default=referrals.models.new_token, editable=False, unique=True
            ),
        ),
    ]
