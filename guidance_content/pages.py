"""What an editor does to a prose page of a draft.

One transaction with its event. Whoever saves says with `read` what they had before them: when
another editor was faster, nothing is written.
"""

import json
from hashlib import sha256

from django.db import transaction

from accounts.models import User
from guidance_content.contacts import Overtaken
from guidance_content.editors import check_editor
from guidance_content.models import Page
from thresholds.drafts import changing, lock
from thresholds.row_admin import code_of

FIELDS = ("title", "summary", "section", "body")


def digest(page: Page) -> str:
    """Return what tells whether somebody has changed it since it was looked at."""
    told = json.dumps([getattr(page, name) for name in FIELDS])
    return sha256(told.encode()).hexdigest()


@transaction.atomic
def save_page(*, page: Page, read: str, values: dict[str, str], by: User) -> bool:
    """Write what differs, and say whether anything did.

    Raises NotEditor, PublishedEdition and Overtaken; Edition.DoesNotExist or Page.DoesNotExist
    where it was deleted meanwhile.
    """
    check_editor(by)
    draft = lock(page.edition)
    stored = Page.objects.get(pk=page.pk)
    if digest(stored) != read:
        raise Overtaken
    # A form takes off what stands before and after a text. That is no change of it.
    differs = [name for name in FIELDS if _plain(getattr(stored, name)) != _plain(values[name])]
    if not differs:
        return False
    with changing(draft, by=by, what=code_of(stored)):
        for name in differs:
            setattr(stored, name, values[name])
        stored.full_clean(validate_unique=False, validate_constraints=False)
        stored.save(update_fields=differs)
    return True


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
