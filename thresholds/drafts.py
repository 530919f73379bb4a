"""How a draft is changed: by an editor, one at a time, with its event. No proposal outlives it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from accounts.events import note
from accounts.models import Event, User
from thresholds.models import Edition
from thresholds.published import PublishedEdition

NO_PROPOSAL = {"proposed_by": None, "proposed_at": None, "publish_from": None, "proposal_note": ""}


class NotEditor(Exception):
    """Only an editor of the guidance may do this."""


def may_edit(user: User) -> bool:
    """Say whether a person is an editor, with an account that is in force."""
    return bool(user.is_authenticated and user.is_active and user.is_editor)


def lock(edition: Edition) -> Edition:
    """Return the edition as it stands now, for nobody else to change meanwhile."""
    locked = Edition.objects.select_for_update(of=("self",)).select_related("partnership")
    return locked.get(pk=edition.pk)


def subject_of(edition: Edition) -> str:
    """Return how events name an edition, such as edition:7."""
    return f"edition:{edition.pk}"


def tell(verb: Event.Verb, edition: Edition, actor: User | None, detail: str = "") -> None:
    """Write an event about an edition into the portal's own chain."""
    note(verb, actor=actor, agency=None, subject=subject_of(edition), detail=detail)


@contextmanager
def changing(edition: Edition, *, by: User, what: str) -> Iterator[Edition]:
    """Lock a draft while it is changed. `what` is a code, such as indicator-dd104.

    A proposal is withdrawn: its second editor must approve what there is. Raises NotEditor, or
    PublishedEdition for one that is no draft.
    """
    if not may_edit(by):
        raise NotEditor("Only an editor of the guidance changes a draft.")
    with transaction.atomic():
        draft = lock(edition)
        if draft.status == Edition.Status.PUBLISHED:
            raise PublishedEdition("A published edition is never changed.")
        if draft.proposed_by_id:
            unpropose(draft, by)
        tell(Event.Verb.CHANGED, draft, by, what)
        yield draft


def unpropose(draft: Edition, by: User | None) -> None:
    """Withdraw the proposal of a locked draft."""
    Edition.objects.filter(pk=draft.pk).update(digest="", **NO_PROPOSAL)
    draft.refresh_from_db()
    tell(Event.Verb.UNPROPOSED, draft, by)
