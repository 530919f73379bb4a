"""Words about a child, typed everywhere, and looked for wherever they must not be."""

import logging
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Event, User
from referrals.models import Conversation
from tests.attack import is_page, markup_of, quiet
from tests.people import LEVEL_2, signed_in, walk_to

NAME, STREET, NUMBER, PHONE, GRAN = (
    "Zebedee", "Quillfeather", "PX77141", "07700900817", "Wilhelmina"
)  # fmt: skip
BORN = ("1987", "19")
CANARIES = (NAME, STREET, NUMBER, PHONE, GRAN, "31 January 2016", "2016-01-31")
TOLD = f"{NAME} of 9 {STREET} Lane, {NUMBER}, ring {PHONE}, gran is {GRAN}."
# Text that is typed is taken by every field that holds it.
POSTED: dict[str, dict[str, object]] = LEVEL_2 | {
    "danger": {"danger": "yes"},
    "child": {
        "name": f"{NAME} {STREET}", "agency_reference": NUMBER, "siblings": GRAN,
        "born_on_day": "31", "born_on_month": "1", "born_on_year": "2016",
    },
    "concern": {"concern": TOLD},
    "questions": {"life-and-wishes": TOLD, "harms-or-risks": TOLD},
    "evidence": {"seen_by_dd034": "other", "note_dd034": TOLD},
    "judgement": {"level": "1", "reason": TOLD},
    "reading": {"significant_harm": "yes", "difference": TOLD},
    "next-steps": {"plan": TOLD, "other_service": NAME},
    "family": {"address": TOLD, "callback": PHONE, "household": GRAN, "school": NAME},
}  # fmt: skip
Commit = Callable[..., object]


def found_in(text: object) -> set[str]:
    """Return the words about the child in a text: as they are, in capitals, or as in a link."""
    seen = str(text).casefold().replace("+", " ").replace("%20", " ")
    return {canary for canary in CANARIES if canary.casefold() in seen}


class Watch(Client):
    """A browser that looks at everything of an answer that others could see."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.problems: list[str] = []
        self.answers = 0

    def request(self, **request: Any) -> HttpResponse:
        response = super().request(**request)
        where = f"{request['REQUEST_METHOD']} {request['PATH_INFO']}"
        self.answers += 1
        told = {"the address": f"{request['PATH_INFO']}?{request.get('QUERY_STRING', '')}"}
        told |= {f"the header {name}": value for name, value in response.headers.items()}
        told |= {f"the cookie {c.key}": c.value for c in response.cookies.values()}
        if is_page(response):
            markup = markup_of(response)
            told["the title"] = " ".join(t for tag, t in markup.texts if tag == "title")
            links = [a.get("href", "") + a.get("action", "") for _, a in markup.elements]
            told["a link"] = " ".join(link for link in links if not link.startswith("tel:"))
        self.problems += [
            f"{where}: {what} holds {f}" for what, v in told.items() if (f := found_in(v))
        ]
        return response


def signed_in_watch(user: User) -> Watch:
    watch = Watch()
    watch.cookies = signed_in(user).cookies
    return watch


def kept_rows() -> Iterator[tuple[str, str]]:
    """Yield what stands in rows that hold no records: sessions, the cache, events."""
    for session in Session.objects.all():
        yield "a session", repr(session.get_decoded())
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM portal_cache")
        for key, value in cursor.fetchall():
            yield "the cache", f"{key} {value}"
    for model in (Event, *apps.get_app_config("admin").get_models()):
        for row in model._base_manager.values_list():
            yield model.__name__, repr(row)


def test_nothing_about_a_child_is_where_it_must_not_be(
    teacher: User,
    lead: User,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Commit,
) -> None:
    caplog.set_level(logging.DEBUG)
    # The queries that DEBUG would show hold everything, and no server of ours has DEBUG.
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    author, leads = signed_in_watch(teacher), signed_in_watch(lead)
    with django_capture_on_commit_callbacks(execute=True):
        token = go_the_whole_way(author)
    after(author, leads, token)
    search(leads)
    fail(teacher, monkeypatch)
    call_command("send_alerts", verbosity=2)
    assert author.answers > 40 and leads.answers > 8 and mail.outbox
    problems = author.problems + leads.problems
    for letter in mail.outbox:
        if found := found_in(letter.message().as_string() + str(letter.body)):
            problems.append(f"an email holds {found}")
    problems += [
        f"{where} holds {found}" for where, text in kept_rows() if (found := found_in(text))
    ]
    if found := found_in(caplog.text):
        line = next(line for line in caplog.text.splitlines() if found_in(line))
        problems.append(f"the log holds {found}: {line}")
    out = capfd.readouterr()
    if found := found_in(out.out + out.err):
        problems.append(f"what is printed holds {found}")
    assert not problems, "\n".join(problems)
    # The words are in the record: they were looked for in earnest.
    assert {NAME, STREET, NUMBER, PHONE, GRAN} <= found_in(
        Conversation.objects.recorded().get().content
    )


def go_the_whole_way(author: Watch) -> str:
    url = walk_to(author, "check", **{k.replace("-", "_"): v for k, v in POSTED.items()})
    for slug in POSTED:
        author.get(url.replace("check", slug))
    author.get("/conversations/")
    author.get(url)
    assert author.post(url).status_code == 302
    return url.split("/")[2]


def after(author: Watch, leads: Watch, token: str) -> None:
    """Do all that comes after a record, with the same words."""
    start = f"/conversations/{token}/"
    day = timezone.localdate() - timedelta(days=1)
    then = {"day": str(day.day), "month": str(day.month), "year": str(day.year)}
    called_on = {f"on_{part}": text for part, text in then.items()} | {"at": "09:00"}
    answered_on = {f"answered_on_{part}": text for part, text in then.items()}
    for page in ("summary/", "summary.pdf", "follow-up/", "add/"):
        assert author.get(start + page).status_code == 200, page
    assert author.post(f"{start}add/", {"text": TOLD}).status_code == 302
    called = author.post(f"{start}follow-up/call/", called_on | {"to": GRAN, "said": TOLD})
    answered = author.post(
        f"{start}follow-up/answer/",
        answered_on | {"answer": "no-action", "note": TOLD},
    )
    page = leads.get(f"{start}summary/").content.decode()
    read = re.search(r'name="read"[^>]*value="([^"]+)"', page)
    asked = {"decision": "ask", "text": TOLD, "read": read[1] if read else ""}
    reviewed = leads.post(f"{start}review/", asked)
    escalated = leads.post(f"{start}escalations/")
    done = (called, answered, reviewed, escalated)
    assert [response.status_code for response in done] == [302] * 4
    leads.get(f"{start}summary.pdf")
    leads.get(f"{start}keep-from/")


def search(leads: Watch) -> None:
    leads.post("/desk/", {"words": f"{NAME} {STREET}", "status": "all"})
    for url in ("/desk/", "/desk/numbers/", "/people/"):
        leads.get(url)
    for name in ("records_csv", "numbers_csv"):
        response = leads.get(reverse(name))
        b"".join(response.streaming_content)
    leads.post("/find/", {"text": TOLD})
    leads.post("/quick-check/", {"page": "signs", "find": "yes", "worry": TOLD})


def fail(teacher: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail in the middle of a step: by a fault, without a token, and after the session's end."""
    client = quiet(signed_in(teacher))
    url = walk_to(client, "concern", child=POSTED["child"])
    with monkeypatch.context() as patch:
        patch.setattr("referrals.services.note", lambda *a, **k: raise_with(TOLD))
        assert client.post(url, {"concern": TOLD}).status_code == 500
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(url, {"concern": TOLD}).status_code == 403
    client.get("/conversations/00000000-0000-4000-8000-000000000000/summary/")
    client.post(url + "no-such-step/", {"concern": TOLD})
    client.cookies.clear()
    assert client.post(url, {"concern": TOLD}).status_code == 403


def raise_with(text: str) -> None:
    """A fault that happens while the words are at hand, and does not say them."""
    raise RuntimeError(len(text))
