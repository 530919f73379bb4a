"""What is not set is as production needs it, and what production needs must be set."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).parents[1]
PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "abcdefghij" * 6,
    "ALLOWED_HOSTS": "portal.example",
    "DATABASE_URL": "sqlite://:memory:",
}
COMMAND = "from django.core.management import call_command as call; "


def django(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `code` with these settings alone: what a `.env` says does not count against them."""
    clean = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "portal.settings"}
    return subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {code}"],
        cwd=ROOT, env=clean | environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS"])
def test_production_refuses_to_start_without(name: str) -> None:
    started = django("", **PRODUCTION | {name: ""})
    assert started.returncode != 0
    assert name in started.stderr


UNSAFE = [
    ({"DEBUG": "true"}, "DEBUG"),
    ({"DEBUG": "true", "ALLOWED_HOSTS": "localhost,192.0.2.1"}, "DEBUG"),
    ({"ALLOWED_HOSTS": "portal.example,*"}, "ALLOWED_HOSTS"),
    ({"SECRET_KEY": "short"}, "SECRET_KEY"),
    ({"SECRET_KEY": "aaab" * 20}, "SECRET_KEY"),
    ({"SECRET_KEY": "django-insecure-" + "abcdefgh" * 8}, "SECRET_KEY"),
    ({"EVENT_KEYS": "short," + PRODUCTION["SECRET_KEY"]}, "EVENT_KEYS"),
    ({"MFA_KEYS": "short"}, "MFA_KEYS"),
    ({"DATA_KEYS": "short"}, "DATA_KEYS"),
    ({"INDEX_KEYS": "short"}, "INDEX_KEYS"),
    ({"PORTAL_URL": "http://portal.example"}, "PORTAL_URL"),
    ({"CSRF_TRUSTED_ORIGINS": "http://portal.example"}, "CSRF_TRUSTED_ORIGINS"),
    ({"EMAIL_URL": "consolemail://"}, "EMAIL_URL"),
    ({"EMAIL_URL": "smtp://mail.example:587"}, "EMAIL_URL"),
    ({"DATABASE_URL": "postgres://portal@db.example/portal"}, "DATABASE_URL"),
    ({"DATABASE_URL": "postgres://portal@db.example/portal?sslmode=require"}, "DATABASE_URL"),
    ({"DATABASE_URL": "postgres://portal@127.example/portal"}, "DATABASE_URL"),
]
SAFE = [
    {},
    {"EMAIL_URL": "smtp+tls://mail.example:587"},
    {"EMAIL_URL": "smtp+ssl://mail.example:465"},
    {"DATABASE_URL": "postgres://portal@127.0.0.1/portal"},
    {"DATABASE_URL": "postgres:////var/run/postgresql/portal"},
    {"DATABASE_URL": "postgres://portal@db.example/portal?sslmode=verify-full"},
]
LOAD = """
import importlib, json, os, sys
from django.core.exceptions import ImproperlyConfigured
for changes in json.load(sys.stdin):
    kept = dict(os.environ); os.environ.update(changes)
    try:
        sys.modules.pop("portal.settings", None); importlib.import_module("portal.settings")
        print("started")
    except ImproperlyConfigured as error:
        print(error)
    os.environ.clear(); os.environ.update(kept)
"""


def test_it_refuses_to_start_with_an_unsafe_combination() -> None:
    """Each by its name, and none when all is as it should be."""
    environment = {"PATH": os.environ["PATH"]} | PRODUCTION
    started = subprocess.run(
        [sys.executable, "-c", LOAD], input=json.dumps([*SAFE, *(change for change, _ in UNSAFE)]),
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    told = started.stdout.splitlines()
    assert told[: len(SAFE)] == ["started"] * len(SAFE), started.stderr
    refusals = told[len(SAFE) :]
    for refusal, (change, named) in zip(refusals, UNSAFE, strict=True):
        assert refusal.startswith(f"{named}: "), f"{change}: {refusal}"
        assert refusal.count(". ") <= 1, "one problem is told once"


def test_a_postgresql_that_hangs_holds_nobody_up() -> None:
    names = "d['CONN_MAX_AGE'], d['CONN_HEALTH_CHECKS'], d['OPTIONS']"
    show = f"from django.conf import settings as s; d = s.DATABASES['default']; print({names})"
    url = "postgres://portal@db.example/portal?sslmode=verify-full"
    shown = django(show, **PRODUCTION | {"DATABASE_URL": url, "LOCK_TIMEOUT": "3"}).stdout
    assert "60 True" in shown
    assert "'connect_timeout': 3" in shown and "'sslmode': 'verify-full'" in shown
    assert "-c statement_timeout=20s -c lock_timeout=3s" in shown


@pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL alone")
@pytest.mark.django_db
def test_postgresql_knows_the_limits() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        assert cursor.fetchone() == ("20s",)


def test_psycopg_3_is_not_installed() -> None:
    """Django would use it in silence, in place of the psycopg2 that all of this is tested with."""
    assert importlib.util.find_spec("psycopg2") and not importlib.util.find_spec("psycopg")


def test_production_is_the_default() -> None:
    names = "s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT"
    environment = PRODUCTION | {"DEBUG": ""}
    shown = django(f"from django.conf import settings as s; print({names})", **environment)
    assert shown.stdout.split() == ["False", "True", "True", "True"], shown.stderr


def test_production_passes_djangos_own_checks() -> None:
    checked = django(COMMAND + "call('check', deploy=True, fail_level='WARNING')", **PRODUCTION)
    assert checked.returncode == 0, checked.stderr


def test_demonstration_people_are_refused_in_production() -> None:
    refused = django(COMMAND + "call('demo_people')", **PRODUCTION)
    assert refused.returncode != 0
    assert "DEBUG" in refused.stderr
