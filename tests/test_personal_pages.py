"""What every page about a child has in common, and what the front page offers to whom."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Agency, Membership, User
from referrals.models import Conversation, FollowUp
from tests.pages import main_of, text_of, words
from tests.people import LEVEL_2, make_person, record, signed_in, walk_to

FORM = re.compile(r"<form([^>]*)>(.*?)</form>", re.DOTALL)
TYPED = re.compile(r'<textarea(?![^>]*readonly)|<input[^>]*type="(?:text|search)"')
WHO_MAY_READ_IT = "anybody who asked not to be named"


def steps_of(url: str) -> list[str]:
    """The addresses of all steps that the conversation at `url` asks."""
    return [url.replace("check", step) for step in LEVEL_2 if step not in ("call-now", "family")]


def addresses_of(done: Conversation) -> list[str]:
    base = f"/conversations/{done.token}/"
    pages = ("summary/", "add/", "keep-from/", "follow-up/", "follow-up/answer/")
    return ["/conversations/", *(base + page for page in pages)]


def test_every_page_about_a_child_can_be_left_at_once_and_is_remembered_by_no_browser(
    teachers_browser: Client, leads_browser: Client
) -> None:
    """A browser offers again what was typed into a field, to whoever sits there next."""
    draft = steps_of(walk_to(teachers_browser, "check"))
    done = record(teachers_browser)
    seen = [(teachers_browser, address) for address in draft + addresses_of(done)]
    seen += [(leads_browser, address) for address in ("/desk/", *addresses_of(done)[1:])]
    typed = 0
    for browser, address in seen:
        html = browser.get(address).content.decode()
        assert "govuk-exit-this-page" in html, address
        for attributes, fields in FORM.findall(html):
            if TYPED.search(fields) and 'role="search"' not in attributes:
                assert 'autocomplete="off"' in attributes, address
                typed += 1
    assert typed > 10


def test_whoever_writes_is_told_who_may_read_it(teachers_browser: Client) -> None:
    url = walk_to(teachers_browser, "judgement")
    for step in ("concern", "evidence"):
        assert WHO_MAY_READ_IT in words(teachers_browser, url.replace("judgement", step)), step


def test_an_author_whose_only_lead_it_is_about_is_told_that_nobody_can_review_it(
    teachers_browser: Client, lead: User, agency: Agency
) -> None:
    child = LEVEL_2["child"] | {"kept_from": [str(lead.pk)]}
    address = f"/conversations/{record(teachers_browser, child=child).token}/summary/"
    warning = "govuk-warning-text"
    assert warning in main_of(teachers_browser, address)
    make_person("second@school.example", agency, Membership.Role.LEAD)
    assert warning not in main_of(teachers_browser, address)


def test_what_is_due_heads_the_record_until_it_is_done(teachers_browser: Client) -> None:
    done = record(teachers_browser, danger={"danger": "yes"})
    address = f"/conversations/{done.token}/summary/"
    first = text_of(main_of(teachers_browser, address).split('id="request"')[0])
    assert "Write to the council" in first and "late" in first
    FollowUp.objects.update(done_at=timezone.now())
    first = text_of(main_of(teachers_browser, address).split('id="request"')[0])
    assert "Write to the council" not in first


def test_a_lead_can_tell_namesakes_apart_by_their_dates_of_birth(
    teachers_browser: Client, leads_browser: Client
) -> None:
    done = record(teachers_browser)
    namesake = record(teachers_browser, child=LEVEL_2["child"] | {"born_on_year": "2019"})
    unknown = record(teachers_browser, child={"name": LEVEL_2["child"]["name"]})
    desk = words(leads_browser, "/desk/")
    assert "born 3 April 2017" in desk and "born 3 April 2019" in desk
    below = main_of(leads_browser, f"/conversations/{done.token}/summary/").split('id="earlier"')[1]
    assert unknown.reference in below and namesake.reference not in below


def test_in_danger_nobody_is_asked_what_danger_has_settled(teachers_browser: Client) -> None:
    harm = "reasonable cause to suspect that"
    asked = {}
    for danger in ("yes", "no"):
        signs = {"codes": ["dd157"]}
        url = walk_to(teachers_browser, "reading", danger={"danger": danger}, signs=signs)
        asked[danger] = harm in words(teachers_browser, url)
    assert asked == {"yes": False, "no": True}


@pytest.mark.parametrize(
    ("who", "leads_to", "not_to"),
    [
        ("nobody", "/conversations/new/", "/editors/"),
        ("practitioner", "/conversations/new/", "/editors/"),
        ("lead", "/conversations/new/", "/editors/"),
        ("reader", "/desk/numbers/", "/conversations/"),
        ("editor", "/editors/", "/conversations/"),
    ],
)
def test_the_front_page_offers_what_a_person_may_do(
    client: Client, agency: Agency, edies: Client, who: str, leads_to: str, not_to: str
) -> None:
    roles = {role.value for role in Membership.Role}
    browser = signed_in(make_person("p@school.example", agency, who)) if who in roles else client
    browser = edies if who == "editor" else browser
    links = re.findall(r'href="([^"]+)"', main_of(browser, "/"))
    assert leads_to in links
    assert not [link for link in links if link.startswith(not_to)]
    assert browser.get(leads_to).status_code == (302 if who == "nobody" else 200)
