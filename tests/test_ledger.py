"""The ledger of erasures: crashes, restored backups, lines that were changed, the wrong file."""

import json
import resource
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.events import faults
from accounts.models import Event, User
from referrals import erasure, holding, ledger, review
from referrals.kept import Erasure, Hold
from referrals.models import Addendum, Answer, Child, Conversation
from tests.people import record, walk_to

pytestmark = pytest.mark.usefixtures("ledger_file")

Reason = Erasure.Reason


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
