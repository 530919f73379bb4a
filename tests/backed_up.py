"""A portal of its own with two records and backups of it, and the drill that tries them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import DjangoDbBlocker, Settings

from accounts import people
from accounts.models import Agency, Event
from portal.backups import back_up
from portal.other_database import instead
from tests.membership import Role
from tests.people import make_person, record, signed_in
from tests.scratch import copy_of_test_database


@pytest.fixture(scope="module")
def portal(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SimpleNamespace]:
    """A database of its own with two records, a backup of it, one that is locked, the key."""
    folder = tmp_path_factory.mktemp("backups")
    identity = folder / "identity"
    if not shutil.which("age"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("apt-get install age")
    subprocess.run(["age-keygen", "-o", str(identity)], check=True, capture_output=True)
    recipient = identity.read_text().split("public key: ")[1].split()[0]
    with (
        django_db_blocker.unblock(),
        copy_of_test_database(folder) as url,
        copy_of_test_database(folder, "_drill", empty=True) as scratch,
    ):
        with instead(url):
            kept = filled()
            plain, locked = back_up(folder / "plain"), back_up(folder / "locked", recipient)
        yield SimpleNamespace(
            url=url, scratch=scratch, identity=identity, plain=plain, locked=locked, kept=kept
        )


@pytest.fixture(autouse=True)
def in_use(db: None, portal: SimpleNamespace, settings: Settings, tmp_path: Path) -> Iterator[None]:
    """The database that was backed up is the portal's own, and no transaction is open in it."""
    settings.ERASURE_LEDGER = tmp_path / "ledger"
    with instead(portal.url):
        yield


def filled() -> dict[str, int]:
    """Put two records and an invitation into the database; return their keys."""
    agency = Agency.objects.create(name="Example School")
    teacher = signed_in(make_person("teacher@school.example", agency))
    lead = make_person("lead@school.example", agency, Role.LEAD)
    invitation, _ = people.invite(
        agency=agency, email="new@school.example", role=Role.READER, invited_by=lead
    )
    first, last = record(teacher), record(teacher)
    event = Event.objects.latest("pk")
    return {"first": first.pk, "last": last.pk, "invitation": invitation.pk, "event": event.pk}


@pytest.fixture
def folder(portal: SimpleNamespace, tmp_path: Path) -> Path:
    """A folder with a copy of the backup, to do harm to."""
    shutil.copytree(portal.plain, tmp_path / portal.plain.name)
    return tmp_path


def drill(portal: SimpleNamespace, folder: Path, **options: object) -> str:
    """Return what the drill says. Raises CommandError, with all that it found."""
    out, err = StringIO(), StringIO()
    scratch = portal.scratch if connection.vendor == "postgresql" else ""
    options = {"scratch": scratch} | options
    try:
        call_command("restore_drill", str(folder), stdout=out, stderr=err, **options)
    except CommandError as error:
        raise CommandError(f"{err.getvalue()}{error}") from error
    return out.getvalue()
