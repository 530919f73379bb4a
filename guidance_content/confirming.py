"""Saying of a published edition that it is still the one to go by, and how that is known.

Who owns it and until when it holds are no part of what the edition says: they can be written
though it is published.
"""

from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts.models import Event, User
from guidance_content import standby
from guidance_content.editions import PUBLISHED, Refused
from guidance_content.editors import check_editor
from guidance_content.models import Confirmation
from thresholds.drafts import lock, tell
from thresholds.models import Edition


@transaction.atomic
def confirm(*, edition: Edition, owner: str, review_by: date, note: str, by: User) -> Confirmation:
    """Keep who confirmed it today, for how long, and how it is known.

    Raises NotEditor; Refused for a draft, or one that was withdrawn.
    """
    check_editor(by)
    edition = lock(edition)
    if edition.status != PUBLISHED:
        raise Refused("It is a draft. Confirm it once it is published.")
    if edition.withdrawn_at:
        raise Refused("It was withdrawn. Nobody goes by it.")
    edition.owner, edition.checked_on, edition.review_by = owner, timezone.localdate(), review_by
    edition.save(update_fields=["owner", "checked_on", "review_by"])
    tell(Event.Verb.CHANGED, edition, by, "confirmed")
    standby.refresh_on_commit()
    return Confirmation.objects.create(
        edition=edition, by=by, owner=owner, review_by=review_by, note=note
    )
