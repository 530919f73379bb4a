"""Back after signing out, in Chromium with its page cache on, as people have it.

Playwright switches that cache off, so this speaks to chromedriver. That the cache is on is seen
on an open page: it comes back as it was left.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from tests.browser.conftest import FLAGS
from tests.faults.conftest import TEACHER
from tests.faults.machines import Machines, Web, free_port, wait_until

pytestmark = pytest.mark.faults

NAME = "Amina Example"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
IDLE = 20
SIGNED_IN = "return document.querySelector('.portal-header__account form') !== null"
# Whatever leads out of the portal finds nobody there.
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


class Chromium:
    """One window, by the W3C's WebDriver."""

    def __init__(self, driver: str, url: str) -> None:
        options = {"args": ["--headless=new", ALONE, *FLAGS]}
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
        made = requests.post(f"{driver}/session", json=wanted, timeout=60).json()["value"]
        self.session, self.url = f"{driver}/session/{made['sessionId']}", url

    def tell(self, what: str, **told: object) -> Any:
        answer = requests.post(f"{self.session}/{what}", json=told, timeout=60)
        assert answer.ok, answer.text
        return answer.json()["value"]

    def run(self, script: str, *arguments: object) -> Any:
        return self.tell("execute/sync", script=script, args=list(arguments))

    def open(self, path: str) -> None:
        self.tell("url", url=f"{self.url}{path}")

    def back(self) -> None:
        self.tell("back")

    @contextmanager
    def another_tab(self) -> Iterator[None]:
        """Go on in a new tab, and come back to this one."""
        this = requests.get(f"{self.session}/window", timeout=30).json()["value"]
        self.tell("window", handle=self.tell("window/new", type="tab")["handle"])
        yield
        self.tell("window", handle=this)

    def click(self, selector: str) -> None:
        found = self.tell("element", using="css selector", value=selector)
        self.tell(f"element/{found[ELEMENT]}/click")

    def type(self, selector: str, text: str) -> None:
        found = self.tell("element", using="css selector", value=selector)
        self.tell(f"element/{found[ELEMENT]}/value", text=text)

    @property
    def path(self) -> str:
        return str(self.run("return location.pathname"))

    @property
    def page(self) -> str:
        """All that can be seen or read in the page, with what stands in its fields."""
        fields = "[...document.querySelectorAll('input, textarea')].map(field => field.value)"
        return str(self.run(f"return document.documentElement.outerHTML + {fields}.join(' ')"))

    def sign_in(self, machines: Machines) -> None:
        self.open("/account/login/")
        self.type("[name=login]", TEACHER)
        self.type("[name=password]", machines.passwords[TEACHER])
        self.click("main form button[type=submit]")
        wait_until(lambda: self.path == "/conversations/", "Signing in")

    def end(self) -> None:
        requests.delete(self.session, timeout=30)


@pytest.fixture(scope="module")
def driver() -> Iterator[str]:
    program = shutil.which("chromedriver")
    if not program:
        reason = "There is no chromedriver here (Debian: apt-get install chromium-driver)."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    port = free_port()
    process = subprocess.Popen((program, f"--port={port}", "--silent"))
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return requests.get(f"{url}/status", timeout=5).ok
        except requests.RequestException:
            return False

    wait_until(answers, "The start of chromedriver")
    yield url
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def step(machines: Machines, teacher: Any) -> str:
    """A page with the child's name in it."""
    return str(teacher.walk_to("concern").replace("concern", "child"))


@pytest.fixture
def chromium(driver: str, machines: Machines) -> Iterator[Chromium]:
    window = Chromium(driver, machines.web.url)
    yield window
    window.end()


def test_the_page_cache_is_on(chromium: Chromium) -> None:
    """The control: without this, the tests below could not fail."""
    chromium.open("/guidance/")
    chromium.run("window.leftHere = true")
    chromium.open("/contacts/")
    chromium.back()
    wait_until(lambda: chromium.path == "/guidance/", "Going back")
    assert chromium.run("return window.leftHere === true")


def nothing_personal(chromium: Chromium, step: str) -> None:
    assert chromium.run("return window.leftHere !== true"), "it came out of the page cache"
    assert NAME not in chromium.page and chromium.path != step


def shown(chromium: Chromium, machines: Machines, step: str) -> None:
    """Sign in, and look at a page of one's own."""
    chromium.sign_in(machines)
    chromium.open(step)
    assert NAME in chromium.page
    chromium.run("window.leftHere = true")


def test_back_after_signing_out(chromium: Chromium, machines: Machines, step: str) -> None:
    shown(chromium, machines, step)
    chromium.click(".portal-header__account form button")
    wait_until(lambda: chromium.path == "/account/signed-out/", "Signing out")
    for _ in range(2):
        chromium.back()
        time.sleep(0.5)
        nothing_personal(chromium, step)


def test_back_after_exit_this_page_and_signing_out_elsewhere(
    chromium: Chromium, machines: Machines, step: str
) -> None:
    shown(chromium, machines, step)
    chromium.click(".govuk-exit-this-page__button")
    wait_until(lambda: chromium.run("return location.protocol") == "chrome-error:", "The exit")
    with chromium.another_tab():
        chromium.open("/")
        chromium.click(".portal-header__account form button")
        wait_until(lambda: not chromium.run(SIGNED_IN), "Signing out")
    chromium.back()
    wait_until(lambda: chromium.path == "/account/login/", "Being sent to sign in")
    nothing_personal(chromium, step)


def test_back_after_the_time_out(driver: str, machines: Machines, step: str) -> None:
    brief = machines.web.environment | {"IDLE_SECONDS": str(IDLE)}
    web = Web(machines.folder, brief)
    web.start()
    window = Chromium(driver, web.url)
    try:
        shown(window, machines, step)
        window.open("/contacts/")
        time.sleep(IDLE + 2)
        window.back()
        wait_until(lambda: window.path == "/account/login/", "Being sent to sign in")
        nothing_personal(window, step)
    finally:
        window.end()
        web.kill()
