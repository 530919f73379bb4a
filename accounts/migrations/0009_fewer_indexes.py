"""Keep no index of events and sent forms that another begins with: each step writes to them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.operations import WithoutIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0008_events_about_signing_in")]

    operations = [
        WithoutIndex(
            "event",
            "chain",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="accounts.chain",
            ),
        ),
        WithoutIndex(
            "sentform",
            "person",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
