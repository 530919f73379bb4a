"""How many queries each page takes: no more than the table says, and no more for more rows.

A route that is not in the table fails. A page's queries are counted at its second visit, when
what a process keeps in memory is there.
"""

from datetime import timedelta
from types import SimpleNamespace as World

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Invitation, Membership, User
from referrals import review, standing
from referrals.models import (
    Addendum,
    Answer,
    Child,
    Conversation,
    CouncilAnswer,
    Escalation,
    FollowUp,
    Review,
)
from tests.access import PERSONAS, POLICIES, Policy, address, is_recorded, make_world
from tests.editors import make_draft
from tests.faults.visitor import hidden
from tests.many import fill
from tests.people import walk_to
from thresholds.models import Area, Contact, Link

# What begins and ends a transaction is no query.
FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "SET ")
MORE = 12
# Pages of a draft; all others are measured in the world of a record.
OF_DRAFT = {"conversation", "conversation_step", "conversation_check"}

# Queries -> the pages that take so many, at most.
LIMITS: dict[int, str] = {
    1: "health",
    2: "edition_schema",
    3: (
        "conversation_escalate conversation_review edition_compare_pdf edition_preview "
        "invitation_accept invitation_send_again invitation_withdraw preview_stop "
    ),
    4: "accessibility conversation_check cookies edition_import front privacy",
    5: (
        "conversation_add conversation_review_day edition_compare edition_indicators "
        "edition_page editor_contact_add editor_contacts editor_link_add people_invite "
        "person_restore person_role person_suspend quick_check_carry_on "
    ),
    6: (
        "contacts conversation_council_answer conversation_council_call conversation_keep_from "
        "edition_confirm edition_discard edition_pages edition_propose "
        "edition_replay edition_withdraw editor_links records_csv "
    ),
    7: (
        "conversation conversation_follow_up_done conversation_step domain domains edition_approve "
        "editor_contact_confirm editor_contact_retire find glossary grid indicator ladder "
        "ladders level levels questions services "
    ),
    8: (
        "conversation_escalation conversation_hold conversation_new "
        "edition_signs editor_contact editor_link_confirm editor_link_retire guidance_page "
    ),
    9: "area_guidance area_page edition_roll_back editor_link people ready",
    10: "conversation_list conversation_pdf guidance",
    11: "conversation_follow_up edition_indicators_csv edition_json edition_sign_add keeping",
    12: "editors_home quick_check",
    14: "edition_sign",
    15: "numbers numbers_csv",
    19: "desk",
    20: "edition_sign_retire",
    21: "desk_edition edition_draft",
    22: "conversation_subject_access",
    23: "edition",
    27: "conversation_summary",
}
MOST = {name: most for most, names in LIMITS.items() for name in names.split()}


@pytest.fixture(autouse=True)
def session_stays_as_it_is(settings: Settings) -> None:
    """Write down when somebody was seen at no request: it would be a query, now and then."""
    settings.IDLE_WRITE_SECONDS = 10**10


def test_every_page_has_its_most() -> None:
    assert MOST.keys() == {name for name, policy in POLICIES.items() if "GET" in policy.methods}


def test_no_page_asks_more_than_its_most_nor_more_for_more_rows(db: None) -> None:
    problems = []
    for state in ("draft", "recorded"):
        with transaction.atomic():
            world = make_world(state)
            grow(world, 1)
            few = counts(world)
            grow(world, MORE)
            many = counts(world)
            transaction.set_rollback(True)
        problems += [
            f"{name}: {few[name]}, of {MOST[name]}" for name in few if few[name] > MOST[name]
        ]
        problems += [
            f"{name}: {few[name]} grew to {many[name]}" for name in few if many[name] > few[name]
        ]
    assert not problems, "\n".join(problems)


def counts(world: World) -> dict[str, int]:
    """Return the queries of every page, asked for by the first persona who may see it."""
    pages = [
        # Some addresses are of what is made for them.
        (name, policy, address(name, policy, world))
        for name, policy in POLICIES.items()
        if "GET" in policy.methods and (name in OF_DRAFT) is not is_recorded(world.state)
    ]
    return {name: queries(world, name, policy, url) for name, policy, url in pages}


def queries(world: World, name: str, policy: Policy, url: str) -> int:
    may = [who for who in PERSONAS if policy.may(who, world.state)]
    # A lead's page says more than a practitioner's.
    who = "lead" if "lead" in may and name != "conversation_list" else (may or PERSONAS)[0]
    browser = world.browsers[who]
    with transaction.atomic():
        browser.get(url)
        with CaptureQueriesContext(connection) as asked:
            browser.get(url)
        transaction.set_rollback(True)
    return sum(not query["sql"].upper().startswith(FRAME) for query in asked.captured_queries)


def grow(world: World, number: int) -> None:
    """Give every list so many rows more."""
    school, now = world.conversation.agency, timezone.now()
    author, lead = world.everybody["author"], world.everybody["lead"]
    made = fill(school, author, now - timedelta(days=300), now, number, seed=number)
    Child.objects.bulk_create(Child(conversation=one, name="Amina Example") for one in made)
    standing.stand(Conversation.objects.filter(agency=school))
    people = User.objects.bulk_create(
        User(email=f"more-{number}-{n}@people.example", name=f"More {n}") for n in range(number)
    )
    Membership.objects.bulk_create(Membership(user=user, agency=school) for user in people)
    Invitation.objects.bulk_create(
        Invitation(
            agency=school, email=f"{number}-{n}@people.example", role="reader", invited_by=lead,
            digest=f"{number}-{n}",
        )
        for n in range(number)
    )  # fmt: skip
    drafts = Conversation.objects.bulk_create(
        Conversation(agency=school, author=author, edition=one.edition, place="unknown")
        for one in made
    )
    Answer.objects.bulk_create(
        Answer(conversation=draft, step="child", data={"name": "Amina"}) for draft in drafts
    )
    if is_recorded(world.state):
        _grow_record(world.conversation, people)
        _grow_guidance(number, world.everybody["editor"])


def _grow_record(conversation: Conversation, people: list[User]) -> None:
    """Add much to one record, by many people."""
    now, own = timezone.now(), {"conversation": conversation}
    for person in people:
        Addendum.objects.create(**own, author=person, text="More.")
        Escalation.objects.create(**own, author=person, text="More.")
        CouncilAnswer.objects.create(
            **own, noted_by=person, answer="accepted", answered_on=now.date()
        )
        FollowUp.objects.create(**own, kind="plan", due_at=now, done_at=now, done_by=person)
        FollowUp.objects.create(**own, kind="plan", due_at=now)
        review.review(
            conversation=conversation, reviewer=person, decision=Review.Decision.AGREE,
            read=review.digest(conversation),
        )  # fmt: skip
    conversation.kept_from.add(*people)


def _grow_guidance(number: int, editor: User) -> None:
    """More lines and addresses that are out of date, and a draft."""
    area, past = Area.objects.get(slug="derby"), timezone.localdate() - timedelta(days=9)
    dated = {"source": "Somewhere", "owner": "Somebody", "review_by": past}
    Contact.objects.bulk_create(
        Contact(area=area, purpose="advice", name=f"{number} {n}", phone=f"0133{n:07}", **dated)
        for n in range(number)
    )
    links = Link.objects.bulk_create(
        Link(slug=f"more-{number}-{n}", name=f"More {n}", url=f"https://{n}.example", **dated)
        for n in range(number)
    )
    for link in links:
        link.areas.add(area)
    make_draft(editor, f"next-{number}")


def test_saving_a_step_takes_six_queries(teachers_browser: Client) -> None:
    """On SQLite one more: the end of the chain is moved and the event written by two."""
    url = walk_to(teachers_browser, "concern")
    version = hidden(teachers_browser.get(url).content.decode())["version"]
    with CaptureQueriesContext(connection) as asked:
        saved = teachers_browser.post(url, {"concern": "Often hungry.", "version": version})
    assert saved.status_code == 302
    found = [one["sql"] for one in asked if not one["sql"].upper().startswith(FRAME)]
    assert len(found) <= (6 if connection.vendor == "postgresql" else 7), "\n".join(found)
