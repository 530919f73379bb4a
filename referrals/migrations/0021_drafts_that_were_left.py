"""Find drafts that were left lying without reading those that have their place already."""

from django.db import migrations, models

from accounts.operations import AddIndex, RemoveIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("referrals", "0020_fewer_indexes_of_a_draft")]

    operations = [
        AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("danger", True), ("status", "draft")),
                fields=["agency", "waits_since", "updated_at"],
                name="conversation_left_lying",
            ),
        ),
        RemoveIndex(model_name="conversation", name="conversation_left"),
    ]
