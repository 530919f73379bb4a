"""What is sent twice is done once; and of two tabs neither writes over the other unseen.

tests/faults sends the same forms at the same moment.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Invitation, SentForm, User
from referrals import review, services
from referrals.access import OWN
from referrals.kept import Schedule
from referrals.models import Addendum, Answer, Conversation, Escalation, Review
from tests.correcting import HOW, contact, form_of, page_of
from tests.faults.visitor import hidden as hidden_in
from tests.pages import main_part
from tests.people import LEVEL_2, record, signed_in, walk_to
from tests.quick_check import answer, check_to
from thresholds.models import Contact, Edition, Indicator, Link

pytestmark = pytest.mark.django_db

FIRST, SECOND = {"concern": "Said <b>one</b>."}, {"concern": "Said two.\nAnd three."}


def fields(response: HttpResponse) -> dict[str, str]:
    return hidden_in(response.content.decode())


def hidden(client: Client, url: str, *names: str) -> dict[str, str]:
    """Return the hidden fields with these names on a page that is looked at."""
    found = fields(client.get(url))
    return {name: found[name] for name in names}


def saved(url: str) -> object:
    token, step = url.split("/")[2:4]
    return Answer.objects.get(conversation__token=token, step=step).data.get("concern")


# Two tabs


@pytest.fixture
def tabs(teachers_browser: Client) -> tuple[str, dict[str, str], dict[str, str]]:
    """A step that is open in two tabs, and that the first of them has saved."""
    url = walk_to(teachers_browser, "concern")
    first, second = (hidden(teachers_browser, url, "version") for _ in range(2))
    assert teachers_browser.post(url, FIRST | first).status_code == 302
    return url, first, second


def test_the_second_tab_is_shown_both_and_changes_nothing_yet(
    teachers_browser: Client, tabs: tuple[str, dict[str, str], dict[str, str]]
) -> None:
    url, _, second = tabs
    stopped = teachers_browser.post(url, SECOND | second)
    page = main_part(stopped)
    assert stopped.status_code == 409 and saved(url) == FIRST["concern"]
    assert "Said &lt;b&gt;one&lt;/b&gt;." in page and "Said two." in page
    assert f'href="/conversations/{url.split("/")[2]}/"' in page  # keep what is saved
    # And the other choice: mine, over what is saved now.
    again = fields(stopped)
    assert again["concern"] == SECOND["concern"]
    assert teachers_browser.post(url, again).status_code == 302
    assert saved(url) == SECOND["concern"]


def test_what_a_third_tab_saved_meanwhile_is_not_written_over_either(
    teachers_browser: Client, tabs: tuple[str, dict[str, str], dict[str, str]]
) -> None:
    url, _, second = tabs
    again = fields(teachers_browser.post(url, SECOND | second))
    third = hidden(teachers_browser, url, "version")
    teachers_browser.post(url, {"concern": "Said three."} | third)
    assert teachers_browser.post(url, again).status_code == 409
    assert saved(url) == "Said three."


def test_what_was_saved_after_a_conversation_was_read_is_not_written_over(
    teachers_browser: Client, teacher: User
) -> None:
    """The other tab saves between the two: what came with the row no longer stands."""
    url = walk_to(teachers_browser, "concern")
    read = OWN.first(teacher.pk, url.split("/")[2])
    assert read is not None
    assert teachers_browser.post(url, FIRST).status_code == 302
    with pytest.raises(services.Overtaken) as stopped:
        services.save_answer(conversation=read, step="concern", data=SECOND, seen="")
    assert stopped.value.saved["concern"] == saved(url) == FIRST["concern"]


def test_the_same_answer_twice_is_no_conflict(
    teachers_browser: Client, tabs: tuple[str, dict[str, str], dict[str, str]]
) -> None:
    url, first, second = tabs
    for version in (first, second):
        assert teachers_browser.post(url, FIRST | version).status_code == 302


def test_a_page_that_was_sent_back_for_a_mistake_still_knows_what_it_was_shown_with(
    teachers_browser: Client, tabs: tuple[str, dict[str, str], dict[str, str]]
) -> None:
    url, _, second = tabs
    mended = fields(teachers_browser.post(url, {"concern": ""} | second))
    assert teachers_browser.post(url, SECOND | {"version": mended["version"]}).status_code == 409


def test_every_step_that_is_saved_again_from_its_own_page_is_no_conflict(
    teachers_browser: Client,
) -> None:
    """Whatever a step makes of an answer, its version is that of what it saved."""
    url = walk_to(teachers_browser, "check")
    for step in services.walk_of(Conversation.objects.get()).slugs:
        address = url.replace("check", step)
        shown = hidden(teachers_browser, address, "version")
        changed = teachers_browser.post(address, LEVEL_2.get(step, {}) | shown)
        assert changed.status_code == 302, step


def test_two_leads_who_write_one_escalation_do_not_write_over_each_other(
    teachers_browser: Client, leads_browser: Client, lead: User
) -> None:
    done = record(teachers_browser)
    draft = review.escalate(conversation=done, author=lead)
    url = f"/conversations/{done.token}/escalations/{draft.pk}/"
    first, second = (hidden(leads_browser, url, "read") for _ in range(2))
    assert leads_browser.post(url, {"text": "Mine"} | first).status_code == 302
    assert leads_browser.post(url, {"text": "Mine"} | first).status_code == 302
    stopped = leads_browser.post(url, {"text": "Yours"} | second)
    page = main_part(stopped)
    assert stopped.status_code == 409 and "Mine" in page and "Yours" in page
    assert Escalation.objects.get().text == "Mine"
    over = {"text": "Yours", "read": fields(stopped)["read"]}
    assert leads_browser.post(url, over).status_code == 302
    assert Escalation.objects.get().text == "Yours"


# Twice


@dataclass(frozen=True)
class Form:
    """A form that adds something: its page, its address, what is sent, and how many there are."""

    page: str
    address: str
    sent: dict[str, object]
    count: Callable[[], int]
    names: tuple[str, ...] = ("once",)


def forms(done: Conversation) -> dict[str, tuple[str, Form]]:
    """Return each such form by what it adds, with who sends it."""
    record_at = f"/conversations/{done.token}/"
    keeping, link = reverse("keeping"), reverse("editor_link_add")
    return {
        "draft": ("author", Form(
            "/conversations/new/", "/conversations/new/", {"place": "derby"},
            Conversation.objects.drafts().count,
        )),
        "addendum": ("author", Form(
            f"{record_at}add/", f"{record_at}add/", {"text": "Rang again"}, Addendum.objects.count
        )),
        "review": ("lead", Form(
            f"{record_at}summary/", f"{record_at}review/", {"decision": "ask", "text": "Why?"},
            Review.objects.count, ("once", "read"),
        )),
        "escalation": ("lead", Form(
            f"{record_at}summary/", f"{record_at}escalations/", {}, Escalation.objects.count
        )),
        "invitation": ("lead", Form(
            "/people/invite/", "/people/invite/",
            {"email": "new@school.example", "role": "practitioner"}, Invitation.objects.count,
        )),
        "schedule": ("lead", Form(
            keeping, keeping,
            {"act": "schedule", "draft_months": 12, "referral_years": 75, "other_years": 25,
             "referral_from": "birth", "other_from": "birth"}, Schedule.objects.count,
        )),
        "link": ("editor", Form(
            link, link,
            {"name": "A tool", "kind": "tool", "url": "https://example.org/", "section": "1",
             "areas": [done.area_id], "source": "A letter", "owner": "Somebody", **HOW},
            Link.objects.count,
        )),
    }  # fmt: skip


def test_each_form_that_is_sent_twice_is_done_once(
    teachers_browser: Client, leads_browser: Client, edies: Client
) -> None:
    done = record(teachers_browser)
    browsers = {"author": teachers_browser, "lead": leads_browser, "editor": edies}
    for what, (who, form) in forms(done).items():
        browser, before = browsers[who], form.count()
        keys = hidden(browser, form.page, *form.names)
        first, second = (browser.post(form.address, form.sent | keys) for _ in range(2))
        assert first.status_code == second.status_code == 302, what
        assert first.url == second.url, what
        assert form.count() == before + 1, what
        # Another page asks for another one, word for word the same.
        keys = hidden(browser, form.page, *form.names)
        assert browser.post(form.address, form.sent | keys).status_code == 302, what
        assert form.count() == before + 2, what


def test_the_second_click_is_not_told_that_there_is_one_like_it(
    edies: Client, draft: Edition
) -> None:
    """Of contacts and indicators a second one, alike, would be refused."""
    Contact.objects.filter(area__slug="derby", purpose="out_of_hours").delete()
    beside = Indicator.objects.filter(edition=draft).last()
    sent: dict[str, dict[str, object]] = {
        reverse("editor_contact_add"): form_of(
            edies, page_of(contact()), purpose="out_of_hours", phone_again=contact().phone
        ),
        reverse("edition_sign_add", args=[draft.slug]): {
            "text": "Keeps bees", "section": "3", "level": beside.level_id,
            "domain": beside.domain_id,
        },
    }  # fmt: skip
    for address, form in sent.items():
        key = hidden(edies, address, "once")
        first, second = (edies.post(address, form | key) for _ in range(2))
        assert first.status_code == second.status_code == 302, address
        assert first.url == second.url, address


def test_a_quick_check_that_is_carried_on_twice_begins_one_conversation(
    teachers_browser: Client,
) -> None:
    answer(teachers_browser, check_to(teachers_browser, "next-steps"), carry="yes")
    cookie = teachers_browser.cookies["quick_check"].value
    key = hidden(teachers_browser, "/quick-check/carry-on/", "once")
    led_to = set()
    for _ in range(2):  # the answer to the first was lost, and with it the order to drop the cookie
        teachers_browser.cookies["quick_check"] = cookie
        led_to.add(teachers_browser.post("/quick-check/carry-on/", key).url)
    assert len(led_to) == 1 and Conversation.objects.count() == 1


def test_a_key_of_somebody_else_stops_nobody(teachers_browser: Client, colleague: User) -> None:
    key = hidden(teachers_browser, "/conversations/new/", "once")
    for browser in (teachers_browser, signed_in(colleague)):
        led_to = browser.post("/conversations/new/", {"place": "derby"} | key).url
        assert browser.get(led_to).status_code == 200
    assert Conversation.objects.count() == 2


def test_a_form_that_was_refused_can_be_sent_again_with_its_key(
    leads_browser: Client, teacher: User
) -> None:
    key = hidden(leads_browser, "/people/invite/", "once")
    refused = leads_browser.post(
        "/people/invite/", {"email": teacher.email, "role": "practitioner"} | key
    )
    assert refused.status_code == 200 and not SentForm.objects.exists()
    invited = leads_browser.post(
        "/people/invite/", {"email": "new@school.example", "role": "practitioner"} | key
    )
    assert invited.status_code == 302 and Invitation.objects.count() == 1


def test_what_is_kept_of_a_sent_form_names_nobody(teachers_browser: Client) -> None:
    key = hidden(teachers_browser, "/conversations/new/", "once")
    teachers_browser.post("/conversations/new/", {"place": "derby"} | key)
    sent = SentForm.objects.get()
    assert re.fullmatch(r"/conversations/[0-9a-f-]{36}/danger/", sent.led_to)
