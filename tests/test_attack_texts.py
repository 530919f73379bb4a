"""Every hostile text in every text field of every form about a child, on every page that shows it.

Fields are found by walking the forms as they are built, so that a new one is tried by itself:
one that is typed into nowhere here, or shown nowhere, fails.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.people_forms import OneLine
from referrals import services
from referrals.fields import SHORT, PlainText
from referrals.follow_up_forms import AnswerForm, CouncilCallForm, DoneForm, LookedAtForm
from referrals.keeping_forms import HoldForm
from referrals.models import Conversation, FollowUp
from referrals.review_forms import AdditionForm, EscalationForm, ReviewForm
from referrals.steps import BY_SLUG
from tests.access import make_world
from tests.attack import forms_of, is_page
from tests.hostile import ALL, LONG, as_read
from tests.people import LEVEL_2
from tests.shown import Shown, all_marked, portions

OURS = ("accounts", "referrals", "thresholds", "guidance_content")
# These look for text or check a secret: what is typed is kept nowhere.
ONLY_READ = {"DeskForm.words", "FindForm.text", "KeepFromOneForm.email", "WorryForm.worry"}
REFUSED_YES = LEVEL_2 | {
    "judgement": {"level": "1", "reason": ""},
    "agreement": {"agreement": "refused", "given_by": "", "given_how": ""},
    "sharing": {"shares": "yes", "family_told": "no", "service_told": "no"},
}
UNSAFE = LEVEL_2 | {
    "danger": {"danger": "yes"},
    "agreement": {"agreement": "unsafe"},
    "sharing": {"shares": "yes", "family_told": "unsafe"},
}
YOUNG = LEVEL_2 | {
    "signs": {"codes": ["dd001", "dd034", "dd104"]},
    "agreement": {"agreement": "given", "given_by": "young_person", "given_how": "written"},
}
JOURNEYS = (YOUNG, REFUSED_YES, UNSAFE)


def all_forms() -> list[type[forms.BaseForm]]:
    """Return every form class of the project."""

    def below(known: type) -> Iterator[type]:
        for inner in known.__subclasses__():
            yield inner
            yield from below(inner)

    found = {f for f in below(forms.BaseForm) if f.__module__.split(".")[0] in OURS}
    return sorted(found, key=lambda form: form.__qualname__)


def is_text(field: forms.Field) -> bool:
    return isinstance(field, forms.CharField) and not isinstance(field.widget, forms.HiddenInput)


def has_rules(field: forms.Field) -> bool:
    """Say whether a field takes only what looks like a date, an address and the like."""
    plain = (MaxLengthValidator, ProhibitNullCharactersValidator)
    return any(not isinstance(rule, plain) for rule in field.validators)


def test_every_text_field_takes_every_text_or_says_why_not() -> None:
    problems, tried = [], 0
    for form in all_forms():
        for name, declared in getattr(form, "base_fields", {}).items():
            if not is_text(declared):
                continue
            for text in (*ALL, *LONG):
                tried += 1
                try:
                    taken = declared.clean(text)
                except ValidationError:
                    fits = len(text) <= (declared.max_length or len(text))
                    if (
                        isinstance(declared, PlainText | OneLine)
                        and fits
                        and not declared.validators[2:]
                    ):
                        problems.append(f"{form.__name__}.{name} refused {text[:30]!r}")
                    continue
                if not isinstance(taken, str):
                    continue
                if "\x00" in taken or as_read(taken) != as_read(text):
                    problems.append(f"{form.__name__}.{name} made {taken[:30]!r} of {text[:30]!r}")
    assert tried > 3000
    assert not problems, "\n".join(problems)


class Fields:
    """Every text field that was typed into, by a number that its texts carry."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.short: dict[str, set[str]] = {}

    def number(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


def typed_into(
    form: forms.BaseForm | type[forms.BaseForm], base: dict[str, object], fields: Fields
) -> dict[str, object]:
    """Return `base` with hostile texts in every text field of the form."""
    sent = dict(base)
    kind = form if isinstance(form, type) else type(form)
    there = form.base_fields if isinstance(form, type) else form.fields
    for name, field in there.items():
        if not is_text(field):
            continue
        place = fields.number(f"{kind.__name__}.{name}")
        room = field.max_length
        sent[name] = portions(place, room)[0] if room == SHORT else all_marked(place)
    return sent


def walk_hostile(
    client: Client, posted: dict[str, dict[str, object]], fields: Fields, shown: Shown
) -> Conversation:
    """Go the whole way with hostile texts, and look at each page that shows them again."""
    url = "/conversations/new/"
    while not url.endswith("/check/"):
        slug = "area" if url.endswith("/new/") else url.rstrip("/").rsplit("/", 1)[-1]
        sent = posted[slug]
        if slug != "area":
            conversation = Conversation.objects.get(token=url.split("/")[2])
            known = services.walk_of(conversation).known
            form = BY_SLUG[slug].form(known, services.guidance_of(conversation))
            sent = typed_into(form, sent, fields)
        response = client.post(url, sent)
        assert response.status_code == 302, f"{url}: {response.content.decode()[:3000]}"
        if slug != "area":
            look(client, url, shown)
        url = response.url
    return Conversation.objects.get(token=url.split("/")[2])


def look(client: Client, url: str, shown: Shown) -> HttpResponse:
    response = client.get(url)
    assert response.status_code == 200, url
    if is_page(response):
        shown.page(url, response.content.decode())
    return response


def copied(conversation: Conversation, fields: Fields, portion: int) -> Conversation:
    """Record the conversation once more, with the next portion in each short field."""
    first = services.saved_answers(conversation)
    begun = services.start(
        author=conversation.author, agency=conversation.agency, data=first["area"]
    )
    for slug, data in first.items():
        told = {name: next_portion(text, fields, portion) for name, text in data.items()}
        services.save_answer(conversation=begun, step=slug, data=told)
    return services.record(conversation=Conversation.objects.get(pk=begun.pk))


def next_portion(text: object, fields: Fields, portion: int) -> object:
    mark = re.match(r"⟦(\d+)\.0:", text) if isinstance(text, str) else None
    if mark is None or len(text) > SHORT:
        return text
    portions_of = portions(int(mark[1]), SHORT)
    cleaned = PlainText(max_length=SHORT).clean(portions_of[portion % len(portions_of)])
    return cleaned


@pytest.fixture
def quick_finder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the finder read the beginning: tests/test_attack_limits.py tells how far it reads."""
    monkeypatch.setattr("thresholds.search.MOST_TOKENS", 200)


def test_a_record_shows_every_text_as_text(db: None, quick_finder: None) -> None:
    world, fields, shown = make_world("recorded"), Fields(), Shown()
    author, lead = world.browsers["author"], world.browsers["lead"]
    for journey in JOURNEYS:
        conversation = walk_hostile(author, journey, fields, shown)
        start = f"/conversations/{conversation.token}/"
        look(author, "/conversations/", shown)
        look(lead, start, shown)
        look(author, f"{start}check/", shown)
        assert author.post(f"{start}check/").status_code == 302
        afterwards(author, lead, start, fields, shown)
        conversation.refresh_from_db()
        for portion in range(1, len(portions(0, SHORT))):
            copy = copied(conversation, fields, portion)
            look(author, f"/conversations/{copy.token}/summary/", shown)
    look(author, "/conversations/", shown)
    look(lead, "/desk/?status=all", shown)
    assert not shown.problems, "\n".join(shown.problems[:30])
    lacks = [f"{fields.names[int(line.split(':')[0])]}: {line}" for line in
             shown.lacks(range(len(fields.names)))]  # fmt: skip
    assert not lacks, "\n".join(lacks)
    assert unwalked(fields) == set()


def unwalked(fields: Fields) -> set[str]:
    """Return the text fields of records' forms that nothing was typed into."""
    there = {
        f"{form.__name__}.{name}"
        for form in all_forms()
        if form.__module__.startswith("referrals.")
        for name, field in form.base_fields.items()
        if is_text(field)
    }
    return there - set(fields.names) - ONLY_READ


def afterwards(author: Client, lead: Client, start: str, fields: Fields, shown: Shown) -> None:
    """Do everything that comes after a record, with hostile texts in every text field."""
    day = timezone.localdate() - timedelta(days=1)
    parts = {"day": day.day, "month": day.month, "year": day.year}
    then = {f"on_{part}": number for part, number in parts.items()} | {"at": "09:00"}
    answered = {f"answered_on_{part}": number for part, number in parts.items()}
    done(author, f"{start}add/", AdditionForm, {}, fields)
    answer = {"answer": "no-action"} | answered
    done(author, f"{start}follow-up/answer/", AnswerForm, answer, fields)
    place = fields.number("CouncilCallForm.to")
    for portion in portions(place, SHORT):
        sent = typed_into(CouncilCallForm, then, fields) | {"to": portion}
        assert author.post(f"{start}follow-up/call/", sent).status_code == 302
    conversation = Conversation.objects.get(token=start.split("/")[2])
    now = timezone.localtime()
    today = {"on_day": now.day, "on_month": now.month, "on_year": now.year, "at": "00:00"}
    for kind, form in ((FollowUp.Kind.WRITING, DoneForm), (FollowUp.Kind.PLAN, LookedAtForm)):
        row = FollowUp.objects.create(conversation=conversation, kind=kind, due_at=now)
        done(author, f"{start}follow-up/{row.pk}/done/", form, today, fields)
    for decision in ("ask", "other-level"):
        page = forms_of(look(lead, f"{start}summary/", shown))
        read = next(form.as_sent()["read"][0] for form in page if "read" in form.as_sent())
        level = "4" if decision == "other-level" else ""
        sent = {"decision": decision, "read": read, "level": level}
        done(lead, f"{start}review/", ReviewForm, sent, fields)
    written = lead.post(f"{start}escalations/").url
    done(lead, written, EscalationForm, {}, fields)
    done(lead, f"{start}hold/", HoldForm, {"act": "hold"}, fields)
    for url in (f"{start}summary/", f"{start}follow-up/", f"{start}add/"):
        look(author, url, shown)
    for url in (
        f"{start}summary/",
        f"{start}follow-up/",
        f"{start}hold/",
        "/desk/keeping/",
        written,
    ):
        look(lead, url, shown)


def done(
    client: Client, url: str, form: type[forms.Form], base: dict[str, object], fields: Fields
) -> None:
    response = client.post(url, typed_into(form, base, fields))
    assert response.status_code == 302, f"{url}: {response.content.decode()[:4000]}"
