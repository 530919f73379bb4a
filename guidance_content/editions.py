"""The life of an edition: draft, proposal, approval by a second editor, and rolling back.

Each is one transaction and writes its event into the portal's chain. Nothing here changes what a
published edition says: a conversation keeps the edition it began with, whatever becomes of that.
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import Event, User
from guidance_content import content, standby
from guidance_content.problems import Problem, blocking, unconfirmed_urgent
from thresholds import index
from thresholds.drafts import NotEditor, lock, may_edit, tell, unpropose
from thresholds.models import Edition

PUBLISHED = Edition.Status.PUBLISHED
AS_SHIPPED = "Shipped as its source prints it. Every page says that nobody has confirmed it since."


class Refused(Exception):
    """It was not done, and nothing was written. The message is a sentence for the editor."""


class HasProblems(Refused):
    """There are problems that have to be mended first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(f"Mend what is wrong with the draft first: {problems[0].text}")


class SecondEditor(Refused):
    """Somebody else than whoever proposed it must approve."""


class ChangedSince(Refused):
    """The draft is not as it was proposed."""


class NeedsReason(Refused):
    """An emergency number is not confirmed, so a reason must be given and kept."""


def is_as_proposed(edition: Edition) -> bool:
    """Say whether the draft waits for its second editor, unchanged since it was proposed."""
    return bool(edition.proposed_by_id) and edition.digest == content.digest(edition)


@transaction.atomic
def create_draft(*, source: Edition, slug: str, title: str, source_date: str, by: User) -> Edition:
    """Return a new draft: a copy of a published edition, its codes kept.

    Raises Refused for a slug that is taken, or for anything that is no edition's.
    """
    _editors_only(by)
    source = lock(source)
    if source.status != PUBLISHED:
        raise Refused("A draft is made from a published edition.")
    draft = Edition(
        slug=slug,
        partnership=source.partnership,
        title=title,
        source_date=source_date,
        note=source.note,
        source=source.source,
        owner=source.owner,
        based_on=source,
        created_by=by,
    )
    try:
        draft.full_clean()
    except ValidationError as wrong:
        raise Refused(wrong.messages[0]) from None
    draft.save()
    content.copy(source, draft)
    tell(Event.Verb.DRAFTED, draft, by)
    return draft


@transaction.atomic
def propose(*, draft: Edition, by: User, publish_from: date, note: str = "") -> Edition:
    """Ask for a second editor's approval, for publication from a date: today or later.

    Raises HasProblems while there are any.
    """
    _editors_only(by)
    draft = _lock_draft(draft)
    if publish_from < timezone.localdate():
        raise Refused("The date must be today or later.")
    _refuse_problems(draft)
    draft.proposed_by, draft.proposed_at = by, timezone.now()
    draft.publish_from, draft.proposal_note = publish_from, note
    draft.digest = content.digest(draft)
    draft.save()
    tell(Event.Verb.PROPOSED, draft, by, publish_from.isoformat())
    return draft


@transaction.atomic
def withdraw_proposal(*, draft: Edition, by: User) -> Edition:
    """Take a proposal back, whoever made it. The draft stays."""
    _editors_only(by)
    draft = _lock_draft(draft)
    if not draft.proposed_by_id:
        raise Refused("It is not proposed.")
    unpropose(draft, by)
    return draft


def approve(*, draft: Edition, by: User, reason: str = "") -> Edition:
    """Publish a draft as a second editor: from the date proposed, or today if that has passed.

    Raises SecondEditor, ChangedSince, HasProblems, or NeedsReason.
    """
    _editors_only(by)
    # Before anything is locked: to encode what was reworded takes a while.
    index.refresh(draft, most=index.IN_AN_ACTION)
    return _approve(draft, by, reason)


@transaction.atomic
def _approve(draft: Edition, by: User, reason: str) -> Edition:
    draft = _lock_draft(draft)
    if not draft.proposed_by_id or draft.publish_from is None:
        raise Refused("It is not proposed.")
    if draft.proposed_by_id == by.pk:
        raise SecondEditor("You proposed it. Another editor must approve it.")
    if draft.digest != content.digest(draft):
        raise ChangedSince("It was changed after it was proposed. Propose it again.")
    _refuse_problems(draft)
    unconfirmed = unconfirmed_urgent(draft)
    if unconfirmed and not reason.strip():
        names = ", ".join(str(contact) for contact in unconfirmed)
        raise NeedsReason(f"Nobody has confirmed {names}. Say why to publish all the same.")
    draft.unconfirmed_reason = reason.strip() if unconfirmed else ""
    return _publish(draft, by, in_force_from(draft))


def in_force_from(draft: Edition) -> date:
    """Return from when a draft is in force that is approved today: as proposed, but not before."""
    return max(draft.publish_from or timezone.localdate(), timezone.localdate())


@transaction.atomic
def publish_shipped(*, edition: Edition) -> Edition:
    """Publish an edition that comes with the portal, from the date of its source.

    No editor proposed or approved it, and its event names nobody. Raises HasProblems.
    """
    edition = _lock_draft(edition)
    _refuse_problems(edition)
    edition.digest = content.digest(edition)
    edition.unconfirmed_reason = AS_SHIPPED if unconfirmed_urgent(edition) else ""
    year, month, day = [*map(int, edition.source_date.split("-")), 1, 1][:3]
    return _publish(edition, None, date(year, month, day))


@transaction.atomic
def roll_back(*, edition: Edition, by: User, reason: str) -> Edition | None:
    """Withdraw a published edition, and return the one that is in force then.

    One editor is enough: what comes back was approved by two. Raises Refused for an edition that
    is neither in force nor still to come, and where none would be in force without it.
    """
    _editors_only(by)
    edition = lock(edition)
    if not reason.strip():
        raise Refused("Say why. The reason is kept.")
    if edition.status != PUBLISHED or edition.withdrawn_at or edition.published_on is None:
        raise Refused("It is not published.")
    in_force = list(Edition.objects.in_force().filter(partnership=edition.partnership_id)[:2])
    if edition.published_on <= timezone.localdate():
        if edition != in_force[0]:
            raise Refused("A later edition is in force already.")
        if len(in_force) < 2:
            raise Refused("There is no edition before it to go back to.")
    edition.withdrawn_by, edition.withdrawn_at = by, timezone.now()
    edition.withdrawn_reason = reason.strip()
    edition.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
    tell(Event.Verb.ROLLED_BACK, edition, by)
    standby.refresh_on_commit()
    return Edition.objects.in_force().filter(partnership=edition.partnership_id).first()


@transaction.atomic
def discard(*, draft: Edition, by: User) -> None:
    """Delete a draft, and all its rows, for good."""
    _editors_only(by)
    draft = _lock_draft(draft)
    tell(Event.Verb.DISCARDED, draft, by)
    draft.delete()


def _editors_only(by: User) -> None:
    if not may_edit(by):
        raise NotEditor("Only an editor of the guidance may do this.")


def _lock_draft(edition: Edition) -> Edition:
    locked = lock(edition)
    if locked.status == PUBLISHED:
        raise Refused("It is published, and is never changed.")
    return locked


def _refuse_problems(edition: Edition) -> None:
    if problems := blocking(edition):
        raise HasProblems(problems)


def _publish(edition: Edition, by: User | None, day: date) -> Edition:
    edition.status, edition.published_on = PUBLISHED, day
    edition.approved_by, edition.approved_at = by, timezone.now()
    edition.save()
    tell(Event.Verb.PUBLISHED, edition, by, edition.digest)
    standby.refresh_on_commit()
    return edition
