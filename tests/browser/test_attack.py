"""A journey in a real browser: it breaks no rule of the content security policy, and asks no
other host for anything.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.browser.cases import CASES
from tests.browser.person import Person
from tests.browser.portal import EDITOR, Portal

pytestmark = pytest.mark.browser

# Counted in the page itself, from before its first script.
LISTEN = """
window.broken = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.broken.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
HOSTILE = "<img src=https://evil.example/x onerror=alert(1)><script>alert(2)</script>"
OPEN = ("/", "/levels/", "/guidance/", "/contacts/", "/find/", "/quick-check/", "/account/login/")
EDITORS = ("/editors/", "/admin/", "/admin/thresholds/indicator/")


def test_no_rule_is_broken_and_no_other_host_is_asked(
    arrive: Callable[..., Person], portal: Portal
) -> None:
    own, elsewhere, broken = urlsplit(portal.url).netloc, [], []
    author, editor = arrive(scripts=True), arrive(email=EDITOR, scripts=True)
    for person in (author, editor):
        person.context.add_init_script(LISTEN)
        person.page.on("dialog", lambda dialog: broken.append(dialog.message) or dialog.dismiss())
        person.context.on(
            "request",
            lambda request: (
                elsewhere.append(request.url) if urlsplit(request.url).netloc != own else None
            ),
        )

    def listen(person: Person) -> None:
        here = person.page.evaluate("window.broken")
        assert here is not None
        broken.extend(f"{person.path}: {rule}" for rule in here)

    answers = CASES["level-2"].answers | {"concern": HOSTILE, "reason": HOSTILE}
    author.open("/conversations/new/")
    author.walk(answers, each=lambda page: listen(author))
    author.record()
    listen(author)
    for person, paths in ((author, OPEN), (editor, EDITORS)):
        for path in paths:
            person.open(path)
            listen(person)
    assert broken == []
    assert elsewhere == []


def test_the_browser_would_tell(arrive: Callable[..., Person]) -> None:
    person = arrive(scripts=True)
    person.context.add_init_script(LISTEN)
    person.open("/")
    person.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=color:red>')")
    person.page.wait_for_function("window.broken.length > 0")
