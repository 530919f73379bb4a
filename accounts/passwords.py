"""Words that no password may hold: whoever guesses for this portal tries them first.

They are those below, the words of the person's name and address of email, and the names of their
agencies. docs/sign-in.md lists them.
"""

import re

from django.core.exceptions import ValidationError

from accounts.events import own_agencies
from accounts.models import User

OURS = ("derby", "safeguard", "threshold", "portal", "childprotection", "child protection")
# Letters. Shorter words stand in too many others.
SHORTEST = 4
WHAT = "your name, your email address, your agency’s name, or “safeguarding”, “derby” and the like"


class NoWordsOfOurs:
    """One of AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises ValidationError for a password with such a word in it, small or large."""
        typed = password.casefold()
        if any(word in typed for word in (*OURS, *words_of(user))):
            raise ValidationError(
                f"Choose a password without {WHAT}. Others would try these first",
                code="password_holds_our_words",
            )

    def get_help_text(self) -> str:
        return f"Your password can’t hold {WHAT}."


def words_of(person: User | None) -> set[str]:
    """Return the words by which others know a person. `agency_name` is that of an invitation."""
    if person is None:
        return set()
    agencies = [agency.name for agency in own_agencies(person)] if person.pk else []
    told = [person.name, person.email, getattr(person, "agency_name", ""), *agencies]
    words = re.findall(r"[^\W\d_]+", " ".join(told).casefold())
    return {word for word in words if len(word) >= SHORTEST}
