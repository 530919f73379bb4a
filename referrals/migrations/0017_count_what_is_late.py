"""Let what is late be counted in its own index, without a walk through all that waits.

Its condition must say that it waits, though what is late always does: PostgreSQL cannot know it.
"""

from django.db import migrations, models

from accounts.operations import AddIndex, RemoveIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("referrals", "0016_index_of_the_numbers")]

    operations = [
        AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("is_late", True), ("waits_since__isnull", False)),
                fields=["agency", "id"],
                include=["author", "reaches_leads"],
                name="conversation_overdue",
            ),
        ),
        RemoveIndex(model_name="conversation", name="conversation_late"),
    ]
