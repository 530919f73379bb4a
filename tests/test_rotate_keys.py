"""Keys are changed while the portal runs, and nothing is lost, hidden or made to look changed."""

import re
from io import StringIO

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts import rotation
from accounts.models import Agency, User
from referrals import desk, review
from referrals.finding import has_all_words
from referrals.models import Answer, Child, Conversation, Review
from tests.dumping import dumped
from tests.people import LEVEL_2, app_code, record, walk_to

NEW = "a new key that is long enough " * 2
SETTINGS = ("DATA_KEYS", "INDEX_KEYS", "MFA_KEYS")


def rotate(*options: str) -> str:
    out = StringIO()
    call_command("rotate_keys", *options, stdout=out)
    return out.getvalue()


def keys(settings: Settings, *keys: str) -> None:
    for name in SETTINGS:
        setattr(settings, name, list(keys))


class Killed(Exception):
    pass


def test_keys_are_rotated_and_the_old_one_is_dropped(
    teachers_browser: Client, teacher: User, lead: User, agency: Agency,
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    first, second = record(teachers_browser), record(teachers_browser)
    review.add(conversation=second, author=teacher, text="A bruise")
    second.refresh_from_db()
    signed = review.review(
        conversation=second, reviewer=lead, decision=Review.Decision.SIGN_OFF,
        read=review.digest(second), text="Agreed",
    )  # fmt: skip
    walk_to(teachers_browser, "concern", child={"name": "Somebody Else"})
    codes = RecoveryCodes.activate(lead).get_unused_codes()
    said = sorted((a.pk, a.step, str(a.data)) for a in Answer.objects.all())
    moments = list(Conversation.objects.order_by("pk").values_list("updated_at", "content"))
    old = settings.SECRET_KEY

    keys(settings, NEW, old)
    held = sorted(map(repr, dumped()))
    counted = rotate("--dry-run")
    assert "referrals.Answer.data:" in counted and "to be locked again, 0 already" in counted
    assert sorted(map(repr, dumped())) == held, "a dry run changes nothing"

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "AT_ONCE", 3)
        relock, met = rotation.Relock.__call__, iter(range(10))

        def killed(self: rotation.Relock, token: str) -> str:
            if next(met, None) is None:
                raise Killed
            return relock(self, token)

        patch.setattr(rotation.Relock, "__call__", killed)
        with pytest.raises(Killed):
            rotate()
    # Half of it is under either key, and all of it can be read and found.
    assert sorted((a.pk, a.step, str(a.data)) for a in Answer.objects.all()) == said
    went_on = rotate()
    assert "Everything is under the first keys" in went_on
    left = re.search(r"Answer.data: (\d+) locked again, (\d+) already", went_on)
    assert left and int(left[1]) > 0 and int(left[2]) > 0, "it went on where it was killed"

    keys(settings, NEW)
    assert sorted((a.pk, a.step, str(a.data)) for a in Answer.objects.all()) == said
    now = list(Conversation.objects.order_by("pk").values_list("updated_at", "content"))
    assert now == moments, "what is frozen says the same, and no date moved"
    assert review.is_as_signed(Review.objects.get(pk=signed.pk))
    assert list(desk.about_same_child(lead, first)) == [second]
    for typed, found in (("breakfast", {first, second}), ("bruise amina", {second})):
        assert set(Conversation.objects.filter(has_all_words(agency.pk, typed))) == found
    again = record(teachers_browser, child=LEVEL_2["child"])
    assert set(desk.about_same_child(lead, again)) == {first, second}
    assert (
        RecoveryCodes(lead.authenticator_set.get(type="recovery_codes")).get_unused_codes() == codes
    )
    assert TOTP(lead.authenticator_set.get(type="totp")).validate_code(app_code())
    call_command("verify_events", stdout=StringIO())
    assert " 0 locked again" in rotate() and "Once more" not in rotate()


def test_what_no_key_opens_is_counted_and_is_an_error(
    teachers_browser: Client, settings: Settings
) -> None:
    done = record(teachers_browser)
    old = settings.SECRET_KEY
    settings.DATA_KEYS = [NEW]
    for options in ((), ("--dry-run",)):
        with pytest.raises(CommandError, match="No key opens") as refused:
            rotate(*options)
        assert refused.value.returncode == 1 and "Amina" not in str(refused.value)
    settings.DATA_KEYS = [NEW, old]
    rotate()
    settings.DATA_KEYS = [NEW]
    assert Child.objects.get(conversation=done).name == "Amina Example"
