"""Whatever is edited, passes problems() and is published: every page, the journey and the PDF hold.

What problems() lets through and a page does not stand is found here. EDITS_EXAMPLES=500 in the
environment looks for longer, at other examples each time.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from markupsafe import escape

from accounts.models import User
from guidance_content import editions
from guidance_content.exchange import as_document
from guidance_content.importing import import_document
from guidance_content.models import Page
from guidance_content.problems import blocking
from guidance_content.shape import read_document
from referrals.models import Conversation
from tests import edits, elsewhere, quick_check
from tests.access import POLICIES
from tests.editors import make_editor, shipped
from tests.people import LEVEL_2, signed_in
from thresholds.guidance import Guidance
from thresholds.load import load
from thresholds.models import Area, Edition

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("EDITS_EXAMPLES", "0"))
CHANGES = st.lists(st.sampled_from(edits.EDITS), min_size=1, max_size=6)
# Of many alike on an edition as large as the shipped one.
A_FEW = 6
SAID_YES = {"agreement": "given", "given_by": "parent", "given_how": "spoken"}
AGREEMENTS = [SAID_YES, *({"agreement": word} for word in ("refused", "unsafe", "not_asked"))]


def holds(examples: int) -> Any:
    """Settings of a test that needs a second or more for each example."""
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
def edie() -> User:
    return make_editor("edie")


@pytest.fixture
def sam() -> User:
    return make_editor("sam")


@pytest.fixture
def small(edie: User) -> Edition:
    """A published edition of three levels and five domains, in the portal's home."""
    edition = elsewhere.publish(import_document(elsewhere.northshire()))
    Area.objects.exclude(partnership=edition.partnership).update(position=F("position") + 9)
    Area.objects.filter(partnership=edition.partnership).update(position=F("position") % 2)
    return edition


@settings(parent=holds(20))
@given(changes=CHANGES, data=st.data())
def test_a_small_edition_holds(
    small: Edition,
    edie: User,
    sam: User,
    client: Client,
    teacher: User,
    changes: list[edits.Edit],
    data: st.DataObject,
) -> None:
    with undone():
        if edition := edited(small, edie, sam, changes, data):
            everything_holds(edition, client, signed_in(teacher), data)


@settings(parent=holds(2))
@given(changes=CHANGES, data=st.data())
def test_the_shipped_edition_holds(
    edie: User,
    sam: User,
    client: Client,
    teacher: User,
    changes: list[edits.Edit],
    data: st.DataObject,
) -> None:
    with undone():
        if edition := edited(shipped(), edie, sam, changes, data):
            everything_holds(edition, client, signed_in(teacher), data)


@contextmanager
def undone() -> Iterator[None]:
    """Take back all that an example does to the database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def edited(
    source: Edition, edie: User, sam: User, changes: list[edits.Edit], data: st.DataObject
) -> Edition | None:
    """Return a published copy with these changes; None where problems() refuses them."""
    draft = editions.create_draft(
        source=source, slug="edited", title="Edited", source_date="2026", by=edie
    )
    for change in changes:
        change(draft, data.draw)
    draft.refresh_from_db()
    if found := blocking(draft):
        event("refused")
        with pytest.raises(editions.HasProblems):
            editions.propose(draft=draft, by=edie, publish_from=timezone.localdate())
        assert all(problem.text and problem.link for problem in found)
        return None
    event("published")
    editions.propose(draft=draft, by=edie, publish_from=timezone.localdate())
    return editions.approve(draft=draft, by=sam, reason="Nobody answered")


def everything_holds(
    edition: Edition, client: Client, browser: Client, data: st.DataObject
) -> None:
    guidance = load(edition)
    pages_hold(edition, guidance, client)
    quick_check_holds(guidance, client, data)
    journey_holds(edition, guidance, browser, data)
    exchange_holds(edition)


# The open pages


def pages_hold(edition: Edition, guidance: Guidance, client: Client) -> None:
    html = {address: html_of(client, address) for address in addresses(edition, guidance)}
    for level in guidance.levels:
        page = html[reverse("level", args=[level.number])]
        assert escape(level.title) in page
        for sign in guidance.indicators:
            assert sign.level != level.number or escape(sign.text) in page, sign
    for page in Page.objects.filter(edition=edition):
        assert f"{escape(page.title)}</h1>" in html[reverse("guidance_page", args=[page.code])]
    glossary = html[reverse("glossary")]
    assert all(escape(term.definition) in glossary for term in guidance.terms)
    assert not any(
        "<script>alert" in page or 'javascript:alert(1)"' in page for page in html.values()
    )


def addresses(edition: Edition, guidance: Guidance) -> list[str]:
    """Return the address of every open page, with those that the edition makes."""
    own: dict[str, list[object]] = {
        "level": [level.number for level in guidance.levels],
        "domain": [domain.code for domain in guidance.domains],
        "ladder": [ladder.code for ladder in guidance.ladders],
        "indicator": [sign.code for sign in guidance.indicators],
        "guidance_page": list(Page.objects.filter(edition=edition).values_list("code", flat=True)),
    }
    found = []
    for name, policy in POLICIES.items():
        if name in own:
            step = max(1, len(own[name]) // 20)
            found += [reverse(name, args=[key]) for key in own[name][::step]]
        elif policy.open and policy.denied == 404:
            found.append(reverse(name, kwargs=policy.arguments(None)))
    return found


def html_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return b"".join(response).decode() if response.streaming else response.content.decode()


# The journey


def signs_chosen(guidance: Guidance, data: st.DataObject) -> dict[str, object]:
    codes = st.lists(st.sampled_from(list(guidance.by_code)), max_size=A_FEW, unique=True)
    domains = st.lists(st.sampled_from(list(guidance.domain_by_code)), max_size=2, unique=True)
    chosen = {"codes": data.draw(codes), "unknown_domains": data.draw(domains)}
    return chosen if any(chosen.values()) else {"codes": [next(iter(guidance.by_code))]}


def answers(guidance: Guidance, data: st.DataObject) -> dict[str, dict[str, object]]:
    """Return an answer to every step, for a child of the edition's own areas or elsewhere."""

    def one(*values: object) -> Any:
        return data.draw(st.sampled_from(values))

    numbers = [str(level.number) for level in guidance.levels]
    signs = signs_chosen(guidance, data)
    return LEVEL_2 | {
        "area": {"place": one(*guidance.areas, *guidance.areas, "elsewhere", "unknown")},
        "danger": {"danger": one("yes", "no", "unknown")},
        "call": {"made": "no"},
        "concern": {"concern": f"Seen today: {data.draw(edits.NASTY_LONG)}"},
        "questions": {question.code: data.draw(edits.NASTY) for question in guidance.questions},
        "in-place": {
            name: one("yes", "no", "unknown")
            for name in ("assessment", "plan_tried", "sudden_escalation")
        } | {"discussed": "no"},
        "signs": signs,
        "evidence": {f"seen_by_{code}": one("", "me", "child") for code in signs["codes"]},
        "judgement": {"level": one(*numbers, "not_sure"), "reason": "Because of what I saw"},
        "reading": {"significant_harm": one("yes", "no", "unknown"), "difference": "x"},
        "agreement": one(*AGREEMENTS),
        "sharing": {"shares": one("yes", "no", "unknown")},
    }  # fmt: skip


def journey_holds(
    edition: Edition, guidance: Guidance, browser: Client, data: st.DataObject
) -> None:
    posted = answers(guidance, data)
    url = "/conversations/new/"
    for _ in range(len(posted) + 1):
        page = html_of(browser, url)
        assert "<h1" in page
        slug = "area" if url.endswith("/new/") else url.rstrip("/").rsplit("/", 1)[-1]
        if slug == "check":
            break
        response = browser.post(url, posted[slug])
        assert response.status_code == 302, (slug, posted[slug])
        url = response.url
    assert browser.post(url).status_code == 302
    done = Conversation.objects.recorded().get(token=url.split("/")[2])
    assert done.edition == edition
    summary = html_of(browser, reverse("conversation_summary", args=[done.token]))
    assert escape(guidance.title) in summary
    assert done.content["blocks"][0]["slug"] == "request"
    steps = next(block for block in done.content["blocks"] if block["slug"] == "next-steps")
    assert steps["table"]["rows"], "there is always something to do"
    if data.draw(st.integers(0, 2)) == 0:
        response = browser.get(reverse("conversation_pdf", args=[done.token]))
        assert response.content.startswith(b"%PDF-")


def quick_check_holds(guidance: Guidance, client: Client, data: st.DataObject) -> None:
    number = data.draw(st.sampled_from(guidance.levels)).number
    checked = quick_check.pages(
        client,
        area={"place": data.draw(st.sampled_from(guidance.areas))},
        signs=signs_chosen(guidance, data),
        judgement={"level": str(number)},
    )
    assert len(list(checked)) > 5


# Out and in


def exchange_holds(edition: Edition) -> None:
    document = as_document(edition)
    document["edition"]["slug"] = "again"
    again = import_document(read_document(json.dumps(document).encode()))
    assert as_document(again) == document | {
        "edition": document["edition"] | {"status": again.status}
    }
