"""Erasing: nothing is left, the ledger knows, and a restored backup is brought up to date."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.test import Client as Browser
from django.utils import timezone

from accounts.events import faults
from accounts.models import Agency, Event, Membership, User
from portal.manifest import rows
from referrals import desk, erasure, follow_up, holding, ledger, review
from referrals.kept import Erasure, Hold
from referrals.models import Answer, Child, Conversation, Frozen, Review
from tests.dumping import dumped
from tests.people import LEVEL_2, record, walk_to

pytestmark = pytest.mark.usefixtures("ledger_file")

Reason = Erasure.Reason
CANARIES = ("Zqxcanary", "Vlkcanary", "Hbrcanary", "Wjpcanary")
# What stays of an erased conversation, and what has nothing to do with it.
STAYS = {"accounts_event", "accounts_chain", "referrals_erasure", "django_session"}


def counts() -> dict[str, int]:
    return {table: count for table, count in rows().items() if table not in STAYS}


def whole_story(browser: Browser, lead: User) -> Conversation:
    """Record a conversation, and have everything happen to it that can."""
    name, concern, note, said = CANARIES
    done = record(
        browser,
        child=LEVEL_2["child"] | {"name": name, "siblings": f"Tom {name}"},
        concern={"concern": f"He said {concern}."},
        evidence={"note_dd034": note},
        call=LEVEL_2["call"] | {"said": said},
        danger={"danger": "yes"},
        judgement={"level": "1", "reason": concern},
    )
    author = done.author
    review.add(conversation=done, author=author, text=f"Also {note}")
    review.review(
        conversation=done, reviewer=lead, decision=Review.Decision.ASK, text=said,
        read=review.digest(done),
    )  # fmt: skip
    review.escalate(conversation=done, author=lead)
    follow_up.note_answer(
        conversation=done, by=author, answer="accepted", note=note,
        answered_on=timezone.localdate(),
    )  # fmt: skip
    follow_up.set_review(conversation=done, on=timezone.localdate(), by=author)
    holding.hold(conversation=done, reason=f"A court asks for {name}", by=lead)
    holding.lift(conversation=done, by=lead)
    other = done.agency.members.exclude(pk__in=[author.pk, lead.pk]).first()
    review.keep_from(conversation=done, people=[other] if other else [], by=lead)
    return done


def test_nothing_of_an_erased_conversation_is_left(
    teachers_browser: Browser, lead: User, colleague: User, ledger_file: Path
) -> None:
    before = counts()
    done = whole_story(teachers_browser, lead)
    teachers_browser.get(f"/conversations/{done.token}/summary/")
    parts = {table for table, number in counts().items() if number != before[table]}
    # The story touches every table that belongs to a conversation.
    assert parts >= {
        relation.related_model._meta.db_table for relation in Conversation._meta.related_objects
    } | {Conversation.kept_from.through._meta.db_table}

    erasure.erase(conversation=done, by=lead, reason=Reason.RIGHT)
    erasure.forget_visits([str(done.token)])

    assert counts() == before
    dump = "\n".join(value for _, value in dumped()) + ledger_file.read_text()
    assert not [word for word in CANARIES if word.casefold() in dump.casefold()]
    assert not list(faults())
    assert Event.objects.filter(subject=done.subject, verb="began").exists()
    last = Event.objects.filter(subject=done.subject).latest("number")
    assert (last.verb, last.detail, last.actor) == ("erased", "right-to-erasure", lead.pk)
    row = Erasure.objects.get()
    assert (row.token, row.reference, row.by) == (done.token, done.reference, lead.pk)
    assert [line.token for line in ledger.read(ledger_file)] == [str(done.token)]
    assert ledger_file.stat().st_mode & 0o777 == 0o600


def test_sessions_forget_it(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "concern")
    teachers_browser.get(url)
    gone = Conversation.objects.get()
    assert str(gone.token) in teachers_browser.session["visits"]
    erasure.forget_visits([str(gone.token)])
    assert str(gone.token) not in teachers_browser.session["visits"]
    assert teachers_browser.get("/conversations/").status_code == 200


def test_desk_numbers_and_pages_go_on(
    teachers_browser: Browser, leads_browser: Browser, lead: User, agency: Agency
) -> None:
    gone, kept = record(teachers_browser), record(teachers_browser)
    first_stood = Conversation.objects.get(pk=gone.pk).turn
    assert Conversation.objects.get(pk=kept.pk).turn != first_stood
    erasure.erase(conversation=gone, by=lead, reason=Reason.TRIAL)
    assert list(desk.queue(lead, agency)) == [kept]
    # It is the first about this child now, and stands where the first one stood.
    assert Conversation.objects.get().turn == first_stood
    assert list(desk.about_same_child(lead, kept)) == []
    assert leads_browser.get("/desk/numbers/").status_code == 200
    assert leads_browser.get("/desk/").status_code == 200
    page = leads_browser.get(f"/conversations/{gone.token}/summary/")
    assert page.status_code == 404


# No other way


@pytest.mark.parametrize(
    "act",
    [
        lambda done: done.delete(),
        lambda done: Conversation.objects.filter(pk=done.pk).delete(),
        lambda done: Conversation.objects.all().delete(),
        lambda done: done.author.conversations.all().delete(),
    ],
    ids=["row", "query", "all", "related"],
)
def test_a_record_is_not_deleted_otherwise(
    act: Callable[[Conversation], object], teachers_browser: Browser
) -> None:
    done = record(teachers_browser)
    with pytest.raises(Frozen), transaction.atomic():
        act(done)
    assert Child.objects.filter(conversation=done).exists()


def test_a_draft_can_be_deleted(teachers_browser: Browser) -> None:
    walk_to(teachers_browser, "concern")
    Conversation.objects.get().delete()
    assert not Answer.objects.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no triggers here")
def test_postgresql_refuses_too(teachers_browser: Browser) -> None:
    done, other = record(teachers_browser), record(teachers_browser)
    for allowed in ("", str(other.token)):
        with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('portal.erasing', %s, true)", [allowed])
            # Past our own models, as whoever can reach the database would.
            QuerySet(Conversation).filter(pk=done.pk).delete()
    assert Conversation.objects.filter(pk=done.pk).exists()


# Holds


def test_what_is_held_is_not_erased(teachers_browser: Browser, lead: User) -> None:
    done = record(teachers_browser)
    holds = {
        "one": (
            lambda: holding.hold(conversation=done, reason="A court", by=lead),
            lambda: holding.lift(conversation=done, by=lead),
        ),
        "all": (
            lambda: holding.hold_all(agency=done.agency, reason="An inquiry", by=lead),
            lambda: holding.lift_all(agency=done.agency, by=lead),
        ),
    }
    for place, lift in holds.values():
        assert place() == place()
        with pytest.raises(erasure.Held):
            erasure.erase(conversation=done, by=lead, reason=Reason.RIGHT)
        with pytest.raises(CommandError, match="held"):
            call_command("erase", done.reference, reason="trial", by=lead.email)
        assert lift()
        assert not lift()
    verbs = Event.objects.filter(verb__in=["held", "released"]).order_by("number")
    assert [event.verb for event in verbs] == ["held", "released"] * 2
    erasure.erase(conversation=done, by=lead, reason=Reason.RIGHT)
    assert not Conversation.objects.exists()


def test_leads_hold_and_lift_on_pages(
    teachers_browser: Browser, leads_browser: Browser, agency: Agency
) -> None:
    done = record(teachers_browser)
    url = f"/conversations/{done.token}/hold/"
    assert leads_browser.post(url, {"act": "hold", "reason": ""}).status_code == 200
    assert not Hold.objects.exists()
    assert leads_browser.post(url, {"act": "hold", "reason": "A court"}).status_code == 302
    assert "A court" in leads_browser.get(f"/conversations/{done.token}/summary/").content.decode()
    assert "A court" not in teachers_browser.get(
        f"/conversations/{done.token}/summary/"
    ).content.decode()  # fmt: skip
    assert "A court" in leads_browser.get(url).content.decode()
    assert leads_browser.post(url, {"act": "lift"}).status_code == 302
    assert not Hold.objects.open().exists()
    everything = f"/desk/keeping/?agency={agency.pk}"
    assert leads_browser.post(everything, {"act": "hold", "reason": "x"}).status_code == 302
    assert Hold.objects.on(done).exists()
    assert leads_browser.post(everything, {"act": "lift"}).status_code == 302
    assert not Hold.objects.on(done).exists()


# By hand


def test_erase_shows_first_and_asks_again(
    teachers_browser: Browser, lead: User, capsys: pytest.CaptureFixture[str]
) -> None:
    done = record(teachers_browser)
    given = {"reason": "by-mistake", "by": lead.email}
    call_command("erase", done.reference, **given)
    shown = capsys.readouterr().out
    assert "Answer: 1" in shown
    assert "Amina" not in shown
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("erase", done.reference, erase=True, confirm="TG-ELSE-ELSE", **given)
    assert Conversation.objects.filter(pk=done.pk).exists()
    call_command("erase", done.reference, erase=True, confirm=done.reference, **given)
    assert not Conversation.objects.exists()
    assert Erasure.objects.get().reason == "by-mistake"


def test_who_and_what_erase_refuses(
    teachers_browser: Browser, teacher: User, elsewhere: Agency, edie: User
) -> None:
    done = record(teachers_browser)
    other = User.objects.create_user("lead@elsewhere.example", name="Lead")
    Membership.objects.create(user=other, agency=elsewhere, role=Membership.Role.LEAD)
    edie.is_staff = False
    edie.save()
    for email in (teacher.email, other.email, edie.email, "nobody@example.org"):
        with pytest.raises(CommandError, match="Only staff or a lead"):
            call_command("erase", done.reference, reason="trial", by=email)
    for name in ("TG-NONE-NONE", str(uuid.uuid4())):
        with pytest.raises(CommandError, match="no such conversation"):
            call_command("erase", name, reason="trial", by=teacher.email)
    for missing in ({"reason": "schedule-other", "by": teacher.email}, {"reason": "trial"}):
        with pytest.raises(CommandError):
            call_command("erase", done.reference, *[f"--{k}={v}" for k, v in missing.items()])
