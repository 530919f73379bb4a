"""Let an author's records be looked up with the desk's filters, and keep no index twice.

Of a column's own index there is no need where another begins with the column, or has all that is
looked for. Each new index stands before the one that it takes the place of goes.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.operations import AddIndex, RemoveIndex, WithoutIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("referrals", "0018_longer_tokens")]

    operations = [
        AddIndex(
            model_name="conversation",
            index=models.Index(
                fields=[
                    *("author", "status", "-updated_at", "-id"),
                    *("agency", "review_state", "judged_level", "area"),
                ],
                name="conversation_by_author",
            ),
        ),
        RemoveIndex(model_name="conversation", name="conversation_own"),
        WithoutIndex(
            model_name="conversation",
            name="author",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="conversations",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        WithoutIndex(
            model_name="conversation",
            name="agency",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="conversations",
                to="accounts.agency",
            ),
        ),
        WithoutIndex(
            model_name="child",
            name="name_key",
            field=models.CharField(blank=True, max_length=300),
        ),
        WithoutIndex(
            model_name="child",
            name="reference_key",
            field=models.CharField(blank=True, max_length=300),
        ),
    ]
