"""A whole conversation in a browser, and everything that was met on its way."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.browser.audit import Auditor, Findings
from tests.browser.cases import (
    AREAS,
    Case,
    phones,
    urgent_phone,
)
from tests.browser.person import Pdf, Person, Seen, squash


@dataclass
class Journey:
    """A conversation as it was lived: every page on the way, then the summary and the PDF."""

    case: Case
    pages: list[Seen] = field(default_factory=list)
    visible_phones: dict[str, set[str]] = field(default_factory=dict)
    cards: dict[str, list[str]] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    kept_by_browser: list[str] = field(default_factory=list)
    summary: Seen | None = None
    pdf: Pdf | None = None
    asked: dict[str, str] = field(default_factory=dict)

    @property
    def slugs(self) -> list[str]:
        return [page.slug for page in self.pages]

    @property
    def all_pages(self) -> list[Seen]:
        assert self.summary
        return [*self.pages, self.summary]

    @property
    def after_area(self) -> list[Seen]:
        """Every page once it is known where the child lives."""
        return self.all_pages[1:]

    @property
    def reference(self) -> str:
        assert self.pdf
        return self.pdf.filename.removesuffix(".pdf")


def live(case: Case, person: Person, auditor: Auditor) -> Journey:
    journey = Journey(case)

    def meet(page: Seen) -> None:
        links = person.page.locator('a[href^="tel:"]:visible').all()
        journey.visible_phones[page.slug] = {squash(link.inner_text()) for link in links}
        journey.cards[page.slug] = cards(person)
        auditor.look(page.slug, page.url, page.html, person.policy, journey.findings)

    person.open("/conversations/new/")
    journey.pages = person.walk(case.answers, each=meet)
    journey.asked = person.asked
    assert journey.asked.keys() == case.answers.keys(), "every answer was asked for"
    journey.summary = person.record()
    meet(journey.summary)
    journey.pdf = person.read_pdf()
    journey.kept_by_browser = [
        f"{response.status} {urlsplit(response.url).path}: {caching}"
        for response in person.responses
        if "no-store" not in (caching := response.headers.get("cache-control", ""))
    ]
    return journey


def cards(person: Person) -> list[str]:
    """Return the areas whose urgent number stands in the main part, under their own heading.

    Fails if another area's number stands there too.
    """
    found = []
    for slug, area in AREAS.items():
        headings = person.page.locator("main").get_by_role("heading", name=area["name"], exact=True)
        for heading in headings.all():
            links = heading.locator("xpath=..").locator('a[href^="tel:"]:visible').all()
            numbers = {squash(link.inner_text()) for link in links}
            assert squash(urgent_phone(slug)) in numbers
            assert numbers <= phones(slug), f"a stranger's number under {area['name']}"
            found.append(area["name"])
    return found
