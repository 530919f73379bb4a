"""Write where conversations stand that were there before the desk kept it in their row.

A few thousand at a time, each in its own transaction: whoever works meanwhile waits for no more
than that. What is recorded between this and the restart is found by `standing.settle`.
"""

from datetime import timedelta

from django.db import migrations
from django.db.models import Case, Exists, Max, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

BATCH = 2000
OPEN = ("awaiting", "asked", "reviewed", "reopened")


def fill(apps, schema_editor):
    conversations = apps.get_model("referrals", "Conversation").objects.order_by()
    ends = conversations.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return
    written = _columns(apps, timezone.now())
    for start in range(ends["first"], ends["last"] + 1, BATCH):
        conversations.filter(pk__gte=start, pk__lt=start + BATCH).update(**written)


def _columns(apps, now):
    level, follow_up = (
        apps.get_model(app, name)
        for app, name in (("thresholds", "Level"), ("referrals", "FollowUp"))
    )
    top = Subquery(
        level.objects.filter(edition=OuterRef("edition")).order_by("-number").values("number")[:1]
    )
    undone = follow_up.objects.filter(conversation=OuterRef("pk"), done_at=None)
    late = Exists(undone.filter(due_at__lte=now))
    left = Q(status="draft", danger=True, updated_at__lte=now - timedelta(minutes=30))
    turns = (
        Q(danger=True),
        Q(child_protection=True),
        Q(judged_level__gte=top) | Q(read_level__gte=top),
        Q(late),
        Q(below_reading=True),
        Q(consent_refused=True),
        Q(_comes_again(apps)),
    )
    return {
        "due_at": Subquery(undone.order_by("due_at").values("due_at")[:1]),
        "is_late": Case(When(late, then=Value(True)), default=Value(False)),
        "turn": Case(
            *(When(met, then=Value(turn)) for turn, met in enumerate(turns)), default=Value(7)
        ),
        "waits_since": Case(
            When(
                Q(review_state__in=OPEN) | left | Q(late),
                then=Coalesce("recorded_at", "updated_at"),
            ),
            default=Value(None),
        ),
    }


def _comes_again(apps):
    children = apps.get_model("referrals", "Child").objects.order_by()
    kept = apps.get_model("referrals", "Conversation").kept_from.through.objects
    recorded_at = OuterRef("conversation__recorded_at")
    earlier = children.filter(
        ~Exists(kept.filter(conversation=OuterRef("conversation"))),
        conversation__agency=OuterRef("conversation__agency"),
        conversation__recorded_at__lt=recorded_at,
        conversation__recorded_at__gte=recorded_at - timedelta(days=365),
    )
    # Apart, so that each is looked up in its index.
    by_name = earlier.filter(
        ~Q(born_key=""), name_key=OuterRef("name_key"), born_key=OuterRef("born_key")
    )
    by_reference = earlier.filter(~Q(reference_key=""), reference_key=OuterRef("reference_key"))
    own = children.filter(conversation=OuterRef("pk"))
    return Exists(own.filter(Exists(by_name) | Exists(by_reference)))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("referrals", "0010_where_it_stands")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
