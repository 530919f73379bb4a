"""Hostile texts in every row that is shown: guidance, contacts, people and agencies.

They are put into the rows themselves, past every form: on open pages, in the editors' room, in
the admin, on the lead's pages, in CSV and in emails each must be a text and nothing else.
"""

import csv
import io
import re
import uuid
from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest
from django.apps import apps
from django.core import mail
from django.db.models import CharField, EmailField, Field, Model, SlugField, TextField, URLField
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, Membership, User
from guidance_content import preview
from guidance_content.models import Page
from referrals.exports import FORMULA
from referrals.letters import letter
from referrals.models import Alert, Child, Conversation
from tests.edits import CHOSEN
from tests.hostile import ALL
from tests.people import give_app, make_person, record, signed_in
from tests.shown import Shown, marked
from thresholds import models as m
from thresholds.models import Edition, EditionRow

ROOM = 1500
# Read by rules and by code, not by people; or Markdown, which is no longer the text it was.
NOT_TEXT = {
    "Edition.source_date", "Edition.digest", "Page.body", "Sayings.lines", "NextStep.contact",
    "Contact.phone", "SpecialRoute.contact",
} | {f"Rule.{name}" for name in CHOSEN} | {f"ConsentPoint.{name}" for name in CHOSEN}  # fmt: skip
# A page shows these, so that the walk has come everywhere that it must.
SHOWN = {
    "Edition.title", "Edition.note", "Edition.source", "Level.name", "Level.description",
    "Level.needs", "Domain.name", "Indicator.text", "Service.name", "PathwayStep.title",
    "PathwayStep.text", "Question.text", "Term.term", "Term.definition", "SpecialRoute.name",
    "SpecialRoute.text", "Ladder.name", "Ladder.summary", "Page.title", "Page.summary",
    "Contact.name", "Contact.hours", "Contact.source", "Link.name", "Link.note",
}  # fmt: skip
LINK = re.compile(r'href="(/(?!static/|account/|admin/|people/|desk/)[^"#?]*)')
MOST_PAGES = 90


def columns(model: type[Model]) -> list[Field]:
    """Return the columns of a table that hold what people read."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField)
        and not isinstance(field, SlugField | URLField | EmailField)
        and not field.choices
        and f"{model.__name__}.{field.name}" not in NOT_TEXT
    ]


class Written:
    """What was put into rows: places by the name of their column."""

    def __init__(self) -> None:
        self.places: list[str] = []
        self.next = 0

    def fill(self, row: Model) -> dict[str, str]:
        """Return for each column of a row as many texts as it has room for, the next each time."""
        filled = {}
        for field in columns(type(row)):
            name = f"{type(row).__name__}.{field.name}"
            if name not in self.places:
                self.places.append(name)
            room, text = field.max_length or ROOM, ""
            while True:
                more = marked(self.places.index(name), self.next % len(ALL)).replace("\x00", "")
                if len(text) + len(more) > room:
                    break
                text, self.next = text + more, self.next + 1
            filled[field.name] = text or "short"
        return filled


@pytest.fixture
def hostile(draft: Edition) -> Written:
    """A draft, and contacts, links and areas, whose every text is hostile."""
    written = Written()
    own = [model for model in apps.get_models() if issubclass(model, EditionRow)]
    for model in own:
        for row in model._base_manager.filter(edition=draft):
            model.objects.filter(pk=row.pk).update(**written.fill(row))
    for page in Page.objects.filter(edition=draft):
        Page.objects.filter(pk=page.pk).update(body="\n\n".join(ALL).replace("\x00", ""))
    for row in (draft, *m.Contact.objects.all(), *m.Link.objects.all()):
        type(row)._base_manager.filter(pk=row.pk).update(**written.fill(row))
    return written


def crawl(client: Client, start: list[str], shown: Shown) -> int:
    """Look at every page that is led to from `start`, each kind of address a few times."""
    waiting, met, kinds = list(start), set(start), {}
    while waiting and len(met) < MOST_PAGES:
        url = waiting.pop()
        response = client.get(url)
        if response.status_code != 200 or not response.get("Content-Type", "").startswith(
            "text/html"
        ):
            continue
        html = response.content.decode()
        shown.page(url, html)
        for found in LINK.findall(html):
            kind = re.sub(r"[^/]*\d[^/]*|(?<=/indicators/)[^/]+", "*", found)
            kinds[kind] = kinds.get(kind, 0) + 1
            if found not in met and kinds[kind] < 12 and "stop" not in found:
                met.add(found)
                waiting.append(found)
    return len(met)


def test_pages_of_the_guidance_show_every_text_as_text(
    hostile: Written, draft: Edition, edies: Client
) -> None:
    shown = Shown()
    edies.post(reverse("edition_preview", args=[draft.slug]))
    assert preview.KEY in edies.session
    here = ["/", *(reverse(name) for name in ("contacts", "grid", "glossary", "ladders", "levels"))]
    about = ("edition", "edition_signs", "edition_pages")
    room = ["/editors/", *(reverse(name, args=[draft.slug]) for name in about)]
    room += [reverse("editor_contacts"), reverse("editor_links")]
    seen = crawl(edies, here, shown) + crawl(edies, room, shown)
    compared = edies.get(reverse("edition_compare"), {"from": "ddscp-2019-12", "to": draft.slug})
    shown.page("compare", compared.content.decode(), whole=False)
    assert seen > 60
    assert not shown.problems, "\n".join(shown.problems[:25])
    assert set().union(*shown.seen.values()) >= set(range(len(ALL))) - nul()
    assert {hostile.places[place] for place in shown.seen} >= SHOWN


def nul() -> set[int]:
    return {number for number, text in enumerate(ALL) if "\x00" in text}


def test_pages_of_the_admin_show_every_text_as_text(
    hostile: Written, draft: Edition, edies: Client, people: list[User]
) -> None:
    shown = Shown()
    boss = make_person("boss@school.example", None)
    User.objects.filter(pk=boss.pk).update(is_staff=True, is_superuser=True, name=marked(900, 0))
    give_app(boss)
    staff = signed_in(User.objects.get(pk=boss.pk))
    seen = 0
    for client, what in ((edies, r"\w+"), (staff, "accounts")):
        there = client.get("/admin/").content.decode()
        for url in set(re.findall(rf'href="(/admin/{what}/\w+/)"', there)):
            for page in (url, *first_rows(client, url)):
                response = client.get(page)
                if response.status_code == 200:
                    seen += 1
                    shown.page(page, response.content.decode())
    assert seen > 30
    assert not shown.problems, "\n".join(shown.problems[:25])
    assert len(set().union(*shown.seen.values())) > 90


def first_rows(client: Client, url: str) -> list[str]:
    html = client.get(url).content.decode()
    return re.findall(rf'href="({url}\d+/change/)', html)[:2]


@pytest.fixture
def people(agency: Agency) -> list[User]:
    """As many people as there are texts, each with one for a name."""
    made = User.objects.bulk_create(
        User(email=f"p{number}@school.example", name=marked(0, number).replace("\x00", ""),
             job_title=marked(1, number).replace("\x00", ""))
        for number in range(len(ALL))
    )  # fmt: skip
    Membership.objects.bulk_create(Membership(user=user, agency=agency) for user in made)
    return made


def test_names_of_people_are_names_in_pages_files_and_emails(
    people: list[User], teachers_browser: Client, leads_browser: Client, lead: User, agency: Agency
) -> None:
    first, shown = record(teachers_browser), Shown()
    copies = []
    for number, author in enumerate(people):
        values = {f.attname: getattr(first, f.attname) for f in Conversation._meta.concrete_fields}
        values |= {"id": None, "token": uuid.uuid4(), "reference": f"TG-AAAA-{number:04}"}
        copies.append(Conversation(**values | {"author_id": author.pk}))
    Conversation.objects.bulk_create(copies)
    Child.objects.bulk_create(Child(conversation=copy) for copy in copies)
    for url in ("/people/", "/desk/?status=all", f"/desk/?status=all&author={people[3].pk}"):
        shown.page(url, leads_browser.get(url).content.decode())
    cells = rows_of(leads_browser, "records_csv")
    assert len(cells) == len(people) + 2
    assert not [cell for row in cells for cell in row if FORMULA.match(cell)]
    # Without the marks, the texts themselves: they begin a cell, as a formula must.
    for user, text in zip(people, ALL, strict=True):
        user.name = text.replace("\x00", "")
    User.objects.bulk_update(people, ["name"])
    cells = rows_of(leads_browser, "records_csv")
    assert not [cell for row in cells for cell in row if FORMULA.match(cell)]
    told = {text for row in cells for cell in row for text in (cell, cell.removeprefix("'"))}
    assert {text.replace("\x00", "") for text in ALL} - told == set()
    problems = []
    for text in ALL:
        agency.name = lead.name = text.replace("\x00", "")
        agency.save()
        lead.save()
        first.refresh_from_db()
        alert = Alert(conversation=first, recipient=lead, kind=Alert.Kind.DANGER)
        problems += wrong_headers_of(letter([alert]), lead.email)
        leads_browser.post("/people/invite/", {"email": "new@school.example", "role": "reader"})
        problems += wrong_headers_of(mail.outbox[-1], "new@school.example")
    assert len(mail.outbox) >= len(ALL)
    assert not shown.problems + problems, "\n".join((shown.problems + problems)[:25])
    assert not list(shown.lacks([0]))[1:], "a name is not shown"


def rows_of(client: Client, name: str) -> list[list[str]]:
    data = b"".join(client.get(reverse(name)).streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(data, newline="")))


EXPECTED = {
    "subject", "from", "to", "date", "message-id", "mime-version", "content-type",
    "content-transfer-encoding", "auto-submitted", "reply-to",
}  # fmt: skip


def wrong_headers_of(email: mail.EmailMessage, to: str) -> Iterator[str]:
    """Yield what is wrong with an email as it goes out: a header, or whom it goes to."""
    sent = message_from_bytes(email.message().as_bytes(), policy=policy.default)
    names = [name.lower() for name, _ in sent.items()]
    if set(names) - EXPECTED or len(names) != len(set(names)):
        yield f"the headers {names}"
    if sent["to"] != to or email.recipients() != [to]:
        yield f"it goes to {sent['to']}"
    if "evil" in sent["subject"] + sent["from"]:
        yield f"the subject {sent['subject']}"
