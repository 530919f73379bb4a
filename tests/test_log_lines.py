"""The log of production says what failed and where, and nothing about anybody."""

import ast
import json
import logging
import sys
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from portal.logs import OUR_OWN, as_json
from tests.failing_urls import CANARY, FAIL
from tests.people import signed_in
from tests.test_settings import PRODUCTION, ROOT, django

Lines = list[dict[str, object]]
# What our own code fills into a message: types, keys of rows, names from the settings.
CONSTANT = {
    "type(error).__name__",
    "provider.app.provider_id",
    "why",  # of single sign-on: the name of a type, or "nonce"; of signing in: one of its codes
    "how",  # of signing in: "password-totp"
    "person.pk",
    "person.pk or None",
    "None",
    "known.pk if known else None",
    "route",  # its name in urls.py
    "', '.join(sorted(result.why))",  # of mailing: names of types
    "edition.pk",
    "problem",  # of backups: a sentence of portal/overdue.py, with a folder of the settings
    "state or 'without a code'",  # PostgreSQL's code for what is wrong
}


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What is written, by the handler that production has."""
    for where, name in ((sys, "excepthook"), (threading, "excepthook")):
        monkeypatch.setattr(where, name, getattr(where, name))
    monkeypatch.setattr(logging, "raiseExceptions", True)
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(as_json())
    loggers = [logging.getLogger(name) for name in ("", "gunicorn.error")]
    quiet, loud = logging.getLogger("django.request"), logging.getLogger("portal.requests")
    before = quiet.level, loud.level
    quiet.setLevel("ERROR")
    loud.setLevel("INFO")
    for logger in loggers:
        logger.addHandler(handler)
    logging.captureWarnings(True)
    yield written
    logging.captureWarnings(False)
    quiet.setLevel(before[0])
    loud.setLevel(before[1])
    for logger in loggers:
        logger.removeHandler(handler)


def lines(log: StringIO) -> Lines:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def ask(browser: Client, path: str, method: str = "GET") -> HttpResponse:
    """Ask for a page with the canary in whatever a browser may send."""
    return browser.generic(
        method,
        f"{path}?child={CANARY}",
        f"child={CANARY}",
        content_type="application/x-www-form-urlencoded",
        headers={
            "User-Agent": CANARY,
            "Referer": f"https://{CANARY}.example/{CANARY}",
            "Origin": f"https://{CANARY}.example",
            "X-Request-ID": CANARY,
            "X-Forwarded-For": CANARY,
            "Cookie": f"child={CANARY}",
        },
    )


@pytest.mark.django_db
def test_nothing_that_somebody_typed_is_in_the_log(
    log: StringIO, teacher: User, settings: Settings
) -> None:
    settings.ROOT_URLCONF = "tests.failing_urls"
    signed, strict = signed_in(teacher), Client(enforce_csrf_checks=True)
    signed.raise_request_exception = strict.raise_request_exception = False
    for name in FAIL:
        ask(signed, f"/{name}/{CANARY}/")
        ask(strict, f"/{name}/", "POST")
    ask(signed, f"/{CANARY}/")
    ask(signed, "/in_a_view/", CANARY.upper())
    signed.get("/in_a_view/", headers={"Host": f"{CANARY}.example"})
    assert CANARY.lower() not in log.getvalue().lower()
    told = lines(log)
    # It has not become silent: every request has its line, every failure its place.
    requests = [line for line in told if line["logger"] == "portal.requests"]
    assert len(requests) == 2 * len(FAIL) + 3
    assert {line["status"] for line in requests} == {200, 400, 403, 404, 500}
    failed = [line for line in told if line["logger"] == "django.request"]
    assert len(failed) == 6, "one for each page that raises, and one with a method unheard of"
    assert "tests/failing_urls.py" in json.dumps(failed[0]["exception"])


@pytest.mark.django_db
def test_nothing_that_is_typed_into_the_real_pages_is_in_the_log(
    log: StringIO, teachers_browser: Client
) -> None:
    for path in ("/", "/find/", "/account/login/", "/conversations/new/", "/quick-check/"):
        for method in ("GET", "POST"):
            ask(teachers_browser, path, method)
            ask(Client(), path, method)
    assert CANARY.lower() not in log.getvalue().lower()
    assert {line["event"] for line in lines(log)} == {"request"}


@pytest.mark.django_db
def test_a_request_is_one_line(log: StringIO, teacher: User) -> None:
    number = "0123456789abcdef" * 2
    signed_in(teacher).get("/levels/2/?a=b", headers={"X-Request-ID": number})
    (line,) = lines(log)
    assert line.keys() == {
        "event", "level", "logger", "at", "request", "method", "route", "status", "ms", "user",
    }  # fmt: skip
    assert (line["method"], line["route"], line["status"]) == ("GET", "level", 200)
    assert (line["user"], line["request"]) == (teacher.pk, number)


@pytest.mark.django_db
def test_an_error_has_the_number_of_its_request(log: StringIO, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.failing_urls"
    browser = Client(raise_request_exception=False)
    browser.get("/in_a_chain/")
    failed, request = lines(log)
    assert failed["request"] == request["request"]
    exception = failed["exception"]
    assert [error["type"] for error in exception] == ["builtins.RuntimeError", "builtins.KeyError"]
    assert exception[0]["at"][-1].endswith(" in_a_chain")
    browser.get("/from_an_agency/")
    assert lines(log)[2]["event"] == "Alerts were not sent: SMTPException"


def test_what_ends_a_command_is_logged_without_its_message() -> None:
    ended = django(f"raise ValueError('{CANARY}')", **PRODUCTION)
    assert ended.returncode == 1
    assert CANARY not in ended.stderr + ended.stdout
    (error,) = json.loads(ended.stderr.splitlines()[-1])["exception"]
    assert error["type"] == "builtins.ValueError"


def test_our_own_code_logs_constants_alone() -> None:
    """Their texts are written as they are: so a message is a literal, and what fills it known."""
    calls = [call for folder in OUR_OWN for call in log_calls(ROOT / folder)]
    assert len(calls) > 5
    for where, call in calls:
        if call.func.value.id == "log" and where == "portal/request_log.py":  # type: ignore[attr-defined]
            continue  # its fields are tested above
        message, *values = call.args
        assert isinstance(message, ast.Constant), f"{where}: a message must be a literal"
        values += [given.value for given in call.keywords if given.arg != "exc_info"]
        unknown = {ast.unparse(value) for value in values} - CONSTANT
        assert not unknown, f"{where} logs {unknown}: may somebody have typed it?"


def log_calls(folder: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call of a logger's method in a folder, and the file it is in."""
    methods = {"debug", "info", "warning", "error", "exception", "critical", "log"}
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="log" | "logger"), attr=attr)):
                    if attr in methods:
                        yield str(path.relative_to(ROOT)), node
