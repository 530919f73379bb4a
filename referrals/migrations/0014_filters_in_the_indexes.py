"""Let the desk's lists look every filter up in their indexes.

Each new index stands before the one that it takes the place of goes: no list is ever without.
"""

from django.db import migrations, models

from accounts.operations import AddIndex, RemoveIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("referrals", "0013_keeping")]

    operations = [
        AddIndex(
            model_name="conversation",
            index=models.Index(
                fields=["agency", "review_state", "-updated_at", "-id", "judged_level", "area"],
                name="conversation_list_state",
                condition=models.Q(("status", "recorded")),
            ),
        ),
        RemoveIndex(model_name="conversation", name="conversation_by_state"),
        AddIndex(
            model_name="conversation",
            index=models.Index(
                fields=["agency", "review_state", "-recorded_at", "-id", "judged_level", "area"],
                name="conversation_list_state_day",
                condition=models.Q(("status", "recorded")),
            ),
        ),
        RemoveIndex(model_name="conversation", name="conversation_by_state_day"),
        AddIndex(
            model_name="conversation",
            index=models.Index(
                fields=["agency", "judged_level", "-updated_at", "-id", "area", "review_state"],
                name="conversation_list_level",
                condition=models.Q(("status", "recorded")),
            ),
        ),
        RemoveIndex(model_name="conversation", name="conversation_by_level"),
        AddIndex(
            model_name="conversation",
            index=models.Index(
                fields=["agency", "area", "-updated_at", "-id", "judged_level", "review_state"],
                name="conversation_list_area",
                condition=models.Q(("status", "recorded")),
            ),
        ),
        RemoveIndex(model_name="conversation", name="conversation_by_area"),
        AddIndex(
            model_name="conversation",
            index=models.Index(
                fields=["agency", "-recorded_at", "-id", "judged_level", "area"],
                name="conversation_list_day",
                condition=models.Q(("status", "recorded")),
            ),
        ),
        RemoveIndex(model_name="conversation", name="conversation_by_day"),
    ]
