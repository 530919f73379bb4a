"""What is not set is as production needs it, and what production needs must be set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
