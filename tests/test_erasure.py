"""Erasing: nothing is left, the ledger knows, and a restored backup is brought up to date."""

import json
import resource
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.events import faults
from accounts.models import Agency, Event, Membership, User
from portal.manifest import rows
from referrals import desk, erasure, follow_up, holding, ledger, review
from referrals.kept import Erasure, Hold
from referrals.models import Addendum, Answer, Child, Conversation, Frozen, Review
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


# The ledger: crashes, restores, damage


class Crash(BaseException):
    """The machine stops: no code of ours handles it."""


def backup(*conversations: Conversation) -> Callable[[], None]:
    """Return what puts these conversations back as they were, as a restored backup would."""
    kept = [
        (model, list(model._base_manager.filter(**{key: done.pk})))
        for done in conversations
        for model, key in ((Conversation, "pk"), (Child, "conversation"), (Answer, "conversation"))
    ]

    saved = {done.pk: Conversation.objects.get(pk=done.pk).updated_at for done in conversations}

    def restore() -> None:
        Erasure.objects.all().delete()
        for model, found in kept:
            model._base_manager.bulk_create(found)
        for key, updated_at in saved.items():
            Conversation.objects.filter(pk=key).update(updated_at=updated_at)

    return restore


def test_a_restored_backup_is_brought_up_to_date_as_often_as_asked(
    teachers_browser: Browser, lead: User, ledger_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, kept = (record(teachers_browser) for _ in range(3))
    walk_to(teachers_browser, "concern")
    draft = Conversation.objects.drafts().get()
    restore = backup(first, second, draft)
    # A hold that was lifted before the erasure comes back with the backup, and counts no more.
    holding.hold(conversation=first, reason="x", by=lead)
    old_hold = Hold.objects.get()
    placed_at = old_hold.placed_at
    holding.lift(conversation=first, by=lead)
    for gone in (first, second, draft):
        erasure.erase(conversation=gone, by=lead, reason=Reason.RIGHT)
    restore()
    old_hold.save(force_insert=True)
    Hold.objects.update(placed_at=placed_at)
    assert Hold.objects.on(first).exists()
    assert Conversation.objects.count() == 4
    for _ in range(2):
        call_command("apply_erasures", str(ledger_file))
        assert list(Conversation.objects.all()) == [kept]
        assert Erasure.objects.count() == 3
    told = capsys.readouterr().out
    assert "Erased again 3, gone already 0" in told
    assert "Erased again 0, gone already 3" in told
    assert Erasure.objects.filter(by=lead.pk, reason="right-to-erasure").count() == 3
    assert not list(faults())


def test_a_crash_between_file_and_commit_is_mended(
    teachers_browser: Browser, lead: User, monkeypatch: pytest.MonkeyPatch, ledger_file: Path
) -> None:
    done = record(teachers_browser)
    append = ledger.append

    def append_and_crash(line: ledger.Line) -> None:
        append(line)
        raise Crash

    monkeypatch.setattr(ledger, "append", append_and_crash)
    with pytest.raises(Crash), transaction.atomic():
        erasure.erase(conversation=done, by=lead, reason=Reason.RIGHT)
    monkeypatch.undo()
    # The line is there, the erasure is not.
    assert Conversation.objects.filter(pk=done.pk).exists()
    assert not Erasure.objects.exists()
    assert len(ledger.read(ledger_file)) == 1
    call_command("apply_erasures", str(ledger_file))
    assert not Conversation.objects.exists()
    assert Erasure.objects.get().token == done.token
    assert not list(faults())


def test_what_was_saved_or_held_after_such_a_crash_is_kept(
    teachers_browser: Browser, lead: User, ledger_file: Path
) -> None:
    held, added = record(teachers_browser), record(teachers_browser)
    for done in (held, added):
        at = timezone.now().isoformat()
        ledger.append(ledger.Line(str(done.token), "", done.agency_id, at, None, "trial"))
    holding.hold(conversation=held, reason="x", by=lead)
    review.add(conversation=added, author=added.author, text="More")
    with pytest.raises(CommandError, match="do not agree"):
        call_command("apply_erasures", str(ledger_file))
    assert Conversation.objects.count() == 2
    assert Addendum.objects.exists()


def test_nothing_is_erased_without_its_line(
    teachers_browser: Browser, lead: User, settings: Settings, tmp_path: Path
) -> None:
    done = record(teachers_browser)
    settings.ERASURE_LEDGER = tmp_path / "no-such-folder" / "erasures.jsonl"
    with pytest.raises(OSError, match="No such file"):
        erasure.erase(conversation=done, by=lead, reason=Reason.RIGHT)
    settings.ERASURE_LEDGER = tmp_path / "full.jsonl"
    with full_disk(), pytest.raises(OSError, match=r"part of the line|too large"):
        erasure.erase(conversation=done, by=lead, reason=Reason.RIGHT)
    assert settings.ERASURE_LEDGER.read_text() == ""
    assert Child.objects.filter(conversation=done).exists()
    assert not Event.objects.filter(verb="erased").exists()


@contextmanager
def full_disk(room: int = 40) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def a_ledger(number: int) -> None:
    for each in range(number):
        moment = (timezone.now() + timedelta(seconds=each)).isoformat()
        ledger.append(ledger.Line(str(uuid.uuid4()), "", 1, moment, None, "trial"))


DAMAGE: dict[str, tuple[Callable[[list[str]], list[str]], int]] = {
    "a changed token": (lambda ls: [ls[0], ls[1].replace('"token": "', '"token": "0'), ls[2]], 2),
    "another reason": (lambda ls: [ls[0], ls[1].replace("trial", "by-mistake"), ls[2]], 2),
    "a line taken out": (lambda ls: [ls[0], ls[2]], 2),
    "the first taken out": (lambda ls: ls[1:], 1),
    "two lines swapped": (lambda ls: [ls[0], ls[2], ls[1]], 2),
    "a line twice": (lambda ls: [ls[0], ls[0], *ls[1:]], 2),
    "an empty line": (lambda ls: [ls[0], "\n", *ls[1:]], 2),
    "no JSON": (lambda ls: [*ls, "hello\n"], 4),
    "a list": (lambda ls: [*ls, "[]\n"], 4),
    "a line cut off": (lambda ls: [*ls[:2], ls[2][:40]], 3),
    "an unsigned line": (
        lambda ls: [*ls, json.dumps({k: v for k, v in json.loads(ls[0]).items() if k != "digest"})
                    + "\n"], 4),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_ledger_is_refused_by_its_line(
    damage: str, ledger_file: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_ledger(3)
    change, line = DAMAGE[damage]
    ledger_file.write_text("".join(change(ledger_file.read_text().splitlines(keepends=True))))
    touched: list[object] = []
    monkeypatch.setattr(erasure, "_row", touched.append)
    with pytest.raises(CommandError, match=f"nothing was changed. Line {line}:"):
        call_command("apply_erasures", str(ledger_file))
    assert not touched


def test_a_line_that_was_being_written_makes_way_for_the_next(ledger_file: Path) -> None:
    a_ledger(2)
    with ledger_file.open("a") as file:
        file.write('{"token": "half a li')
    a_ledger(1)
    assert len(ledger.read(ledger_file)) == 3


def test_no_line_is_added_to_a_damaged_ledger(ledger_file: Path) -> None:
    a_ledger(2)
    ledger_file.write_text(ledger_file.read_text().replace("trial", "right-to-erasure"))
    with pytest.raises(ledger.DamagedLedger, match="Line 2"):
        a_ledger(1)


def test_a_ledger_signed_by_an_older_key_is_read(ledger_file: Path, settings: Settings) -> None:
    a_ledger(1)
    settings.EVENT_KEYS = ["a new key", *settings.EVENT_KEYS]
    a_ledger(1)
    assert len(ledger.read(ledger_file)) == 2
    settings.EVENT_KEYS = ["a new key"]
    with pytest.raises(ledger.DamagedLedger, match="Line 1"):
        ledger.read(ledger_file)


def test_the_wrong_file_is_noticed(
    teachers_browser: Browser, lead: User, tmp_path: Path, ledger_file: Path
) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("apply_erasures", str(tmp_path / "elsewhere"))
    call_command("apply_erasures")
    erasure.erase(conversation=record(teachers_browser), by=lead, reason=Reason.TRIAL)
    (tmp_path / "empty").touch()
    with pytest.raises(CommandError, match="do not agree"):
        call_command("apply_erasures", str(tmp_path / "empty"))
    ledger_file.unlink()
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("apply_erasures")
