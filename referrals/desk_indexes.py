"""The indexes of conversations that a lead's desk needs. They belong to the model."""

from django.db.models import Index, Q

# The states of a review that a lead has still to see to.
OPEN = ("awaiting", "asked", "reviewed", "reopened")


def desk_indexes() -> list[Index]:
    """Return what the lists of a desk walk along, whichever filter is asked for."""
    latest, by_day = ("-updated_at", "-id"), ("-recorded_at", "-id")
    recorded = Q(status="recorded")
    return [
        # The other filters are looked up in the last columns: rows that no list shows stay unread.
        *(
            Index(fields=["agency", *by], name=f"conversation_list_{name}", condition=recorded)
            for name, by in {
                "state": ("review_state", *latest, "judged_level", "area"),
                "state_day": ("review_state", *by_day, "judged_level", "area"),
                "level": ("judged_level", *latest, "area", "review_state"),
                "area": ("area", *latest, "judged_level", "review_state"),
                "day": (*by_day, "judged_level", "area"),
            }.items()
        ),
        # Whether a lead sees one, and since when it is there: of earlier ones about the same child
        # nothing else is asked.
        Index(
            fields=["id"],
            include=["agency", "reaches_leads", "recorded_at"],
            name="conversation_seen",
        ),
        # Filters are looked up in its last columns, and counts need nothing else.
        Index(
            fields=["agency", "turn", "waits_since", "id", "judged_level", "area", "author"],
            include=["danger", "is_late", "reaches_leads"],
            name="conversation_waits",
            condition=Q(waits_since__isnull=False),
        ),
        # What waits of one author: their records are few, and so is what waits beside all others.
        Index(
            fields=["agency", "author", "turn", "waits_since", "id"],
            name="conversation_waits_of",
            condition=Q(waits_since__isnull=False),
        ),
        # What is late waits as well, but only what stands here may be counted in it.
        Index(
            fields=["agency", "id"],
            include=["author", "reaches_leads"],
            name="conversation_overdue",
            condition=Q(is_late=True, waits_since__isnull=False),
        ),
        Index(
            fields=["agency", "due_at"],
            name="conversation_falls_due",
            condition=Q(is_late=False, due_at__isnull=False),
        ),
        # Most that were left have their place already.
        Index(
            fields=["agency", "waits_since", "updated_at"],
            name="conversation_left_lying",
            condition=Q(status="draft", danger=True),
        ),
        # A child who lives elsewhere is rare in one agency and usual in another: these are walked
        # alone, drafts too.
        Index(
            fields=["agency", "status", *latest, "review_state", "judged_level"],
            name="conversation_elsewhere",
            condition=Q(area=None),
        ),
        # Empty, unless something was recorded that nobody put in its place.
        Index(
            fields=["agency"],
            name="conversation_astray",
            condition=Q(review_state__in=OPEN, waits_since=None),
        ),
        Index(
            fields=["agency", "edition"],
            name="conversation_open",
            condition=Q(status="recorded") & ~Q(review_state="signed-off"),
        ),
    ]
