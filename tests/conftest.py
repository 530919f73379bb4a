"""Fixtures that every test may use. The guidance is loaded once, as it is shipped."""

import gc
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

from accounts.models import Agency, Membership, User
from guidance_content.content import digest
from tests.editors import make_draft, make_editor, shipped
from tests.people import make_person, signed_in
from thresholds.guidance import Guidance
from thresholds.load import load
from thresholds.models import Edition


def pytest_configure() -> None:
    """Hash passwords quickly: tests make many people, and try few passwords."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # What tests publish and correct goes into no copy that somebody reads.
    settings.STANDBY_FILE = str(Path(mkdtemp()) / "standby.sqlite3")
    # Editions are read as thousands of rows, again and again: looking at all that lives after
    # every 700 new ones took a tenth of the time.
    gc.set_threshold(100_000, 50, 50)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        call_command("load_guidance", verbosity=0)
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def as_shipped(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> str:
    """The digest of what the shipped edition says: it is published, and so it stays."""
    with django_db_blocker.unblock():
        return digest(shipped())


@pytest.fixture(scope="session")
def ddscp(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Guidance:
    """The whole of the Derby and Derbyshire edition, for tests that touch no database."""
    with django_db_blocker.unblock():
        return load(Edition.objects.select_related("partnership").get(slug="ddscp-2019-12"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test that reads the guidance a test database, never the developer's own."""
    for item in items:
        if "ddscp" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.django_db)


@pytest.fixture(autouse=True)
def nobody_has_searched() -> None:
    """Forget how often somebody searched: all tests come from one address."""
    caches["process"].clear()


@pytest.fixture
def ledger_file(settings: Settings, tmp_path: Path) -> Path:
    """Where erasures are written to, in place of the developer's own ledger."""
    settings.ERASURE_LEDGER = tmp_path / "erasures.jsonl"
    return settings.ERASURE_LEDGER


@pytest.fixture
def agency(db: None) -> Agency:
    return Agency.objects.create(
        name="Example School", kind=Agency.Kind.SCHOOL, phone="01000 000000"
    )


@pytest.fixture
def elsewhere(db: None) -> Agency:
    """Another agency, to which nobody of `agency` belongs."""
    return Agency.objects.create(name="Example Health Trust")


@pytest.fixture
def teacher(agency: Agency) -> User:
    return make_person("teacher@school.example", agency)


@pytest.fixture
def teachers_browser(teacher: User) -> Client:
    """A browser in which the teacher is signed in."""
    return signed_in(teacher)


@pytest.fixture
def colleague(agency: Agency) -> User:
    return make_person("colleague@school.example", agency)


@pytest.fixture
def lead(agency: Agency) -> User:
    return make_person("lead@school.example", agency, Membership.Role.LEAD)


@pytest.fixture
def leads_browser(lead: User) -> Client:
    """A browser in which the lead of the teacher's agency is signed in."""
    return signed_in(lead)


@pytest.fixture(scope="module")
def one_draft(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let `draft` be made once for all tests of a file, which names this in its `pytestmark`.

    All of them have it in their database, and what each changes is undone after it.
    """
    with django_db_blocker.unblock():
        block = transaction.atomic()
        block.__enter__()
        make_draft(make_editor("edie"))
        connection.check_constraints()  # or PostgreSQL would do it again after every test
    yield
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        block.__exit__(None, None, None)


def has_one_draft(request: pytest.FixtureRequest) -> bool:
    return "one_draft" in request.fixturenames


@pytest.fixture
def edie(request: pytest.FixtureRequest, db: None) -> User:
    """An editor, who made the draft."""
    if has_one_draft(request):
        return User.objects.get(email="edie@editors.example")
    return make_editor("edie")


@pytest.fixture
def sam(db: None) -> User:
    """A second editor."""
    return make_editor("sam")


@pytest.fixture
def edies(edie: User) -> Client:
    """A browser in which Edie is signed in."""
    return signed_in(edie)


@pytest.fixture
def sams(sam: User) -> Client:
    return signed_in(sam)


@pytest.fixture
def draft(request: pytest.FixtureRequest, edie: User) -> Edition:
    """A draft of Edie's: a copy of the shipped edition."""
    return Edition.objects.get(slug="next") if has_one_draft(request) else make_draft(edie)
