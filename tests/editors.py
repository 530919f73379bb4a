"""Editors and their drafts, for tests."""

from datetime import date
from typing import Any

from django.utils import timezone

from accounts.models import User
from guidance_content import editions
from guidance_content.content import digest
from tests.people import give_app
from thresholds.models import Edition

SHIPPED = "ddscp-2019-12"


def make_editor(name: str) -> User:
    person = User.objects.create_user(
        f"{name}@editors.example", name=name.title(), is_editor=True, is_staff=True
    )
    give_app(person)
    return person


def shipped() -> Edition:
    return Edition.objects.get(slug=SHIPPED)


def make_draft(by: User, slug: str = "next", **changes: Any) -> Edition:
    """Return a draft that is a copy of the shipped edition."""
    given = {"source": shipped(), "title": "The next", "source_date": "2026"} | changes
    return editions.create_draft(slug=slug, by=by, **given)


def publish(draft: Edition, by: User, second: User, day: date | None = None) -> Edition:
    """Publish a draft the whole way, from today or from `day`."""
    editions.propose(draft=draft, by=by, publish_from=day or timezone.localdate())
    return editions.approve(draft=draft, by=second, reason="Nobody answered the line")


def put_in_force(draft: Edition) -> Edition:
    """Publish a draft from today without asking what is wrong with it."""
    Edition.objects.filter(pk=draft.pk).update(
        status=Edition.Status.PUBLISHED,
        published_on=timezone.localdate(),
        approved_at=timezone.now(),
        digest=digest(draft),
    )
    draft.refresh_from_db()
    return draft
