"""What axe, and a look at the width, find wrong with a page."""

import re
from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Route

PHONE = 320
WIDTHS = (PHONE, 768, 1280)
HEIGHT = 900

# axe leaves target-size out unless it is asked. Passes are many and slow to hand over.
RUN_AXE = """axe.run({resultTypes: ["violations"], rules: {"target-size": {enabled: true}}})
    .then(results => results.violations.flatMap(rule => rule.nodes.map(node => [
        rule.id, node.html, node.failureSummary])))"""
OPEN_ALL = "document.querySelectorAll('details').forEach(part => part.open = true)"
TOO_WIDE = """() => {
    const room = document.documentElement.clientWidth;
    const width = document.documentElement.scrollWidth;
    if (width <= room) return null;
    const reaches = part => part.scrollWidth + part.getBoundingClientRect().left > room + 1;
    const last = [...document.body.querySelectorAll('*')].filter(reaches).at(-1);
    return `${width}px wide: ${last ? last.outerHTML.slice(0, 300) : 'nothing named'}`;
}"""

# What may differ between pages that look alike: words, and the values of some attributes.
WORDS = re.compile(r'(?<=>)[^<]+| (?:value|href|action)="[^"]*"')


@dataclass
class Findings:
    """What is wrong, each with the widths at which it shows."""

    at: dict[tuple[str, str, str], set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, page: str, width: int, rule: str, html: str) -> None:
        self.at[page, rule, html].add(width)

    def check(self) -> None:
        """Fail with the whole list, if there is one."""
        if self.at:
            lines = [
                f"{page} at {', '.join(map(str, sorted(widths)))}: {rule}: {html}"
                for (page, rule, html), widths in self.at.items()
            ]
            pytest.fail("\n".join(lines), pytrace=False)


def examine(page: Page, name: str, findings: Findings, widths: tuple[int, ...] = WIDTHS) -> None:
    """Look at `page`, which runs JavaScript, at each width.

    axe sees it as it is met on wide screens, and with all that folds opened on a phone, where
    room is short. Wide things are looked for both ways at every width.
    """
    page.evaluate(AXE_SCRIPT)
    for width in reversed(widths):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        _look_for_wide_things(page, name, width, findings)
        if width != PHONE:
            _run_axe(page, name, width, findings)
    page.evaluate(OPEN_ALL)
    _run_axe(page, f"{name} (opened)", widths[0], findings)
    for width in widths:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        _look_for_wide_things(page, f"{name} (opened)", width, findings)


def _look_for_wide_things(page: Page, name: str, width: int, findings: Findings) -> None:
    if too_wide := page.evaluate(TOO_WIDE):
        findings.add(name, width, "scrolls sideways", too_wide)


def _run_axe(page: Page, name: str, width: int, findings: Findings) -> None:
    for rule, html, why in page.evaluate(RUN_AXE):
        findings.add(name, width, rule, f"{html[:300]} ({why})")


class Auditor:
    """Examines pages that were met without JavaScript.

    axe cannot run where JavaScript is off. So the page as it was met, byte for byte, is
    shown again in a second window where axe can, with the page's own scripts withheld. A page
    that differs from an earlier one in its words alone is not examined twice.
    """

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context()
        self.page = self.context.new_page()
        self.page.route("**/*", self._serve)
        self.html = ""
        self.headers: dict[str, str] = {}
        self.examined: set[str] = set()

    def look(self, name: str, url: str, html: str, policy: str, findings: Findings) -> None:
        """Examine the page `html`, which stands at `url` under the content security `policy`."""
        shape = WORDS.sub("", html)
        if shape in self.examined:
            return
        self.examined.add(shape)
        self.html = html
        self.headers = {
            "content-type": "text/html; charset=utf-8",
            "content-security-policy": policy,
        }
        self.page.goto(url)
        examine(self.page, name, findings)

    def _serve(self, route: Route) -> None:
        if route.request.is_navigation_request():
            route.fulfill(body=self.html, headers=self.headers)
        elif route.request.resource_type == "script":
            route.abort()
        else:
            route.continue_()

    def close(self) -> None:
        self.context.close()
