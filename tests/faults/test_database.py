"""The database is stopped, full, locked or read-only; it is lost while somebody writes.

Each time the page says what is safe and gives back what was typed, the guidance still answers,
and afterwards everything goes on.
"""

import random
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from tests.faults.machines import Machines, Web
from tests.faults.visitor import Visitor, hidden, text_of

pytestmark = pytest.mark.faults

OPEN = ("/", "/guidance/", "/guidance/next-steps/", "/contacts/", "/find/", "/levels/4/", "/grid/")
NUMBER = 'href="tel:01332641172"'
BANNER = "Our database cannot be reached"
WORDS = "She said that nobody had been at home since Friday."
SECONDS = 2.5


@pytest.fixture
def step(teacher: Visitor) -> str:
    """The address of a step that waits for an answer."""
    return teacher.walk_to("concern")


def refused(
    teacher: Visitor, step: str, keys: dict[str, str], words: str = WORDS
) -> dict[str, str]:
    """Send a step that cannot be saved. Return what its page has to send again."""
    answer = teacher.send(step, keys | {"concern": words})
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert "no-store" in answer.headers["Cache-Control"] and "sessionid" not in answer.headers.get(
        "Set-Cookie", ""
    )
    assert words in text_of(answer.text) and "is safe" in answer.text and NUMBER in answer.text
    return hidden(answer.text)


def still_open(url: str, banner: bool = True) -> None:
    for path in OPEN:
        answer = Visitor(url).look(path)
        assert answer.status_code == 200 and NUMBER in answer.text, path
        assert (BANNER in answer.text) is banner, path


def saved(machines: Machines, step: str) -> int:
    """Count the answers and the events of a step: equal, or a half is there."""
    token, slug = step.split("/")[2:4]
    answers = machines.database.ask(
        "SELECT count(*) FROM referrals_answer a JOIN referrals_conversation c "
        f"ON c.id = a.conversation_id WHERE c.token = '{token}' AND a.step = '{slug}'"
    )
    events = machines.database.ask(
        "SELECT count(*) FROM accounts_event WHERE verb = 'changed' "
        f"AND subject = 'conversation:{token}' AND detail = '{slug}'"
    )
    assert answers == events
    return int(answers)


def test_stopped(machines: Machines, teacher: Visitor, step: str) -> None:
    keys = teacher.fields(step)
    machines.database.stop("immediate")
    try:
        still_open(machines.web.url)
        again = refused(teacher, step, keys)
        for path in ("/conversations/", step, "/account/login/"):
            assert teacher.look(path).status_code == 503, path
        # A process that has never known the database answers too.
        machines.web.kill()
        machines.web.start()
        still_open(machines.web.url)
        found = Visitor(machines.web.url).send("/find/", {"text": "comes in hungry"})
        assert found.status_code == 200 and "Level" in found.text
    finally:
        machines.database.start()
    # Nobody was signed out, and the page's own button saves what it gave back.
    assert teacher.look("/conversations/").status_code == 200
    assert saved(machines, step) == 0
    assert teacher.send(step, again).status_code == 302
    assert WORDS in teacher.look(step).text and saved(machines, step) == 1


def test_a_connection_that_was_ended_is_made_again_unseen(
    machines: Machines, teacher: Visitor, step: str
) -> None:
    end_connections(machines)
    for _ in range(4):  # whichever process it meets
        assert teacher.look(step).status_code == 200


def end_connections(machines: Machines) -> None:
    """End those of the portal, so that the next ones follow what was set meanwhile."""
    machines.database.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND usename = 'portal'"
    )


@contextmanager
def setting(machines: Machines, name: str, value: str) -> Iterator[None]:
    machines.database.ask(f"ALTER DATABASE postgres SET {name} = '{value}'")
    end_connections(machines)
    try:
        yield
    finally:
        machines.database.ask(f"ALTER DATABASE postgres RESET {name}")
        end_connections(machines)


@pytest.mark.parametrize("limit", ["lock_timeout", "statement_timeout"])
def test_locked_for_too_long(machines: Machines, teacher: Visitor, step: str, limit: str) -> None:
    keys = teacher.fields(step)
    with setting(machines, limit, "300ms"):
        holder = psycopg2.connect(machines.database.url)
        with holder.cursor() as cursor:
            cursor.execute("LOCK TABLE referrals_answer IN SHARE MODE")
        again = refused(teacher, step, keys)
        holder.close()
        assert teacher.send(step, again).status_code == 302
    assert saved(machines, step) == 1


def test_read_only(machines: Machines, teacher: Visitor, step: str) -> None:
    keys = teacher.fields(step)
    with setting(machines, "default_transaction_read_only", "on"):
        again = refused(teacher, step, keys)
        still_open(machines.web.url, banner=False)
    assert teacher.send(step, again).status_code == 302
    assert saved(machines, step) == 1


@pytest.fixture
def small_disk(machines: Machines) -> Iterator[Path]:
    """Put the answers on a disk of two megabytes of their own."""
    place = Path(tempfile.mkdtemp(dir=machines.folder))
    mounted = subprocess.run(
        ("mount", "-t", "tmpfs", "-o", "size=2m,mode=777", "tmpfs", place), check=False
    )
    if mounted.returncode:
        pytest.skip("No disk can be mounted here; tests/test_full.py fills one of SQLite's.")
    try:
        (place / "space").mkdir(mode=0o777)
        subprocess.run(("chown", "postgres", place / "space"), check=True)
        machines.database.ask(f"CREATE TABLESPACE small LOCATION '{place / 'space'}'")
        machines.database.ask("ALTER TABLE referrals_answer SET TABLESPACE small")
        yield place
        machines.database.ask("ALTER TABLE referrals_answer SET TABLESPACE pg_default")
        machines.database.ask("CHECKPOINT")
        machines.database.ask("DROP TABLESPACE small")
    finally:
        subprocess.run(("umount", "-l", place), check=True)


def test_disk_full(machines: Machines, teacher: Visitor, step: str, small_disk: Path) -> None:
    filler = small_disk / "filler"
    with pytest.raises(OSError), filler.open("wb") as full:
        while True:
            full.write(bytes(4096))
            full.flush()
    # What compresses well would still find room.
    pick = random.Random(1)
    words = " ".join(f"{pick.randrange(10**9)}" for _ in range(1800))
    again = refused(teacher, step, teacher.fields(step), words)
    still_open(machines.web.url, banner=False)
    assert saved(machines, step) == 0
    filler.unlink()
    assert teacher.send(step, again).status_code == 302
    assert saved(machines, step) == 1 and words in teacher.look(step).text


def test_a_database_that_never_answers_holds_up_only_the_first(machines: Machines) -> None:
    """As when the network drops every packet: nothing is refused, and nothing comes."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgres://portal@127.0.0.1:{silent.getsockname()[1]}/postgres"
        web = Web(machines.folder, machines.web.environment | {"DATABASE_URL": url})
        try:
            web.start()
            waits = sorted(times(web.url, 12))
        finally:
            web.kill()
    # Each process finds out for itself.
    assert waits[-1] < 12 and waits[7] < SECONDS, waits


def times(url: str, number: int) -> Iterator[float]:
    for _ in range(number):
        began = time.monotonic()
        answer = Visitor(url).look("/contacts/")
        assert answer.status_code == 200 and NUMBER in answer.text
        yield time.monotonic() - began
