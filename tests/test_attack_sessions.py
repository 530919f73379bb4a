"""Host, redirects, sessions, forged requests: what a stranger or another site may send."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from accounts.events import note
from accounts.models import Agency, Event, Membership, User
from referrals.models import new_token
from tests.access import POLICIES, make_world
from tests.attack import everywhere, quiet, seen_by_somebody, tried
from tests.people import app_code, make_person, signed_in

EVIL = "evil.example"
PASSWORD = "a long pass phrase"
AWAY = (
    "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example",
    "\\\\evil.example", "http:evil.example", "javascript:alert(1)", "data:text/html,x",
    "https:///evil.example", "/\t/evil.example", "https://testserver@evil.example/",
    "https://testserver.evil.example/", " https://evil.example", "\x00//evil.example",
    "/%09/evil.example", "%2F%2Fevil.example",
)  # fmt: skip
NAMES = ("next", "redirect", "url", "return_to", "continue", "wanted", "go", "back")
# What a request leaves behind that says only that there was one.
TRACES = {"sessions.Session", "accounts.Event", "accounts.Chain"}
# They change nothing, and a token would be a cookie.
NO_TOKEN_NEEDED = {"find", "quick_check"}


def rows() -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, but for what only says that somebody was there."""
    return {
        model._meta.label: sorted(model._base_manager.values_list(), key=repr)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.label not in TRACES
    }


def test_every_bit_of_a_records_address_is_random() -> None:
    tokens = [new_token().int for _ in range(200)]
    assert all(0 < sum(token >> bit & 1 for token in tokens) < 200 for bit in range(128))


# The host


def test_a_host_that_is_not_ours_is_refused(db: None, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    for host in (EVIL, f"testserver.{EVIL}", f"testserver@{EVIL}", f"testserver:80@{EVIL}", "::1"):
        assert quiet(Client()).get("/", headers={"host": host}).status_code == 400, host


def test_forwarded_hosts_reach_no_link_and_no_email(
    db: None, settings: Settings, lead: User
) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    forged = {
        "HTTP_X_FORWARDED_HOST": EVIL, "HTTP_X_HOST": EVIL, "HTTP_FORWARDED": f"host={EVIL}",
        "HTTP_X_FORWARDED_SERVER": EVIL, "HTTP_X_ORIGINAL_URL": "/admin/",
        "HTTP_X_REWRITE_URL": "/admin/",
    }  # fmt: skip
    anybody, leads = Client(**forged), signed_in(lead)
    anybody.post("/account/password/reset/", {"email": lead.email})
    invited = {"email": "new@school.example", "role": "reader"}
    assert leads.post("/people/invite/", invited, **forged).status_code == 302
    assert len(mail.outbox) == 2
    for letter in mail.outbox:
        links = re.findall(r"https?://([^/\s]+)", str(letter.body))
        assert set(links) == {"testserver"}, letter.body
    for url in ("/", "/guidance/", "/account/login/", "/conversations/"):
        response = anybody.get(url)
        assert EVIL not in response.content.decode() + str(response.headers), url


def test_an_open_page_is_the_same_whatever_is_forged(db: None) -> None:
    """Anything shared that keeps an open page must not keep what one visitor put into it."""
    plain = Client().get("/guidance/")
    assert "public" in plain["Cache-Control"]
    forged = Client().get(
        "/guidance/?x=<script>&utm=1",
        HTTP_X_FORWARDED_HOST=EVIL, HTTP_X_FORWARDED_PROTO="http", HTTP_X_FORWARDED_PREFIX="/evil",
        HTTP_ACCEPT_LANGUAGE="ru", HTTP_USER_AGENT="<script>", HTTP_REFERER=f"https://{EVIL}/",
        HTTP_COOKIE="a=<b>", HTTP_X_HTTP_METHOD_OVERRIDE="POST",
    )  # fmt: skip
    assert forged.content == plain.content
    assert not forged.cookies
    assert "Cookie" in plain["Vary"]


def test_a_page_for_somebody_is_kept_by_nothing_shared(db: None, teachers_browser: Client) -> None:
    for url in ("/guidance/", "/guidance/x.css", "/conversations/x.css", "/conversations/;a.js"):
        kept = teachers_browser.get(url)["Cache-Control"]
        assert "no-store" in kept and "private" in kept and "public" not in kept, url


# Redirects


def leaves(response: HttpResponse) -> bool:
    """Say whether a browser would go anywhere but to a page of ours."""
    to = re.sub(r"[\t\n\r]", "", response.get("Location", "")).strip().replace("\\", "/")
    parts = urlsplit(urljoin("http://testserver/account/", to))
    return (parts.scheme, parts.netloc) != ("http", "testserver")


def test_no_address_leads_away(db: None) -> None:
    world, problems = make_world("recorded"), []
    form = "application/x-www-form-urlencoded"
    for name, url in everywhere(world):
        for persona in seen_by_somebody(world, name)[-1:]:
            for method, away in (("GET", AWAY[0]), ("POST", AWAY[3])):
                sent = "&".join(f"{parameter}={away}" for parameter in NAMES)
                body = sent if method == "POST" else ""
                browser = world.browsers[persona]
                response = tried(browser, method, url, body, form, QUERY_STRING=sent)
                if leaves(response):
                    problems.append(f"{method} {name}, {persona}: {response['Location']}")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("away", AWAY)
def test_signing_in_leads_to_no_other_site(teacher: User, away: str) -> None:
    sent = {"login": teacher.email, "password": PASSWORD, "next": away}
    response = Client().post("/account/login/", sent)
    assert response.status_code == 302 and not leaves(response)
    response = Client().post("/account/login/", sent, QUERY_STRING=f"next={away}")
    assert response.status_code == 302 and not leaves(response)
    response = signed_in(teacher).post("/account/logout/", {"next": away})
    assert response.status_code == 302 and not leaves(response)


def test_the_second_step_leads_to_no_other_site(lead: User) -> None:
    for away in AWAY:
        client = Client()
        sent = {"login": lead.email, "password": PASSWORD, "next": away}
        asked = client.post("/account/login/", sent)
        assert asked.status_code == 302 and not leaves(asked)
        cache.clear()  # a code is good once
        done = client.post("/account/login/code/", {"code": app_code(), "next": away})
        assert done.status_code == 302 and not leaves(done), away


# Sessions


def key_of(client: Client) -> str:
    return client.session.session_key


def planted() -> Client:
    """Return a browser with a session that somebody else knows."""
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    return client


def test_a_session_from_before_signing_in_is_worth_nothing(teacher: User) -> None:
    client = planted()
    before = key_of(client)
    client.post("/account/login/", {"login": teacher.email, "password": PASSWORD})
    assert SESSION_KEY in client.session
    assert key_of(client) != before
    assert not Session.objects.filter(session_key=before).exists()


def test_the_second_step_gives_a_new_session(lead: User) -> None:
    client = planted()
    client.post("/account/login/", {"login": lead.email, "password": PASSWORD})
    between = key_of(client)
    assert SESSION_KEY not in client.session
    client.post("/account/login/code/", {"code": app_code()})
    assert SESSION_KEY in client.session
    assert key_of(client) != between
    assert not Session.objects.filter(session_key=between).exists()


def test_a_new_password_ends_every_other_session(teacher: User) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        client.post("/account/login/", {"login": teacher.email, "password": PASSWORD})
    before = key_of(here)
    new = "another long pass phrase"
    changed = here.post(
        "/account/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert changed.status_code == 302
    assert here.get("/conversations/").status_code == 200
    assert there.get("/conversations/").status_code == 302
    assert key_of(here) != before


def test_a_suspended_person_sees_nothing_at_the_next_click(
    teacher: User, teachers_browser: Client
) -> None:
    User.objects.filter(pk=teacher.pk).update(is_active=False)
    assert teachers_browser.get("/conversations/").status_code == 302


def test_a_made_up_session_is_nobodys(db: None) -> None:
    for made_up in ("a" * 32, "../../etc/passwd", "' OR 1=1 --", "\u00e9" * 8, "x" * 5000):
        client = Client()
        client.cookies["sessionid"] = made_up
        assert client.get("/conversations/").status_code == 302


# Forged requests


def views() -> Iterator[tuple[str, object]]:
    def below(resolver: URLResolver) -> Iterator[tuple[str, object]]:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                yield from below(pattern)
            elif isinstance(pattern, URLPattern):
                yield str(pattern.name or pattern.pattern), pattern.callback

    yield from below(get_resolver())


def test_only_what_changes_nothing_needs_no_token() -> None:
    exempt = {name for name, view in views() if getattr(view, "csrf_exempt", False)}
    assert exempt == NO_TOKEN_NEEDED


def test_nothing_is_done_without_a_token(db: None) -> None:
    world, problems, tries = make_world("recorded"), [], 0
    pages = everywhere(world)
    strict = {}
    for persona, browser in world.browsers.items():
        strict[persona] = Client(enforce_csrf_checks=True)
        strict[persona].cookies = browser.cookies
    before = rows()
    for name, url in pages:
        if name in NO_TOKEN_NEEDED:
            continue
        for persona in seen_by_somebody(world, name):
            for method in ("POST", "DELETE"):
                tries += 1
                response = strict[persona].generic(method, url)
                if response.status_code not in (403, 404, 405):
                    problems.append(f"{method} {name}, {persona}: {response.status_code}")
    assert tries > 2 * len(POLICIES)
    assert not problems, "\n".join(problems)
    assert rows() == before


def test_looking_changes_nothing(db: None) -> None:
    """No GET or HEAD changes a row; and no header or parameter makes a POST of it."""
    world, problems = make_world("recorded"), []
    for name, url in everywhere(world):
        for persona in seen_by_somebody(world, name):
            with transaction.atomic(), CaptureQueriesContext(connection) as queries:
                response = world.browsers[persona].get(
                    url,
                    {"_method": "POST", "csrfmiddlewaretoken": "x", "text": "x"},
                    HTTP_X_HTTP_METHOD_OVERRIDE="POST",
                    HTTP_X_METHOD_OVERRIDE="DELETE",
                )
                if response.streaming:
                    b"".join(response.streaming_content)
            problems += [f"{name}, {persona}: {sql}" for sql in written(queries)]
    assert not problems, "\n".join(sorted(set(problems)))


def written(queries: CaptureQueriesContext) -> Iterator[str]:
    """Yield what wrote into a table other than those of traces, and of tries that are counted."""
    for query in queries.captured_queries:
        found = re.match(r'\s*(INSERT INTO|UPDATE|DELETE FROM) "?(\w+)"?', query["sql"])
        if found and found[2] not in ("django_session", "accounts_event", "accounts_chain"):
            yield " ".join(found.groups())


# Who has an account


def answers_alike(known: HttpResponse, unknown: HttpResponse, *typed: str) -> bool:
    def told(response: HttpResponse) -> str:
        body = response.content.decode()
        for text in typed:
            body = body.replace(text, "typed")
        body = re.sub(r'(csrfmiddlewaretoken" value=)"[^"]+"', r"\1", body)
        return f"{response.status_code} {response.get('Location', '')} {body}"

    return told(known) == told(unknown)


def test_no_answer_tells_who_has_an_account(
    agency: Agency, elsewhere: Agency, lead: User, teacher: User
) -> None:
    stranger = "nobody@nowhere.example"
    known = make_person("else@where.example", elsewhere, Membership.Role.PRACTITIONER).email
    note(Event.Verb.INVITED, actor=None, agency=elsewhere)  # the first event makes the chain
    tries = {
        "/account/login/": lambda email: (Client(), {"login": email, "password": "wrong"}),
        "/account/password/reset/": lambda email: (Client(), {"email": email}),
        "/people/invite/": lambda email: (signed_in(lead), {"email": email, "role": "reader"}),
    }
    for url, how in tries.items():
        told, asked = [], []
        for email in ("first@first.example", known, stranger):
            client, sent = how(email)
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                told.append(client.post(url, sent))
            asked.append(len(queries))
        assert answers_alike(*told[1:], known, stranger), url
        # An email is written after the answer: tests/test_throttling.py tells of its time.
        assert asked[1] == asked[2] or "reset" in url, (url, asked)
