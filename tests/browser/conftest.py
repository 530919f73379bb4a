"""Chromium, the portal as a program of its own, and the people who use it."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import portal as program
from tests.browser.audit import HEIGHT, Auditor, Findings
from tests.browser.person import Person
from tests.browser.portal import TEACHER, Portal
from tests.openid_provider.program import OpenIDProvider, planned

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Arrive = Callable[..., Person]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser last: it is slow, and its event loop keeps Django from the database."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def chromium() -> str:
    return find_chromium()


def find_chromium() -> str:
    """Return where Chromium is. Without it a developer may go on; where CI is set, nobody may."""
    found = shutil.which("chromium")
    if found:
        return found
    reason = "There is no chromium here (Debian: apt-get install chromium)."
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], chromium: str
) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": chromium, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def openid_provider() -> OpenIDProvider:
    """A provider that the portal is told of. A test that needs it starts it."""
    return planned()


@pytest.fixture(scope="session")
def portal(
    tmp_path_factory: pytest.TempPathFactory, chromium: str, openid_provider: OpenIDProvider
) -> Iterator[Portal]:
    entry = openid_provider.entry(domains=["example.org"])
    folder = tmp_path_factory.mktemp("portal")
    with program.running(folder, OIDC_PROVIDERS=json.dumps([entry])) as started:
        yield started


@pytest.fixture(scope="session")
def auditor(browser: Browser) -> Iterator[Auditor]:
    auditor = Auditor(browser)
    yield auditor
    auditor.close()


@pytest.fixture(scope="session")
def signed_in(browser: Browser, portal: Portal) -> Callable[[str], Any]:
    """Return what a browser keeps once somebody has signed in: nobody does it twice."""
    kept: dict[str, Any] = {}

    def state(email: str) -> Any:
        if email not in kept:
            context = browser.new_context(java_script_enabled=False)
            Person(context, portal.url).sign_in(email, portal.passwords[email])
            kept[email] = context.storage_state()
            context.close()
        return kept[email]

    return state


@pytest.fixture(scope="session")
def window(
    browser: Browser, portal: Portal, signed_in: Callable[[str], Any]
) -> Callable[..., Person]:
    """Open a window for somebody, or for nobody (email=""), without JavaScript unless said."""

    def open_window(email: str = TEACHER, width: int = 768, scripts: bool = False) -> Person:
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHT},
            java_script_enabled=scripts,
            storage_state=signed_in(email) if email else None,
        )
        return Person(context, portal.url)

    return open_window


@pytest.fixture
def arrive(window: Callable[..., Person]) -> Iterator[Arrive]:
    """Open windows that are closed when the test is over."""
    people: list[Person] = []

    def open_window(**options: Any) -> Person:
        people.append(window(**options))
        return people[-1]

    yield open_window
    for person in people:
        person.context.close()


@pytest.fixture
def person(arrive: Arrive) -> Person:
    return arrive()


@pytest.fixture
def anyone(arrive: Arrive) -> Person:
    """Somebody who has not signed in, with a session of their own to end."""
    return arrive(email="", scripts=True)


@pytest.fixture
def findings() -> Iterator[Findings]:
    found = Findings()
    yield found
    found.check()
