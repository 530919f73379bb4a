"""What goes wrong at a desk: a clear page comes, and nothing that was typed is lost."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.browser.audit import Auditor, Findings
from tests.browser.cases import CHILD, CONCERN, LATE, LEVEL_2
from tests.browser.person import ERRORS, Person, drafts, squash
from tests.browser.portal import EDITOR, STRANGER

pytestmark = pytest.mark.browser

Arrive = Callable[..., Person]
ANSWERS = LEVEL_2.answers
BANNER = "main .govuk-notification-banner"


def records(person: Person) -> set[str]:
    """Return the addresses of the summaries that a person can open."""
    person.open("/conversations/")
    links = person.page.locator('main a[href$="/summary/"]').all()
    return {str(link.get_attribute("href")) for link in links}


def check_errors(person: Person, fields: set[str]) -> None:
    """The summary is first, links to the fields at fault, and each link leads there."""
    assert person.page.locator(".govuk-error-summary").is_visible()
    links = person.page.locator(ERRORS)
    named = set()
    for link in links.all():
        target = person.page.locator(str(link.get_attribute("href")))
        assert target.count() == 1, f"{link.inner_text()} leads nowhere"
        inside = target.locator("xpath=descendant-or-self::*[@name]").first
        named.add(inside.get_attribute("name"))
    assert named == fields
    links.first.click()
    focused = person.page.locator(":focus")
    assert focused.count() == 1, "the link does not move the focus"


def audit(person: Person, auditor: Auditor, name: str) -> None:
    findings = Findings()
    here = person.seen()
    auditor.look(name, here.url, here.html, person.policy, findings)
    findings.check()


# An empty or a wrong step


def test_an_empty_first_page_is_told_and_starts_nothing(person: Person, auditor: Auditor) -> None:
    before = drafts(person)
    person.open("/conversations/new/")
    person.go_on()
    check_errors(person, {"place"})
    audit(person, auditor, "no place")
    assert drafts(person) == before


@pytest.mark.parametrize("slug", ["danger", "child", "call", "concern", "signs", "judgement"])
def test_an_empty_step_is_told_and_kept_open(person: Person, auditor: Auditor, slug: str) -> None:
    person.hurry(ANSWERS, until=slug)
    person.go_on()
    fields = {
        "child": {"name"},
        "call": {"made"},
        "signs": {"codes"},
        "judgement": {"level", "reason"},
    }
    check_errors(person, fields.get(slug, {slug}))
    assert person.slug == slug
    audit(person, auditor, f"{slug}, empty")
    # Nothing is in the way: the same page answered well goes on.
    person.answer_step(ANSWERS)
    person.go_on()
    assert person.slug != slug


def test_what_was_answered_beside_an_error_stays(person: Person, auditor: Auditor) -> None:
    person.hurry(ANSWERS, until="in-place")
    person.answer("services_now", "School nurse since spring")
    person.answer("assessment", "yes")
    person.answer("advice", "Write it down today")
    person.go_on()
    check_errors(person, {"plan_tried", "sudden_escalation", "discussed"})
    assert person.field("services_now").input_value() == "School nurse since spring"
    assert person.field("advice").input_value() == "Write it down today"
    assert person.is_ticked("assessment", "yes")
    audit(person, auditor, "in-place, half answered")


def test_a_date_that_cannot_be_is_told_and_stays(person: Person, auditor: Auditor) -> None:
    person.hurry(ANSWERS, until="child")
    person.answer("name", str(CHILD["name"]))
    for part, typed in (("day", "31"), ("month", "2"), ("year", "2017")):
        person.answer(f"born_on_{part}", typed)
    person.go_on()
    check_errors(person, {"born_on_day"})
    assert person.field("name").input_value() == CHILD["name"]
    assert person.field("born_on_day").input_value() == "31"
    audit(person, auditor, "child, impossible date")


def test_a_call_without_its_time_is_told(person: Person) -> None:
    person.hurry(ANSWERS, until="call")
    person.answer("made", "yes")
    person.answer("said", "They asked for a written referral.")
    person.go_on()
    check_errors(person, {"to_whom", "on_day", "at"})
    assert person.field("said").input_value() == "They asked for a written referral."
    assert person.is_ticked("made", "yes")


# Codes that do not exist


@pytest.mark.parametrize(
    ("slug", "fields"),
    [
        ("danger", {"danger": "perhaps"}),
        ("judgement", {"level": "9", "reason": "It is worse than the worst."}),
        ("evidence", {"seen_by_dd034": "a crystal ball", "note_dd034": "Three mornings"}),
        ("agreement", {"agreement": "dunno"}),
        ("area", {"place": "atlantis"}),
    ],
)
def test_an_unknown_choice_is_refused_and_the_rest_stays(
    person: Person, slug: str, fields: dict[str, str]
) -> None:
    person.hurry(ANSWERS, until=slug if slug != "area" else "danger")
    response = person.post(f"{person.conversation}{slug}/", fields)
    assert response.status == 200
    assert "govuk-error-summary" in response.text()
    for text in fields.values():
        if " " in text and text != "a crystal ball":
            assert text in response.text()
    # It was not saved.
    person.open(person.conversation)
    assert person.slug == (slug if slug != "area" else "danger")


def test_an_unknown_sign_is_refused_and_the_known_one_stays_ticked(person: Person) -> None:
    person.hurry(ANSWERS, until="signs")
    response = person.post(
        f"{person.conversation}signs/", {"codes": ["dd034", "dd999"], "unknown_domains": "health"}
    )
    assert response.status == 200
    html = response.text()
    assert "govuk-error-summary" in html
    assert re.search(r'<input[^>]*value="dd034"[^>]* checked', html)
    assert re.search(r'<input[^>]*value="health"[^>]* checked', html)
    person.step("signs")
    assert not person.is_ticked("codes", "dd034")


def test_a_post_without_its_token_is_refused(person: Person) -> None:
    person.hurry(ANSWERS, until="danger")
    response = person.post(
        f"{person.conversation}danger/", {"danger": "no", "csrfmiddlewaretoken": "x" * 64}
    )
    assert response.status == 403
    person.open(person.conversation)
    assert person.slug == "danger"


# Steps out of order


@pytest.mark.parametrize("slug", ["judgement", "check"])
def test_a_later_page_leads_to_the_first_open_one_and_says_why(
    person: Person, auditor: Auditor, slug: str
) -> None:
    person.hurry(ANSWERS, until="child")
    person.step(slug)
    assert person.slug == "child"
    assert person.page.locator(BANNER).inner_text().strip()
    audit(person, auditor, f"sent back from {slug}")
    person.step("child")
    assert not person.page.locator(BANNER).count(), "it is said once"


def test_a_page_that_does_not_apply_leads_to_the_first_open_one(person: Person) -> None:
    person.hurry(ANSWERS, until="child")
    person.step("call-now")
    assert person.slug == "child"


@pytest.mark.parametrize("path", ["nothing/", "check/nothing/"])
def test_a_page_that_does_not_exist_is_not_found(person: Person, path: str) -> None:
    person.hurry(ANSWERS, until="danger")
    assert person.open(person.conversation + path).status == 404


def test_an_answer_posted_out_of_order_is_kept(person: Person) -> None:
    person.hurry(ANSWERS, until="child")
    concern = str(CONCERN["concern"])
    response = person.post(f"{person.conversation}concern/", {"concern": concern})
    assert response.status == 302
    assert response.headers["location"] == f"{person.conversation}child/"
    person.open(person.conversation)
    passed = [page.slug for page in person.walk(ANSWERS, until="questions")]
    assert passed == ["child", "call", "questions"]
    person.step("concern")
    assert person.field("concern").input_value() == concern


def test_recording_before_the_end_is_refused_and_says_where_to_go(person: Person) -> None:
    person.hurry(ANSWERS, until="child")
    response = person.post(f"{person.conversation}check/", {})
    assert response.status == 302
    assert response.headers["location"] == f"{person.conversation}child/"
    person.open(f"{person.conversation}summary/")
    assert person.slug == "child"
    assert person.page.locator(BANNER).count()


# Another person's conversation


@pytest.mark.parametrize("email", [STRANGER, EDITOR])
def test_another_persons_conversation_looks_like_none_at_all(arrive: Arrive, email: str) -> None:
    owner = arrive()
    owner.hurry(ANSWERS)
    draft = owner.conversation

    other = arrive(email=email)
    nobodys = f"/conversations/{uuid4()}/"
    for page in ("", "child/", "concern/", "check/", "summary/", "summary.pdf"):
        refused = other.context.request.get(other.portal + draft + page)
        missing = other.context.request.get(other.portal + nobodys + page)
        assert refused.status == missing.status == 404
        assert without_tokens(refused.text(), draft) == without_tokens(missing.text(), nobodys)
        assert str(CHILD["name"]) not in refused.text()
    other.open("/contacts/")
    for page, fields in (("concern/", {"concern": "Nothing at all"}), ("check/", {})):
        assert other.post(draft + page, fields).status == 404
    assert draft not in drafts(other)

    owner.step("concern")
    assert owner.field("concern").input_value() == CONCERN["concern"]


def without_tokens(html: str, path: str) -> str:
    """Leave out what differs between any two answers: the address and the form's token."""
    html = html.replace(path, "").replace(path.split("/")[2], "")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html)


def test_the_not_found_page_of_a_signed_in_person_is_sound(
    person: Person, auditor: Auditor
) -> None:
    assert person.open(f"/conversations/{uuid4()}/").status == 404
    audit(person, auditor, "another person's conversation")


def test_an_editor_records_no_conversations(arrive: Arrive, auditor: Auditor) -> None:
    editor = arrive(email=EDITOR)
    assert editor.open("/conversations/new/").status == 403
    audit(editor, auditor, "not a practitioner")


# The last page, twice


def test_the_last_page_submitted_twice_makes_one_record(arrive: Arrive) -> None:
    """Two windows stand on the last page, and both submit it."""
    first, second = arrive(), arrive()
    before = records(first)
    first.hurry(ANSWERS)
    second.open(f"{first.conversation}check/")
    first.record()
    reference = first.read_pdf().filename.removesuffix(".pdf")
    second.record()
    assert second.conversation == first.conversation
    assert reference in second.page.locator("main h1").inner_text()
    assert second.read_pdf().filename == f"{reference}.pdf"
    assert records(second) - before == {f"{first.conversation}summary/"}
    assert second.page.locator("main a", has_text=reference).count() == 1


def test_the_last_page_of_a_record_leads_to_its_summary(person: Person) -> None:
    person.hurry(ANSWERS)
    person.record()
    person.open(f"{person.conversation}check/")
    assert person.slug == "summary"


def test_typing_into_a_record_gives_back_what_was_typed(arrive: Arrive, auditor: Auditor) -> None:
    first, second = arrive(), arrive()
    first.hurry(ANSWERS)
    second.open(f"{first.conversation}concern/")
    recorded = first.record()
    second.answer("concern", LATE)
    assert second.go_on().status == 409
    assert LATE in second.page.locator("main").inner_text()
    assert second.page.locator(f'main a[href="{first.conversation}summary/"]').is_visible()
    audit(second, auditor, "already recorded")
    again = first.open(f"{first.conversation}summary/")
    assert again.ok
    assert squash(LATE) not in first.seen().text
    assert squash(str(CONCERN["concern"])) in recorded.text
    assert squash(str(CONCERN["concern"])) in first.seen().text
