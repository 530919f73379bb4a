"""Let the desk say of each row how many earlier ones there are, and read indexes alone for it."""

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
        RemoveIndex(model_name="child", name="child_by_name"),
        RemoveIndex(model_name="child", name="child_by_reference"),
    ]
