"""The portal as a running program: its own database, its own port, stopped at the end."""

import os
import re
import secrets
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from portal.settings import BASE_DIR
from tests.browser.person import APPS
from tests.postgres import free_port

TEACHER, LEAD, EDITOR = "teacher@example.org", "lead@example.org", "editor@example.org"
STRANGER = "stranger@example.org"
SECOND_EDITOR = "second.editor@example.org"
# Leads who have only a password as yet.
NEW_LEADS = ("bea@example.org", "cal@example.org")
SETUP_SECONDS = 120
START_SECONDS = 30
STOP_SECONDS = 10

# What `make run` does, and a practitioner of another agency, to whom this agency's children
# are none of their business. In one process: each start of Django takes seconds.
PREPARE = f"""
from django.core.management import call_command
from allauth.mfa.totp.internal.auth import TOTP
from accounts.management.commands.demo_people import demo_secret
from accounts.models import Agency, Membership, User
call_command("migrate", verbosity=0)
call_command("load_guidance", verbosity=0)
call_command("demo_people")
agency = Agency.objects.create(name="Another Agency", kind=Agency.Kind.SCHOOL)
user = User(email="{STRANGER}", name="Sam Outside")
user.set_password("{{password}}")
user.save()
Membership.objects.create(user=user, agency=agency, role=Membership.Role.PRACTITIONER)
for email in {NEW_LEADS}:
    lead = User(email=email, name="New Lead", password=user.password)
    lead.save()
    Membership.objects.create(user=lead, agency=agency, role=Membership.Role.LEAD)
editor = User(email="{SECOND_EDITOR}", name="Sam Second", password=user.password, is_editor=True)
editor.save()
TOTP.activate(editor, demo_secret(editor.email))
for email in ("{LEAD}", "{EDITOR}", "{SECOND_EDITOR}"):
    print("app:", demo_secret(email), email)
"""


@dataclass(frozen=True)
class Portal:
    """Where the portal answers, the passwords of the people who can sign in, and its log.

    The log holds the letters too that the portal sends.
    """

    url: str
    passwords: dict[str, str]
    log: Path


@contextmanager
def running(folder: Path, **settings: str):
    """Prepare a portal in `folder`, serve it, and stop it. Yields a Portal.

    `settings` are variables of its environment. It answers to the name localhost too, as a passkey
    belongs to a named site.
    """
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder / 'portal.sqlite3'}",
        "STANDBY_FILE": str(folder / "standby.sqlite3"),
        "ERASURE_LEDGER": str(folder / "erasures.jsonl"),
        "DEBUG": "true",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "EMAIL_URL": "consolemail://",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        **settings,
    }
    passwords, apps = prepare(environment)

    environment["DJANGO_SETTINGS_MODULE"] = "tests.browser.settings"
    address = f"127.0.0.1:{free_port()}"
    command = (sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", address)
    APPS.update({(f"http://{address}", email): secret for email, secret in apps.items()})
    log = folder / "portal.log"
    with log.open("w") as output:
        server = _start(command, environment, output)
        try:
            _wait_until_it_answers(server, f"http://{address}/", log)
            yield Portal(f"http://{address}", passwords, log)
        finally:
            server.terminate()
            try:
                server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(STOP_SECONDS)


def _start(command: tuple[str, ...], environment: dict[str, str], output: IO[str]):
    return subprocess.Popen(
        (*command, "--workers", "1", "--threads", "4"),
        cwd=BASE_DIR,
        env=environment,
        stdout=output,
        stderr=subprocess.STDOUT,
    )


def prepare(environment: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Fill the database. Returns the passwords by email address, and the secrets of the apps."""
    password = secrets.token_hex(8)
    done = subprocess.run(
        (sys.executable, "manage.py", "shell", "-v", "0", "-c", PREPARE.format(password=password)),
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SETUP_SECONDS,
        check=False,
    )
    passwords = dict(re.findall(r"(\S+@\S+) +(\S+)$", done.stdout, re.M))
    passwords |= dict.fromkeys((STRANGER, SECOND_EDITOR, *NEW_LEADS), password)
    if done.returncode or {TEACHER, LEAD, EDITOR} - passwords.keys():
        raise RuntimeError(f"The portal could not be prepared:\n{done.stdout}{done.stderr}")
    return passwords, {
        email: secret for secret, email in re.findall(r"app: (\S+) (\S+)", done.stdout)
    }


def _wait_until_it_answers(server: subprocess.Popen, url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(url, timeout=START_SECONDS):  # noqa: S310
                return
        except HTTPError as error:
            raise RuntimeError(f"The portal answers {error.code}:\n{log.read_text()}") from error
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"The portal did not start:\n{log.read_text()}")
