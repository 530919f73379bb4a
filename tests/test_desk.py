"""The queue: what waits, why, and in which order; filters, search and pages."""

import re
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Agency, Membership, User
from accounts.prepared import Prepared
from referrals import desk, desk_pages, review, standing
from referrals.desk_forms import FEW
from referrals.models import Conversation, FollowUp, Review
from tests.people import LEVEL_2, make_person, record, walk_to

BELOW = {"judgement": {"level": "1", "reason": "x"}}
REFUSED = {"agreement": {"agreement": "refused"}}
BORN = ("day", "month", "year")


def named(name: str) -> dict[str, object]:
    return {"child": {"name": name}}


def late(conversation: Conversation) -> None:
    due_at = timezone.now() - timedelta(hours=1)
    FollowUp.objects.create(conversation=conversation, kind="writing", due_at=due_at)
    standing.stand_alone(conversation)


def waiting(lead: User, agency: Agency) -> list[Conversation]:
    standing.settle(agency, timezone.now())
    return desk_pages.rows_of(desk.queue(lead, agency), lead)


def test_the_gravest_comes_first_and_then_the_oldest(
    teachers_browser: Browser, lead: User, agency: Agency
) -> None:
    plain = record(teachers_browser, **named("Aa"))
    later = record(teachers_browser, **named("Bb"))
    refused = record(teachers_browser, **named("Cc"), **REFUSED)
    below = record(teachers_browser, **named("Dd"), **BELOW)
    overdue = record(teachers_browser, **named("Ee"))
    late(overdue)
    # A name alone, without a date of birth, does not make it the same child.
    namesake = record(teachers_browser, **named("aa"))
    # Its call to the council was a year ago, and nothing was written since.
    danger = record(teachers_browser, **named("Ff"), danger={"danger": "yes"})
    rows = waiting(lead, agency)
    assert [row.pk for row in rows][:4] == [danger.pk, overdue.pk, below.pk, refused.pk]
    assert [row.pk for row in rows][4:] == [plain.pk, later.pk, namesake.pk]
    counted = desk.waiting(lead, agency)
    assert (counted["number"], counted["overdue"], counted["in_danger"]) == (7, 2, 1)


def test_very_many_are_told_as_more_than_a_number(
    teachers_browser: Browser,
    leads_browser: Browser,
    lead: User,
    agency: Agency,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("Aa", "Bb", "Cc"):
        record(teachers_browser, **named(name), danger={"danger": "yes"})
    assert "more than" not in leads_browser.get("/desk/").text
    monkeypatch.setattr(desk, "COUNTED", 2)
    monkeypatch.setattr(desk, "WAITING", Prepared(desk._waiting))
    assert desk.waiting(lead, agency) == {"number": 3, "in_danger": 3, "overdue": 3}
    told = re.findall(r"more than (\d+)", leads_browser.get("/desk/").text)
    assert told == ["2", "2", "2"]


def test_the_queue_says_of_each_row_only_what_differs(
    teachers_browser: Browser, leads_browser: Browser
) -> None:
    record(teachers_browser, **named("Aa"))
    record(teachers_browser, **named("Bb"), **BELOW)
    awaiting = Conversation.ReviewState.AWAITING.label
    said = {
        address: leads_browser.get(address).content.decode().split("<tbody>")[1].count(awaiting)
        for address in ("/desk/", "/desk/?status=all")
    }
    # In the queue it is said where there is no other reason to be there.
    assert said == {"/desk/": 1, "/desk/?status=all": 2}


def test_a_child_who_comes_again_is_raised(
    teachers_browser: Browser, lead: User, agency: Agency
) -> None:
    record(teachers_browser)
    record(teachers_browser, **named("Somebody Else"))
    again = record(teachers_browser)
    assert waiting(lead, agency)[0].pk == again.pk
    assert waiting(lead, agency)[0].again == 1


def test_a_signed_off_record_comes_back_only_while_overdue(
    teachers_browser: Browser, lead: User, agency: Agency
) -> None:
    done = record(teachers_browser)
    review.review(
        conversation=done, reviewer=lead, decision=Review.Decision.SIGN_OFF,
        read=review.digest(done),
    )  # fmt: skip
    assert not waiting(lead, agency)
    late(done)
    assert [row.pk for row in waiting(lead, agency)] == [done.pk]


@pytest.mark.parametrize(("minutes", "waits"), [(29, False), (31, True)])
def test_a_danger_draft_that_is_left_waits(
    teachers_browser: Browser, lead: User, agency: Agency, minutes: int, waits: bool
) -> None:
    walk_to(teachers_browser, "concern", danger={"danger": "yes"})
    moment = timezone.now() - timedelta(minutes=minutes)
    Conversation.objects.update(updated_at=moment)
    assert bool(waiting(lead, agency)) is waits


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, True),
        ({"status": "all"}, True),
        ({"status": "awaiting"}, True),
        ({"status": "signed-off"}, False),
        ({"status": "drafts"}, False),
        ({"level": "2"}, True),
        ({"level": "3"}, False),
        ({"area": "none"}, False),
        ({"words": "BREAKFAST running"}, True),
        ({"words": "breakfast dinner"}, False),
        ({"since": "2020-01-01"}, True),
        ({"until": "2020-01-01"}, False),
    ],
)
def test_the_filters(
    teachers_browser: Browser, leads_browser: Browser, asked: dict[str, str], found: bool
) -> None:
    done = record(teachers_browser)
    page = leads_browser.post("/desk/", asked, follow=True).content.decode()
    assert (str(done.token) in page) is found


def test_drafts_are_found_by_what_a_draft_has(
    teachers_browser: Browser, leads_browser: Browser
) -> None:
    token = walk_to(teachers_browser, "concern", danger={"danger": "yes"}).split("/")[2]
    for asked, found in (({}, True), ({"level": "2"}, False), ({"words": "breakfast"}, False)):
        page = leads_browser.post("/desk/", {"status": "drafts", **asked}, follow=True)
        assert (token in page.content.decode()) is found, asked


def test_a_reference_is_found_however_it_is_typed(
    teachers_browser: Browser, leads_browser: Browser
) -> None:
    done = record(teachers_browser)
    for typed in (done.reference, done.reference.lower().replace("-", " ")):
        assert str(done.token) in leads_browser.post("/desk/", {"words": typed}).content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "2026-02-30"},
        {"since": "2026-02-02", "until": "2026-02-01"},
        {"since": "0001-01-01"},
        {"status": "drafts", "until": "9999-12-31"},
        {"status": "burnt"},
        {"level": "9"},
    ],
)
def test_a_filter_that_makes_no_sense_is_told(
    leads_browser: Browser, asked: dict[str, str]
) -> None:
    page = leads_browser.post("/desk/", asked)
    assert page.status_code == 200
    assert "govuk-error-summary" in page.content.decode()


@pytest.mark.parametrize("status", ["to-review", "all"])
def test_pages_show_every_record_once(
    teachers_browser: Browser, leads_browser: Browser, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setattr(desk_pages, "PAGE", 2)
    tokens = {str(record(teachers_browser, **named(f"Child {n}")).token) for n in range(5)}
    url, seen = f"/desk/?status={status}", []
    for _ in range(3):
        page = leads_browser.get(url)
        seen += [str(row.token) for row, _ in page.context["rows"]] if page.context else []
        seen += [] if page.context else [t for t in tokens if t in page.content.decode()]
        body = page.content.decode()
        url = next_page(body)
    assert sorted(seen) == sorted(tokens)
    assert not url


def next_page(body: str) -> str:
    links = [part for part in body.split('href="') if ">Next page<" in part.split("</a>")[0] + "<"]
    return links[0].split('"')[0].replace("&amp;", "&") if links else ""


def test_a_place_that_is_none_is_the_beginning(
    teachers_browser: Browser, leads_browser: Browser
) -> None:
    done = record(teachers_browser)
    begin, end = "0001-01-01T00:00", "9999-12-31T23:59"
    far = (f"0~{moment}{zone}~1" for moment in (begin, end) for zone in ("+23:59", "-23:59"))
    for after in ("x", "1~2~3", "~~", "9" * 400, *far):
        assert str(done.token) in leads_browser.get("/desk/", {"after": after}).content.decode()


def test_the_level_2_of_these_tests_waits_for_no_reason(
    teachers_browser: Browser, lead: User, agency: Agency
) -> None:
    assert LEVEL_2["danger"] == {"danger": "no"}
    record(teachers_browser)
    assert [desk.reasons_of(row) for row in waiting(lead, agency)] == [[]]


def test_the_same_child_is_found_however_the_name_is_typed_and_no_namesake(
    teachers_browser: Browser, lead: User, agency: Agency
) -> None:
    """A missed match hides that worries add up; a wrong one puts another child's beside them."""
    born = {f"born_on_{part}": LEVEL_2["child"][f"born_on_{part}"] for part in BORN}
    for name in ("Zoë  O’Neil-Šimić", "zoe oneil simic"):
        record(teachers_browser, child={"name": name, **born})
    record(teachers_browser, child={"name": "Zoe Oneil Simic", **born, "born_on_day": "4"})
    record(teachers_browser, child={"name": "Zoe Oneil Simic"})
    by_name = [(row.child.name, row.again) for row in waiting(lead, agency)]
    assert [(name, again) for name, again in by_name if again] == [("zoe oneil simic", 1)]
    assert len(by_name) == 4


def test_where_very_many_work_an_author_is_found_by_email_and_no_address_holds_it(
    teachers_browser: Browser,
    leads_browser: Browser,
    teacher: User,
    agency: Agency,
    elsewhere: Agency,
) -> None:
    done = record(teachers_browser)
    asked = {"status": "all", "author": teacher.email.upper()}
    assert "author" in leads_browser.post("/desk/", asked).text
    assert "is not one of the available choices" in leads_browser.post("/desk/", asked).text
    User.objects.bulk_create(
        User(email=f"{number}@many.example", name=f"M {number}") for number in range(FEW)
    )
    many = User.objects.filter(email__endswith="@many.example")
    Membership.objects.bulk_create(Membership(user=user, agency=agency) for user in many)
    found = leads_browser.post("/desk/", asked)
    assert found.status_code == 302
    assert f"author={teacher.pk}" in found.url
    assert "example" not in found.url.lower()
    page = leads_browser.get(found.url).text
    assert done.reference in page
    assert f'value="{teacher.email}"' in page
    assert "@many.example" not in page
    other = f"author={many[0].pk}"
    assert done.reference not in leads_browser.get(f"/desk/?status=all&{other}").text
    # Whoever works elsewhere is nobody here, by email or by key.
    stranger = make_person("stranger@trust.example", elsewhere)
    refused = leads_browser.post("/desk/", {"status": "all", "author": stranger.email})
    assert refused.status_code == 200
    assert "Nobody in this agency has this email address" in refused.text
    assert stranger.email not in leads_browser.get(f"/desk/?author={stranger.pk}").text
    for wrong in ("x", "9" * 30, "²", "a@b"):
        assert leads_browser.get("/desk/", {"author": wrong}).status_code == 200
