"""Recorded conversations read again: the same as the whole reading says, and counted rightly."""

import gc
import tracemalloc
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Agency, User
from guidance_content.exchange import as_document
from guidance_content.importing import import_document
from referrals import services
from referrals.models import Answer, Conversation, Sign
from referrals.replay import Facts, Reader, replay
from tests.many import conversation_of, fill
from tests.people import record
from thresholds.concern import AGREEMENTS, KNOWN
from thresholds.guidance import Guidance
from thresholds.models import Edition, Indicator

Document = dict[str, Any]


def other_document(slug: str = "draft") -> Document:
    """The shipped edition's document, under another name."""
    document = as_document(Edition.objects.get(slug="ddscp-2019-12"))
    document["edition"]["slug"] = slug
    return document


def another(**changes: dict[str, Any]) -> Edition:
    """Return a draft of the shipped edition in which some indicators are otherwise, or gone."""
    document = other_document()
    gone = {code for code, change in changes.items() if not change}
    document["indicators"] = [
        row | changes.get(row["code"], {})
        for row in document["indicators"]
        if row["code"] not in gone
    ]
    for name in ("rules", "special_routes", "ladders"):
        for row in document[name]:
            row["indicators"] = [code for code in row["indicators"] if code not in gone]
    return import_document(document)


def with_rules(**changes: dict[str, Any]) -> Edition:
    document = other_document()
    for row in document["rules"]:
        row.update(changes.get(row["code"].replace("-", "_"), {}))
    return import_document(document)


# Reading.


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_remembered_is_what_the_whole_reading_says(
    ddscp: Guidance, data: st.DataObject
) -> None:
    reader = remembering(ddscp)
    codes = st.frozensets(st.sampled_from(sorted(ddscp.by_code)), max_size=12)
    shared = sorted(i.code for i in ddscp.indicators if i.shared_key in ddscp.levels_of_wording)
    facts = Facts(
        place=data.draw(st.sampled_from(["derby", "derbyshire", "elsewhere", "unknown"])),
        codes=data.draw(codes) | data.draw(st.frozensets(st.sampled_from(shared), max_size=3)),
        answers=tuple(
            sorted(
                {
                    "danger": data.draw(st.sampled_from(KNOWN)),
                    "significant_harm": data.draw(st.sampled_from(KNOWN)),
                    "plan_tried": data.draw(st.sampled_from(KNOWN)),
                    "agreement": data.draw(st.sampled_from(AGREEMENTS)),
                }.items()
            )
        ),
    )
    assert reader.read(facts) == reader.outcome(facts)


_readers: dict[str, Reader] = {}


def remembering(guidance: Guidance) -> Reader:
    """Return one reader for all examples, so that it has much to remember."""
    return _readers.setdefault(guidance.slug, Reader(guidance))


def test_a_record_is_read_as_it_was_recorded(teachers_browser: Client) -> None:
    record(teachers_browser)
    record(teachers_browser, danger={"danger": "yes"})
    record(teachers_browser, signs={"codes": ["dd157", "dd104"]}, evidence={})
    found = replay(Edition.objects.get(slug="ddscp-2019-12"))
    assert (found.total, found.changed, found.recorded_otherwise) == (3, 0, 0)
    assert not found.rules and not found.indicators and not found.retired


def test_answers_that_no_column_holds_are_read(teachers_browser: Client) -> None:
    codes = {"signs": {"codes": ["dd155"]}, "evidence": {}}
    record(teachers_browser, **codes, reading={"significant_harm": "yes"})
    assert replay(Edition.objects.get(slug="ddscp-2019-12")).recorded_otherwise == 0
    draft = with_rules(significant_harm={"child_protection": False})
    found = replay(draft)
    assert (found.changed, found.child_protection) == (1, 1)
    assert set(found.rules) == {"significant-harm"}


def test_a_rule_of_urgency_is_named(teachers_browser: Client) -> None:
    document = as_document(Edition.objects.get(slug="ddscp-2019-12"))
    code = next(row["code"] for row in document["rules"] if row["kind"] == "urgency")
    record(teachers_browser, signs={"codes": ["dd034"]}, evidence={})
    found = replay(with_rules(**{code.replace("-", "_"): {"level": 1, "area": ""}}))
    assert (found.changed, found.urgency) == (1, 1)
    assert set(found.rules) == {code}


def test_a_moved_indicator_changes_the_reading_and_is_named(teachers_browser: Client) -> None:
    done = record(teachers_browser, signs={"codes": ["dd034"]}, evidence={})
    assert done.read_level == 2
    found = replay(another(dd034={"level": 4}))
    ((levels, count),) = found.levels.items()
    assert levels[0] == 2 and levels[1] > 2 and count == 1
    assert dict(found.indicators) == {"dd034": 1} and found.rules
    assert found.still_open == 1


def test_a_retired_indicator_is_listed_and_counts_no_more(teachers_browser: Client) -> None:
    record(teachers_browser, signs={"codes": ["dd034"]}, evidence={})
    found = replay(another(dd034={}))
    assert dict(found.retired) == {"dd034": 1}
    assert found.levels == {(2, 1): 1}


def test_other_words_change_no_reading(teachers_browser: Client) -> None:
    record(teachers_browser)
    assert replay(another(dd034={"text": "Other words"})).changed == 0


def test_what_is_signed_off_is_not_open(teachers_browser: Client) -> None:
    record(teachers_browser, signs={"codes": ["dd034"]}, evidence={})
    Conversation.objects.update(review_state=Conversation.ReviewState.SIGNED_OFF)
    found = replay(another(dd034={"level": 4}))
    assert (found.changed, found.still_open) == (1, 0)


def test_drafts_and_other_partnerships_are_left_out(
    teachers_browser: Client, agency: Agency, teacher: User
) -> None:
    record(teachers_browser)
    services.start(author=teacher, agency=agency, data={"place": "derby"})
    other = Edition.objects.get(slug="warwickshire-spectrum")
    conversation_of(agency, teacher, timezone.now(), edition=other).save()
    assert replay(another()).total == 1


def test_the_readings_agree_with_the_whole_reading_for_very_many(
    agency: Agency, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("referrals.replay.AT_ONCE", 7)
    now = timezone.now()
    made = fill(agency, teacher, now, now, 60)
    Answer.objects.bulk_create(
        Answer(conversation=done, step="in-place", data={"plan_tried": "yes"}) for done in made[::3]
    )
    draft = another(dd034={"level": 4}, dd104={})
    old = Reader(services.load(Edition.objects.get(slug="ddscp-2019-12")))
    new = Reader(services.load(draft))
    expected = 0
    for place, done in enumerate(made):
        signs = Sign.objects.filter(conversation=done)
        codes = frozenset(signs.values_list("indicator__code", flat=True))
        answers = {"danger": "yes" if done.danger else "unknown", "agreement": done.agreement}
        answers |= {"plan_tried": "yes"} if place % 3 == 0 else {}
        facts = Facts(done.place, codes, tuple(answers.items()))
        expected += old.outcome(facts).differs(new.outcome(facts))
    heard: list[int] = []
    found = replay(draft, tell=heard.append)
    assert (found.total, found.changed) == (60, expected)
    assert sum(found.levels.values()) == 60
    assert heard == [*range(7, 60, 7), 60] and found.is_whole


def test_many_sittings_find_what_one_finds(
    agency: Agency, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("referrals.replay.AT_ONCE", 7)
    now = timezone.now()
    fill(agency, teacher, now, now, 30)
    draft = another(**{f"dd{number:03}": {"level": 4} for number in range(300)})
    found = replay(draft, enough=lambda: True)
    assert (found.total, found.is_whole) == (7, False)
    while not found.is_whole:
        found = replay(draft, found, enough=lambda: True)
    assert found == replay(draft)
    assert found.total == 30 and found.changed


def test_memory_stays_flat_however_many_there_are(
    agency: Agency, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is held is as large after the last as after the first: `bench_replay` in small."""
    monkeypatch.setattr("referrals.replay.AT_ONCE", 50)
    monkeypatch.setattr("referrals.replay.REMEMBERED", 20)
    now, held = timezone.now(), list[int]()
    draft = another(**{f"dd{number:03}": {"level": 4} for number in range(300)})
    fill(agency, teacher, now, now, 1000)

    def tell(done: int) -> None:
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    try:
        found = replay(draft, tell=tell)
    finally:
        tracemalloc.stop()
    assert found.changed > 300
    # Forty bytes a conversation would already be more.
    assert held[-1] - held[4] < 30_000


def test_an_edition_that_is_published_meanwhile_is_read_as_well(
    agency: Agency, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("referrals.replay.AT_ONCE", 2)
    now = timezone.now()
    fill(agency, teacher, now, now, 3)
    draft, later = another(), []

    def tell(done: int) -> None:
        if not later:
            later.append(import_document(other_document("later")))
            (done_then,) = fill(agency, teacher, now, now, 1)
            Conversation.objects.filter(pk=done_then.pk).update(edition=later[0])
            sign = Indicator.objects.get(edition=later[0], code="dd034")
            Sign.objects.filter(conversation=done_then).delete()
            Sign.objects.create(conversation=done_then, indicator=sign)

    assert replay(draft, tell=tell).total == 4


def test_queries_do_not_grow_with_the_conversations_of_a_chunk(
    agency: Agency, teacher: User
) -> None:
    draft, now = another(), timezone.now()
    counts = []
    for number in (5, 50):
        fill(agency, teacher, now, now, number)
        with CaptureQueriesContext(connection) as queries:
            replay(draft)
        counts.append(len(queries))
    assert counts[0] == counts[1]
