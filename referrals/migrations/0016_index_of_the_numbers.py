from django.db import migrations, models

from accounts.operations import AddIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("referrals", "0015_figures_for_the_search")]

    operations = [
        AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("status", "recorded")),
                fields=["agency", "recorded_at"],
                include=(
                    *("edition", "area", "place", "danger", "child_protection", "judged_level"),
                    *("read_level", "read_up_to", "agreement", "lead_level", "review_state"),
                ),
                name="conversation_numbers",
            ),
        ),
    ]
