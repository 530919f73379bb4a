"""Keep no index of a conversation's answers and signs that another begins with."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.operations import WithoutIndex


def of_conversation(name: str) -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=name,
        to="referrals.conversation",
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("referrals", "0019_fewer_indexes")]

    operations = [
        WithoutIndex("answer", "conversation", of_conversation("answers")),
        WithoutIndex("sign", "conversation", of_conversation("signs")),
    ]
