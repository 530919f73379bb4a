"""Where somebody is signed in: they see it and end it, and nobody else's."""

import re
import time

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.browsers import UNKNOWN, kind_of
from accounts.models import Event, User
from accounts.places import places_of
from tests.people import make_person, signed_in
from tests.signing_in import PASSWORD, give_password, is_signed_in

pytestmark = pytest.mark.django_db

PAGE = "/account/places/"
MOZILLA = "Mozilla/5.0 "
WINDOWS = f"{MOZILLA}(Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
IPHONE = (
    f"{MOZILLA}(iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
)
KINDS = {
    f"{WINDOWS}Chrome/140.0.0.0 Safari/537.36": "Chrome on Windows",
    f"{WINDOWS}Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0": "Edge on Windows",
    f"{MOZILLA}(X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Linux",
    f"{IPHONE}Version/18.0 Mobile/15E148 Safari/604.1": "Safari on an iPhone",
    f"{IPHONE}CriOS/140.0 Mobile/15E148 Safari/604.1": "Chrome on an iPhone",
    f"{MOZILLA}(X11; CrOS x86_64 14541.0.0) Chrome/140.0.0.0 Safari/537.36": "Chrome on a Chromebook",  # noqa: E501
    "Firefox Zinnia-Quokka": "Firefox",
    "Zinnia-Quokka (Windows)": UNKNOWN,
    "": UNKNOWN,
}
FIREFOX, SAFARI = list(KINDS)[2], list(KINDS)[3]


def browser_of(person: User, says: str) -> Client:
    browser = Client(headers={"User-Agent": says})
    give_password(browser, person)
    assert is_signed_in(browser)
    browser.get("/")
    return browser


def names(browser: Client) -> list[str]:
    """Return what stands in the buttons, which end one session each."""
    return re.findall(r'name="end" value="([0-9a-f]{32})"', browser.get(PAGE).content.decode())


def test_a_browser_is_told_in_plain_words_and_nothing_else_is_kept_of_it() -> None:
    assert {says: kind_of(says) for says in KINDS} == KINDS


def test_people_see_where_they_are_signed_in_and_nothing_of_others(
    teacher: User, colleague: User
) -> None:
    here = browser_of(teacher, FIREFOX)
    there = browser_of(teacher, f"{SAFARI} Zinnia-Quokka")
    browser_of(colleague, list(KINDS)[1])
    answer = here.get(PAGE)
    page = answer.content.decode()
    assert page.index("Firefox on Linux") < page.index("Safari on an iPhone")
    assert "Edge" not in page and "Zinnia" not in page and "127.0.0.1" not in page
    assert "no-store" in answer["Cache-Control"]
    for session in Session.objects.all():
        assert session.session_key not in page, "whoever reads the page must not come in by it"
        assert "Zinnia" not in repr(session.get_decoded())
    assert len(names(there)) == 1


def test_one_is_ended_or_all_others_and_it_is_told(teacher: User) -> None:
    here, *others = (browser_of(teacher, FIREFOX) for _ in range(4))
    chosen = places_of(teacher, others[2].session.session_key)[0].name
    assert chosen in names(here)
    assert here.post(PAGE, {"end": chosen}, follow=True).status_code == 200
    assert [is_signed_in(other) for other in others] == [True, True, False]
    assert others[2].get("/conversations/")["Location"].startswith("/account/login/")
    here.post(PAGE, {"end": chosen})
    here.post(PAGE, {"end": "others"})
    assert not any(is_signed_in(other) for other in others)
    assert is_signed_in(here) and names(here) == []
    told = Event.objects.filter(verb=Event.Verb.SIGNED_OUT, actor=teacher.pk)
    assert [event.detail for event in told] == ["from-elsewhere"] * 3


def test_nobody_ends_the_session_of_somebody_else_nor_their_own_here(
    teacher: User, colleague: User
) -> None:
    mine, theirs = browser_of(teacher, FIREFOX), browser_of(colleague, FIREFOX)
    browser_of(colleague, FIREFOX)
    their_name = names(theirs)[0]
    own = places_of(teacher, mine.session.session_key)[0].name
    for wanted in (their_name, theirs.session.session_key, own, "", "a" * 5000, "\x00"):
        assert mine.post(PAGE, {"end": wanted}).status_code == 302
    assert is_signed_in(mine) and names(theirs) == [their_name]


def test_what_is_over_is_not_shown(teacher: User, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = browser_of(teacher, FIREFOX), browser_of(teacher, FIREFOX)
    assert len(names(here)) == 1
    words = "three other words"
    passwords = {"oldpassword": PASSWORD, "password1": words, "password2": words}
    here.post("/account/password/change/", passwords)
    assert names(here) == [], "a new password ended it"
    assert there.get("/conversations/").status_code == 302
    there.post("/account/login/", {"login": teacher.email, "password": words})
    assert len(names(here)) == 1
    later = time.time() + 11 * 60 * 60
    monkeypatch.setattr("accounts.places.time", lambda: later)
    assert names(here) == []


def test_many_sessions_are_one_query(teacher: User, agency: object) -> None:
    here = browser_of(teacher, FIREFOX)
    here.get(PAGE)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            here.get(PAGE)
        return len(asked)

    few = queries()
    for number in range(5):
        signed_in(make_person(f"{number}@school.example", None))
        signed_in(teacher)
    assert queries() == few
