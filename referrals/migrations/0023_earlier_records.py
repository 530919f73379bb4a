"""Let the desk say of each row how many earlier ones there are, and read indexes alone for it.

And let it walk along what waits of one author, and along the children who live elsewhere, so that
one plan does for every agency.
"""

from django.db import migrations, models

from accounts.operations import AddIndex, RemoveIndex


def known_by(key: str, *also: str) -> AddIndex:
    index = models.Index(
        condition=models.Q((key, ""), _negated=True),
        fields=[key],
        include=("conversation", "born_key", *also),
        name=f"child_known_by_{key.removesuffix('_key')}",
    )
    return AddIndex(model_name="child", index=index)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("referrals", "0022_words_and_places")]

    operations = [
        known_by("name_key", "reference_key"),
        known_by("reference_key"),
        AddIndex(
            model_name="conversation",
            index=models.Index(
                fields=["id"],
                include=("agency", "reaches_leads", "recorded_at"),
                name="conversation_seen",
            ),
        ),
        AddIndex(
            model_name="conversation",
            index=models.Index(
                fields=["agency", "author", "turn", "waits_since", "id"],
                condition=models.Q(("waits_since__isnull", False)),
                name="conversation_waits_of",
            ),
        ),
        AddIndex(
            model_name="conversation",
            index=models.Index(
                fields=["agency", "status", "-updated_at", "-id", "review_state", "judged_level"],
                condition=models.Q(("area", None)),
                name="conversation_elsewhere",
            ),
        ),
        RemoveIndex(model_name="child", name="child_by_name"),
        RemoveIndex(model_name="child", name="child_by_reference"),
    ]
