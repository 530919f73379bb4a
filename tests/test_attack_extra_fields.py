"""Fields that a form does not have, posted with it: nothing but the declared is changed.

Every route that takes a POST is posted twice from the same state, as its page would be, with and
without the names of all columns of all tables. Both times the same is written.
"""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.access import POLICIES, address, make_world
from tests.attack import SEERS, forms_of
from tests.people import LEVEL_2

OURS = ("accounts", "referrals", "thresholds", "guidance_content", "mfa", "account")
# What a page's form needs filled in before it is taken.
FILLED = {
    "text": "More is known now", "decision": "agree", "answer": "accepted", "role": "reader",
    "email": "another@people.example", "people": "", "name": "Another name", "how": "By telephone",
    "owner": "The partnership", "slug": "a-draft", "title": "A draft", "source_date": "2026",
    "reason": "There is a mistake in it", "note": "A note", "section": "Section 5",
    "source": "The partnership", "phone": "01332 640777", "summary": "About it",
    "body": "Some *text*", "heading": "", "url": "https://example.org/page", "hours": "",
    "oldpassword": "a long pass phrase", "password1": "another long phrase",
    "password2": "another long phrase", "to": "Sam", "said": "Ring again",
}  # fmt: skip
EXTRA = ("1", "lead")


def columns() -> set[str]:
    """Return the name of every column, as a form or an address would spell it."""
    found = {
        name
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in OURS
        for field in model._meta.get_fields()
        for name in {field.name, getattr(field, "attname", field.name)}
    }
    return found | {"is_superuser", "user_permissions", "groups", "pk", "agency_id", "by", "as"}


def posted_to(client: Client, url: str, extra: str, first: int) -> tuple[int, list[str]]:
    """Fill in and post the form of a page, with or without extras. Return what was written.

    New rows are numbered from `first`.
    """
    with transaction.atomic():
        number_from(first)
        page = client.get(url)
        forms = forms_of(page) if page.status_code == 200 else []
        here = [form for form in forms if form.action in ("", url, url.split("?")[0])]
        sent = QueryDict(mutable=True)
        own = here[0].as_sent() if here else {}
        for name, values in own.items():
            given = FILLED.get(name)
            sent.setlist(name, values if any(values) or given is None else [given])
        for name in own.keys() | declared_at(url).keys():
            if name in declared_at(url):
                sent.setlist(name, [str(v) for v in as_list(declared_at(url)[name])])
        for name in FILLED.keys() & choices_in(page.content.decode(errors="replace")):
            sent.setdefault(name, FILLED[name])
        if extra:
            for name in columns() - sent.keys() - choices_in(page.content.decode(errors="replace")):
                sent[name] = extra
        with CaptureQueriesContext(connection) as queries:
            response = client.post(
                url, sent.urlencode(), content_type="application/x-www-form-urlencoded"
            )
        transaction.set_rollback(True)
    return response.status_code, sorted(writes(queries))


def number_from(first: int) -> None:
    """Let two tries number their rows alike: PostgreSQL counts on after what was undone."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval(format('%%I.%%I', schemaname, sequencename), %s, false) "
                "FROM pg_sequences WHERE schemaname = current_schema()",
                [first],
            )


def declared_at(url: str) -> dict[str, object]:
    """Return what answers a step of the journey, for its page."""
    slug = url.rstrip("/").rsplit("/", 1)[-1]
    return LEVEL_2.get(slug, {}) if "/conversations/" in url else {}


def as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def choices_in(html: str) -> set[str]:
    """Return the name of every control of a page: none of them is an extra."""
    return set(re.findall(r'name="([^"]+)"', html))


def writes(queries: CaptureQueriesContext) -> Iterator[str]:
    """Yield what was written, without what differs each time: moments, digests, random names."""
    changing = r"'\d{4}-\d\d-\d\d \d[^']*'|'\d{4}-\d\d-\d\dT[^']*'|[0-9a-f]{32,}|'[\w$.:+/=-]{22,}'"
    for query in queries.captured_queries:
        found = re.match(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"', query["sql"])
        if found and found[1] not in ("django_session", "portal_cache", "accounts_chain"):
            yield re.sub(changing, "~", query["sql"])


@pytest.mark.parametrize("state", ["draft", "recorded"])
def test_a_form_changes_nothing_but_what_it_declares(state: str, db: None) -> None:
    world, problems, taken = make_world(state), [], set()
    for number, (name, policy) in enumerate(POLICIES.items(), 1):
        if "POST" not in policy.methods or (state == "draft" and not policy.of_record):
            continue
        url = address(name, policy, world)
        persona = next((p for p in SEERS if policy.may(p, state)), None)
        if persona is None:
            continue
        # What was written between the tries of two pages stays.
        client, first = world.browsers[persona], number * 1_000_000
        status, wanted = posted_to(client, url, "", first)
        taken |= {name} if status == 302 else set()
        for extra in EXTRA:
            again, got = posted_to(client, url, extra, first)
            if (again, got) != (status, wanted):
                more = [sql[:300] for sql in got if sql not in wanted]
                problems.append(f"{name}, {persona}, {extra}: {status}, {again}, {more}")
    assert not problems, "\n".join(problems)
    # Most were taken, and not refused for something else.
    assert len(taken) > {"draft": 1, "recorded": 20}[state], sorted(taken)
