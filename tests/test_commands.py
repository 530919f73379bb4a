"""The commands that others script against: what they print, and what they refuse."""

import io
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from pytest_django import DjangoDbBlocker, Settings

from accounts.models import Agency, Membership, User
from thresholds.management.commands import read_concern
from thresholds.models import Area, Contact, Edition, Indicator, Rule

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[1]
LEAST = '"area": "derby", "indicators": []'

REFUSED = {
    "nothing": "",
    "not JSON": "{area: derby}",
    "cut short": '{"area": "derby", "indicators": [',
    "two documents": f"{{{LEAST}}} {{}}",
    "a list": "[]",
    "text": '"derby"',
    "null": "null",
    "not a number": "NaN",
    "deeply nested": "[" * 100_000,
    "nested in a known key": f'{{"edition": {"[" * 900}{"]" * 900}, {LEAST}}}',
    "a huge number": f'{{"school": {"9" * 10_000}, {LEAST}}}',
    "an answer given twice": f'{{"danger": "yes", "danger": "no", {LEAST}}}',
    "half a character": '{"area": "\\ud800", "indicators": []}',
    "a null character": '{"area": "derby\\u0000", "indicators": []}',
    "a number as area": '{"area": 1, "indicators": []}',
    "a list as area": '{"area": ["derby"], "indicators": []}',
    "an unknown area": '{"area": "nottingham", "indicators": []}',
    "no area": '{"indicators": []}',
    "an unknown code": '{"area": "derby", "indicators": ["dd999"]}',
    "a code over two lines": '{"area": "derby", "indicators": ["dd\\n\\r\\u2028999"]}',
    "a key over two lines": f'{{"a\\nb": 1, {LEAST}}}',
    "an unknown edition": f'{{"edition": "ddscp-2030-01", {LEAST}}}',
    "an edition over two lines": f'{{"edition": "a\\nb", {LEAST}}}',
    "an edition as a number": f'{{"edition": 2019, {LEAST}}}',
    "half a character as edition": f'{{"edition": "\\ud800", {LEAST}}}',
    "an edition for reading only": f'{{"edition": "warwickshire-spectrum", {LEAST}}}',
    "an area whose edition is for reading only": '{"area": "warwickshire", "indicators": []}',
    "an edition of another area": '{"edition": "ddscp-2019-12", "area": "warwickshire", '
    '"indicators": []}',
}


def run(text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run read_concern as manage.py does, and return its exit status."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    # The command line closes the connections behind itself; the test still needs its own.
    monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)
    try:
        read_concern.Command().run_from_argv(["manage.py", "read_concern"])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_read_concern_refuses_in_one_line_with_status_2(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(text, monkeypatch)
    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert len(printed.err.splitlines()) == 1
    assert printed.err.endswith("\n")
    assert len(printed.err) < 300


def test_read_concern_refuses_a_huge_document_quickly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = ", ".join(f'"key{n}": {n}' for n in range(200_000))
    assert run(f"{{{keys}, {LEAST}}}", monkeypatch) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"edition": "ddscp-2019-12"},
        {"edition": None},
        {"indicators": ["dd104", "dd104"]},
        {"indicators": ["dd157"], "danger": "unknown", "agreement": "unsafe"},
        {"area": "derbyshire", "early_help": {}, "school": True},
    ],
)
def test_read_concern_prints_a_whole_reading(
    document: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = {"area": "derby", "indicators": []} | document
    assert run(json.dumps(asked), monkeypatch) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    reading = json.loads(printed.out)
    assert type(reading["level"]) is type(reading["up_to"]) is int
    assert 1 <= reading["level"] <= reading["up_to"] <= 4
    assert reading["urgency"] in ("now", "without_delay", "plan")
    assert reading["child_protection"] is False
    assert {contact["area"] for contact in reading["contacts"]} == {asked["area"]}
    for reason in reading["reasons"]:
        assert {"rule", "text", "indicators", "section"} <= set(reason)
    for step in reading["next_steps"]:
        assert {"text", "section", "due_hours"} <= set(step)
    assert reading["reasons"] and reading["next_steps"] and reading["services"]
    assert reading["strengths"] == [] and reading["would_change"] and reading["ask"]


@pytest.fixture(scope="session")
def environment(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: Any
) -> dict[str, str]:
    """The environment of a process of its own, with a copy of the loaded test database."""
    with django_db_blocker.unblock():
        if connection.vendor != "sqlite":
            pytest.skip("only a SQLite database can be copied into a file")
        connection.ensure_connection()
        path = tmp_path_factory.mktemp("database") / "copy.sqlite3"
        with sqlite3.connect(path) as copy:
            connection.connection.backup(copy)
        copy.close()
    return os.environ | {
        "DATABASE_URL": f"sqlite:///{path}",
        "SECRET_KEY": "a key for tests" * 4,
        "ALLOWED_HOSTS": "localhost",
        "DEBUG": "false",
    }


def read_in_a_process(
    stdin: bytes, environment: dict[str, str]
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", "read_concern"],
        input=stdin,
        env=environment,
        capture_output=True,
        timeout=60,
    )


@pytest.mark.parametrize("stdin", [b'{"area": "derby", "indicators": ["\xff"]}', b""])
def test_bytes_that_are_no_text_are_refused_by_the_real_command(
    environment: dict[str, str], stdin: bytes
) -> None:
    result = read_in_a_process(stdin, environment | {"PYTHONIOENCODING": "utf-8:strict"})
    assert (result.returncode, result.stdout) == (2, b"")
    assert len(result.stderr.decode().splitlines()) == 1


def test_the_real_command_reads_a_concern(environment: dict[str, str]) -> None:
    document = {"area": "derbyshire", "indicators": ["dd104", "dd105"], "danger": "yes"}
    result = read_in_a_process(json.dumps(document).encode(), environment)
    assert (result.returncode, result.stderr) == (0, b"")
    reading = json.loads(result.stdout)
    assert (reading["level"], reading["urgency"], reading["child_protection"]) == (4, "now", True)
    assert [step["due_hours"] for step in reading["next_steps"] if step["due_hours"]] == [48]


# export_edition and load_guidance.


def exported(slug: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("export_edition", slug, stdout=out)
    return json.loads(out.getvalue())  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("slug", "counts"),
    [
        ("ddscp-2019-12", {"levels": 4, "domains": 9, "indicators": 215, "services": 37,
                           "pathway_steps": 24, "questions": 9, "terms": 20, "areas": 2}),
        ("warwickshire-spectrum", {"levels": 4, "indicators": 0, "contacts": 0, "rules": 0}),
    ],
)  # fmt: skip
def test_an_exported_edition_is_whole(slug: str, counts: dict[str, int]) -> None:
    document = exported(slug)
    assert document["edition"]["slug"] == slug
    assert {key: len(document[key]) for key in counts} == counts
    for key, fields in {
        "indicators": {"code", "level", "domain", "text", "section"},
        "services": {"level", "name"},
        "contacts": {"area", "purpose", "name", "phone", "hours", "url", "checked_on", "review_by"},
        "pathway_steps": {"area", "level", "step", "text"},
        "terms": {"acronym", "term", "definition"},
    }.items():
        assert all(fields <= set(row) for row in document[key])
    for row in (*document["indicators"], *document["services"], *document["pathway_steps"]):
        assert type(row["level"]) is int
    areas = {area["slug"] for area in document["areas"]}
    assert {contact["area"] for contact in document["contacts"]} <= areas
    for key in ("rules", "links", "consent", "special_routes", "questions"):
        assert isinstance(document[key], list)


def test_an_unknown_edition_is_not_exported() -> None:
    with pytest.raises(CommandError) as refusal:
        exported("ddscp\n2030")
    assert refusal.value.returncode == 2
    assert len(str(refusal.value).splitlines()) == 1


def test_loading_twice_changes_nothing_and_keeps_what_editors_corrected() -> None:
    Contact.objects.filter(area__slug="derby", purpose="urgent").update(phone="01332 000000")
    rows = (Area, Contact, Edition, Indicator, Rule)
    before = [model.objects.count() for model in rows]
    call_command("load_guidance", stdout=io.StringIO())
    assert [model.objects.count() for model in rows] == before
    assert Contact.objects.get(area__slug="derby", purpose="urgent").phone == "01332 000000"


# demo_people.


def demo_people() -> str:
    out = io.StringIO()
    call_command("demo_people", stdout=out)
    return out.getvalue()


def test_demo_people_are_refused_in_production(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError):
        demo_people()
    assert not User.objects.exists()
    assert not Agency.objects.exists()


@pytest.fixture
def development(settings: Settings) -> Settings:
    settings.DEBUG = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return settings


def test_demo_people_can_sign_in_with_the_printed_passwords(development: Settings) -> None:
    printed, again = demo_people().splitlines(), demo_people().splitlines()
    people = [line.split()[-2:] for line in printed if "@" in line]
    assert people == [line.split()[-2:] for line in again if "@" in line]
    assert len(people) == User.objects.count() == 3
    for email, password in people:
        user = authenticate(username=email, password=password)
        assert isinstance(user, User) and not user.is_superuser
    assert sorted(Membership.objects.values_list("role", flat=True)) == ["lead", "practitioner"]
    assert User.objects.filter(is_editor=True).count() == 1


def test_demo_people_who_need_a_code_can_be_given_one(development: Settings) -> None:
    demo_people()
    apps = {app.user.email: app.wrap() for app in Authenticator.objects.filter(type="totp")}
    assert sorted(apps) == ["editor@example.org", "lead@example.org"]
    for email, app in apps.items():
        out = io.StringIO()
        call_command("demo_people", code=email, stdout=out)
        assert app.validate_code(out.getvalue().strip())


@pytest.mark.parametrize("email", ["nobody@example.org", "EMAIL"])
def test_no_code_is_printed_for_anybody_else(development: Settings, email: str) -> None:
    with pytest.raises(CommandError):
        call_command("demo_people", code=email)


def test_no_code_is_printed_in_production(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError):
        call_command("demo_people", code="lead@example.org")


def test_demo_passwords_differ_from_one_installation_to_the_next(development: Settings) -> None:
    development.SECRET_KEY = "one"
    first = demo_people()
    development.SECRET_KEY = "two"
    assert demo_people() != first
