"""Who may see a conversation, and who may begin one: no browser and no address tells of it."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import Agency, Membership, User
from referrals.models import Conversation
from tests.people import make_person, record, signed_in

Browser = Client
NOBODYS = "00000000-0000-4000-8000-000000000000"


def without_token(response: HttpResponse) -> str:
    """Return a page without the security token that makes every page different."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())


def personal_urls(conversation: Conversation) -> list[str]:
    base = f"/conversations/{conversation.token}/"
    return [base, *(base + page for page in ("check/", "summary/", "summary.pdf", "concern/"))]


@pytest.mark.parametrize("who", ["colleague", "other agency", "editor", "left"])
def test_another_persons_conversation_is_not_found_like_a_missing_one(
    teachers_browser: Browser, teacher: User, agency: Agency, who: str
) -> None:
    done = record(teachers_browser)
    other = Agency.objects.create(name="Another School")
    stranger = {
        "colleague": lambda: make_person("c@school.example", agency),
        "other agency": lambda: make_person("o@other.example", other),
        "editor": lambda: make_person("e@guidance.example", None),
        "left": lambda: teacher,
    }[who]()
    if who == "left":
        Membership.objects.filter(user=teacher).delete()
    browser = signed_in(stranger)
    for ask in (browser.get, browser.post):
        for url in personal_urls(done):
            response, missing = (
                ask(address, {"concern": "x"})
                for address in (url, url.replace(str(done.token), NOBODYS))
            )
            assert response.status_code == missing.status_code in (404, 405)
            assert without_token(response) == without_token(missing)
    assert str(done.token) not in browser.get("/conversations/").content.decode()


def test_nobody_sees_a_conversation_without_signing_in(teachers_browser: Browser) -> None:
    done = record(teachers_browser)
    for url in personal_urls(done):
        response = Client().get(url)
        assert response.status_code == 302
        assert response.url.startswith("/account/login/")


def test_a_person_without_an_agency_cannot_start_one(db: None) -> None:
    browser = signed_in(make_person("editor@guidance.example", None))
    assert browser.get("/conversations/new/").status_code == 403


def test_a_reader_cannot_start_one(agency: Agency) -> None:
    reader = make_person("reader@school.example", agency, Membership.Role.READER)
    assert signed_in(reader).get("/conversations/new/").status_code == 403


def test_a_person_of_two_agencies_says_which(teachers_browser: Browser, teacher: User) -> None:
    second = Agency.objects.create(name="Youth Club", kind=Agency.Kind.VOLUNTARY)
    Membership.objects.create(user=teacher, agency=second)
    assert b'name="place"' not in teachers_browser.get("/conversations/new/").content
    teachers_browser.post(f"/conversations/new/?agency={second.pk}", {"place": "derby"})
    assert Conversation.objects.get().agency == second


def test_personal_pages_are_kept_by_no_browser(teachers_browser: Browser) -> None:
    done = record(teachers_browser)
    for url in ["/conversations/", *personal_urls(done)]:
        assert "no-store" in teachers_browser.get(url)["Cache-Control"]


def test_nothing_about_the_child_is_in_an_address_a_title_or_a_file_name(
    teachers_browser: Browser,
) -> None:
    done = record(teachers_browser)
    for url in personal_urls(done):
        page = teachers_browser.get(url, follow=True)
        assert "Amina" not in url
        assert "Amina" not in page.get("Content-Disposition", "")
        if page["Content-Type"].startswith("text/html"):
            title = page.content.decode().split("<title>")[1].split("</title>")[0]
            assert "Amina" not in title
