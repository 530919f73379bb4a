"""A backup is what the database held, and a drill finds whatever is not. On both databases."""

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Agency, Event
from portal import backups, manifest, restoring
from portal.backups import BackupFailed, back_up, prune, read_manifest
from portal.other_database import instead
from portal.overdue import DRILL
from referrals import erasure
from referrals.kept import Erasure
from referrals.models import Conversation
from tests.backed_up import drill, folder, in_use, portal
from tests.people import record, signed_in
from tests.scratch import copy_of_test_database

pytestmark = pytest.mark.django_db

__all__ = ["folder", "in_use", "portal"]  # fixtures

# Each is what happened to the database between the backup and its restoring.
DAMAGE = {
    "a row is removed": "DELETE FROM accounts_invitation WHERE id = {invitation}",
    "a row is added": "INSERT INTO accounts_agency (name, kind, phone) VALUES ('New', 'other', '')",
    "a summary is changed": "UPDATE referrals_conversation SET content = '{{}}' WHERE id = {first}",
    "a summary is another's": "UPDATE referrals_conversation SET reference = 'X' WHERE id = {last}",
    "an event is changed": "UPDATE accounts_event SET actor = 9 WHERE id = {event}",
    "a chain is shortened": "UPDATE accounts_chain SET length = 1 WHERE key = 'portal'",
}


def test_a_backup_that_is_whole_would_do(portal: SimpleNamespace, folder: Path) -> None:
    before = manifest.rows()
    said = drill(portal, folder)
    assert "would do" in said and "2 summaries" in said
    assert manifest.rows() == before, "the portal's own database is left alone"
    with instead(portal.scratch) as scratch:  # on SQLite another, which is empty all the same
        assert not scratch.introspection.table_names(), "nothing is left in the scratch one"


def test_a_locked_backup_would_do_with_its_key(portal: SimpleNamespace) -> None:
    assert "would do" in drill(portal, portal.locked.parent, identity=portal.identity)
    held = (portal.locked / "database.age").read_bytes()
    assert held.startswith(b"age-encryption.org") and b"No breakfast" not in held


def test_only_its_owner_may_read_a_backup(portal: SimpleNamespace) -> None:
    for backup in (portal.plain, portal.locked):
        assert backup.stat().st_mode & 0o777 == 0o700
        assert {file.stat().st_mode & 0o777 for file in backup.iterdir()} == {0o600}
        assert len(list(backup.iterdir())) == 2, "no copy is left beside it"


def test_a_manifest_tells_nothing_of_a_child(portal: SimpleNamespace) -> None:
    held = (portal.plain / "manifest.json").read_text()
    assert "Amina" not in held and "school.example" not in held


@pytest.fixture(scope="module")
def all_found() -> list[str]:
    return []


@pytest.fixture
def found(portal: SimpleNamespace, tmp_path: Path, all_found: list[str]) -> str:
    """What the drill says of a database to which all the damage was done. It is run once."""
    if all_found:
        return all_found[0]
    folder = tmp_path / "damaged"
    shutil.copytree(portal.plain, folder / portal.plain.name)

    def restore(*args: object) -> None:
        backups.restore(*args)  # type: ignore[arg-type]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("ALTER TABLE accounts_event DISABLE TRIGGER USER")
            for statement in DAMAGE.values():
                cursor.execute(statement.format(**portal.kept))

    with pytest.MonkeyPatch.context() as patch, pytest.raises(CommandError) as failed:
        patch.setattr(restoring, "restore", restore)
        drill(portal, folder)
    all_found.append(str(failed.value))
    return all_found[0]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("a row is removed", "accounts_invitation: 1 rows in the backup, 0 restored"),
        ("a row is added", "accounts_agency: 1 rows in the backup, 2 restored"),
        ("a summary is changed", "conversation {first}: its summary cannot be opened"),
        ("a summary is another's", "conversation {last}: its summary is another"),
        ("an event is changed", "event {event}: it is not what was written there"),
        ("a chain is shortened", "chain portal: "),
    ],
)
def test_the_drill_finds_that(what: str, said: str, portal: SimpleNamespace, found: str) -> None:
    conversations = {
        name: Conversation.objects.get(pk=portal.kept[name]) for name in ("first", "last")
    }
    number = Event.objects.get(pk=portal.kept["event"]).number
    tokens = {name: str(each.token) for name, each in conversations.items()}
    assert said.format(event=number, **tokens) in found
    assert "6 found" in found or "7 found" in found


def damaged(folder: Path) -> None:
    file = next(folder.glob("*/database"))
    held = bytearray(file.read_bytes())
    held[len(held) // 2] ^= 1
    file.write_bytes(held)


def cut_short(folder: Path) -> None:
    file = next(folder.glob("*/database"))
    file.write_bytes(file.read_bytes()[:-100])


def without_file(folder: Path) -> None:
    next(folder.glob("*/database")).unlink()


def without_manifest(folder: Path) -> None:
    next(folder.glob("*/manifest.json")).unlink()


def unreadable(folder: Path) -> None:
    next(folder.glob("*/manifest.json")).write_bytes(b"\xff{")


def rewritten(folder: Path) -> None:
    """By somebody who made the manifest fit, and lacks the key."""
    file = next(folder.glob("*/manifest.json"))
    held = json.loads(file.read_text())
    held["rows"]["accounts_event"] -= 1
    file.write_text(json.dumps(held))


def empty(folder: Path) -> None:
    shutil.rmtree(next(folder.iterdir()))


BROKEN: dict[Callable[[Path], None], str] = {
    damaged: "database is damaged",
    cut_short: "database is damaged",
    without_file: "database cannot be read",
    without_manifest: "There is no backup",
    unreadable: "cannot be read",
    rewritten: "not sealed",
    empty: "There is no backup",
}


@pytest.mark.parametrize("harm", BROKEN, ids=lambda harm: harm.__name__)
def test_the_drill_finds_a_backup_that_is(
    harm: Callable[[Path], None], portal: SimpleNamespace, folder: Path
) -> None:
    harm(folder)
    with pytest.raises(CommandError, match=BROKEN[harm]):
        drill(portal, folder)


def test_the_wrong_key_and_no_key_open_nothing(portal: SimpleNamespace, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["age-keygen", "-o", str(other)], check=True, capture_output=True)
    with pytest.raises(CommandError, match="age failed"):
        drill(portal, portal.locked.parent, identity=other)
    with pytest.raises(CommandError, match="--identity"):
        drill(portal, portal.locked.parent)


def test_the_drill_finds_that_backups_are_no_longer_taken(
    portal: SimpleNamespace, tmp_path: Path
) -> None:
    shutil.copytree(portal.plain, tmp_path / "2020-01-01T000000Z")
    with pytest.raises(CommandError, match="hours old"):
        drill(portal, tmp_path)


def test_the_drill_empties_no_other_database(portal: SimpleNamespace, folder: Path) -> None:
    if connection.vendor == "sqlite":
        return  # it makes a file of its own
    for url in ("", portal.url):
        with pytest.raises(CommandError, match="_drill"):
            drill(portal, folder, scratch=url)


def test_a_backup_is_never_restored_over_a_database(portal: SimpleNamespace) -> None:
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", str(portal.plain))


def test_a_backup_is_restored_into_an_empty_database(
    portal: SimpleNamespace, tmp_path: Path
) -> None:
    with copy_of_test_database(tmp_path, empty=True) as url, instead(url):
        out = StringIO()
        call_command("restore", str(portal.plain), stdout=out)
        assert "All of it is there" in out.getvalue()
        assert Conversation.objects.recorded().count() == 2
        if connection.vendor == "postgresql":
            # Without these figures a search for a rare word would read every record.
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_stats WHERE tablename = 'referrals_conversation'")
                assert cursor.fetchone()


def test_what_is_written_meanwhile_does_not_make_a_backup_wrong(
    portal: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = manifest.take

    def take_late() -> manifest.Manifest:
        with instead(portal.url):
            Agency.objects.create(name="Opened meanwhile").delete()
            Agency.objects.create(name="Opened meanwhile")
        return take()

    monkeypatch.setattr(manifest, "take", take_late)
    back_up(tmp_path)
    Agency.objects.filter(name="Opened meanwhile").delete()
    assert "would do" in drill(portal, tmp_path)


def test_the_oldest_backups_are_removed_and_half_ones_are_none(tmp_path: Path) -> None:
    for name in ("2026-11-01T000000Z", "2026-11-02T000000Z", "2026-11-03T000000Z"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text("{}")
    (tmp_path / "2026-11-04T000000Z.partial").mkdir()
    assert prune(tmp_path, keep=2) == 1
    left = [backup.name for backup in backups.backups(tmp_path)]
    assert left == ["2026-11-02T000000Z", "2026-11-03T000000Z"]


def test_a_backup_that_fails_leaves_the_old_ones(portal: SimpleNamespace, tmp_path: Path) -> None:
    old = [tmp_path / name for name in ("2026-11-01T000000Z", "2026-11-02T000000Z")]
    for each in old:
        shutil.copytree(portal.plain, each)
    with pytest.raises(CommandError, match="no new backup"):
        call_command("backup", str(tmp_path), recipient="age1nonsense", keep=1)
    assert sorted(tmp_path.iterdir()) == old
    with pytest.raises(BackupFailed):
        back_up(portal.identity / "below-a-file")


def test_what_was_erased_since_stays_erased(
    portal: SimpleNamespace, tmp_path: Path, settings: Settings
) -> None:
    settings.ERASURE_LEDGER = tmp_path / "ledger.jsonl"
    author = Conversation.objects.get(pk=portal.kept["first"]).author
    gone = record(signed_in(author))
    backup = back_up(tmp_path / "before")
    erasure.erase(conversation=gone, by=None, reason=Erasure.Reason.MISTAKE)
    with copy_of_test_database(tmp_path, empty=True) as url, instead(url):
        said = StringIO()
        call_command("restore", str(backup), stdout=said)
        assert "Erased again 1" in said.getvalue()
        assert set(Conversation.objects.values_list("pk", flat=True)) == {
            portal.kept["first"],
            portal.kept["last"],
        }
    settings.ERASURE_LEDGER.write_text("{")
    with pytest.raises(CommandError, match="ledger is damaged"):
        drill(portal, backup.parent)


def test_a_restore_without_a_ledger_says_so(
    portal: SimpleNamespace, folder: Path, tmp_path: Path, settings: Settings
) -> None:
    """A backup from before the first erasure cannot know whether there was one since."""
    settings.ERASURE_LEDGER = tmp_path / "lost.jsonl"
    assert "There is no ledger" in drill(portal, folder)
    settings.ERASURE_LEDGER.touch()
    assert "Erased again 0" in drill(portal, folder)


def test_a_key_that_was_changed_still_opens_the_seal(
    portal: SimpleNamespace, folder: Path, settings: Settings
) -> None:
    settings.EVENT_KEYS = ["a new key", *settings.EVENT_KEYS]
    assert "would do" in drill(portal, folder)
    settings.EVENT_KEYS = ["a new key"]
    with pytest.raises(BackupFailed, match="EVENT_KEYS"):
        read_manifest(next(one for one in folder.iterdir() if one.is_dir()))


def test_a_backup_whose_records_nobody_can_open_would_not_do(
    portal: SimpleNamespace, folder: Path, settings: Settings
) -> None:
    settings.DATA_KEYS = ["another key altogether, and a long one"]
    with pytest.raises(CommandError, match="2 found") as failed:
        drill(portal, folder)
    assert "DATA_KEYS" in str(failed.value)


# That none is taken or tried is told


def test_a_backup_or_a_drill_that_is_missing_or_old_is_told(
    portal: SimpleNamespace, tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.BACKUP_FOLDER = str(tmp_path)

    def told() -> str:
        caplog.clear()
        monitor = Client().get("/ready/?backups").status_code
        # The one word that anybody may read says nothing of backups.
        assert Client().get("/ready/").status_code == 200
        try:
            call_command("check_backups", str(tmp_path), stdout=StringIO())
        except CommandError as error:
            assert monitor == 503 and str(error).splitlines()[0] in caplog.text
            return str(error)
        assert monitor == 200
        return ""

    def age(of: timedelta) -> str:
        return (timezone.now() - of).strftime(backups.NAMED)

    assert "no backup" in told() and "No restore drill" in told()
    drilled = shutil.copytree(portal.plain, tmp_path / age(timedelta(hours=1)))
    assert "backup in" not in told() and "No restore drill" in told()
    drill(portal, tmp_path)
    assert told() == "" and (tmp_path / DRILL).stat().st_mode & 0o777 == 0o600

    for when, wrong in {
        timedelta(hours=27): "27 hours old",
        timedelta(hours=25): "",
        timedelta(days=-2): "in the future",
    }.items():
        drilled = drilled.rename(tmp_path / age(when))
        assert wrong in told() and bool(wrong) == bool(told())
    shutil.copytree(portal.plain, tmp_path / age(timedelta()))
    shutil.rmtree(drilled)
    for when, wrong in {
        timedelta(days=36): "36 days ago",
        timedelta(days=34): "",
        timedelta(days=-2): "in the future",
    }.items():
        (tmp_path / DRILL).write_text(manifest.seal({"drilled_at": age(when)}))
        assert wrong in told() and bool(wrong) == bool(told())
    # Nobody makes one up: it is sealed, as the manifest of a backup is.
    for made_up in ("", "{}", f'{{"drilled_at": "{age(timedelta())}"}}', '{"seal": 1}', "[]"):
        (tmp_path / DRILL).write_text(made_up)
        assert "cannot be read" in told()


def test_a_drill_that_found_something_is_not_noted(portal: SimpleNamespace, folder: Path) -> None:
    backup = next(folder.glob("*Z"))
    (backup / "manifest.json").write_text("{}")
    with pytest.raises(CommandError):
        drill(portal, folder)
    assert not (folder / DRILL).exists()


def test_a_monitor_that_asks_for_backups_is_told_that_their_folder_is_not_set(
    settings: Settings,
) -> None:
    settings.BACKUP_FOLDER = ""
    assert Client().get("/ready/?backups").status_code == 503
