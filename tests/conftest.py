"""Fixtures that every test may use. The guidance is loaded once, as it is shipped."""

from pathlib import Path
from tempfile import mkdtemp

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

from accounts.models import Agency, Membership, User
from tests.editors import make_draft, make_editor
from tests.people import make_person, signed_in
from thresholds.guidance import Guidance
from thresholds.load import load
from thresholds.models import Edition


def pytest_configure() -> None:
    """Hash passwords quickly: tests make many people, and try few passwords."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # What tests publish and correct goes into no copy that somebody reads.
    settings.STANDBY_FILE = str(Path(mkdtemp()) / "standby.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        call_command("load_guidance", verbosity=0)


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


@pytest.fixture
def edie(db: None) -> User:
    """An editor."""
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
def draft(edie: User) -> Edition:
    """A draft of Edie's: a copy of the shipped edition."""
    return make_draft(edie)
