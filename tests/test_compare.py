"""What changed between two editions: found by code, and each kind of change told as what it is."""

import copy
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidance_content.compare import Comparison, compare
from guidance_content.marks import ADDED, REMOVED, Effort, marks, shortened
from tests.elsewhere import northshire

Document = dict[str, Any]


def changed(**lists: Any) -> Comparison:
    return compare(northshire(), northshire() | lists)


def indicators(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    return [row | changes.get(row["code"], {}) for row in northshire()["indicators"]]


def kinds(comparison: Comparison, slug: str = "indicators") -> dict[str, set[str]]:
    return {one.key: set(one.kinds) for one in comparison.section(slug).differences}


def test_nothing_differs_from_itself() -> None:
    assert compare(northshire(), northshire()).is_empty


def test_a_new_indicator_is_added() -> None:
    new = northshire()["indicators"][0] | {"code": "n99", "text": "Sleeps well"}
    found = changed(indicators=[*indicators(), new])
    assert kinds(found) == {"n99": {"added"}}
    assert found.section("indicators").differences[0].title == "Sleeps well"


def test_an_indicator_that_is_gone_is_retired() -> None:
    assert kinds(changed(indicators=indicators()[1:])) == {"n01": {"retired"}}


def test_other_words_are_marked_word_by_word() -> None:
    found = changed(indicators=indicators(n03={"text": "Often comes very hungry"}))
    assert kinds(found) == {"n03": {"reworded"}}
    (change,) = found.section("indicators").differences[0].changes
    told = [(mark.kind, mark.text.strip()) for mark in change.marks if mark.kind != "same"]
    assert told == [("added", "very")]


@pytest.mark.parametrize("place", [{"level": 3}, {"domain": "home"}])
def test_another_level_or_domain_is_a_move(place: dict[str, object]) -> None:
    assert kinds(changed(indicators=indicators(n03=place))) == {"n03": {"moved"}}


def test_a_moved_and_reworded_indicator_is_both() -> None:
    found = changed(indicators=indicators(n03={"level": 3, "text": "Hungry"}))
    assert kinds(found) == {"n03": {"moved", "reworded"}}


def test_another_order_names_as_few_as_it_can() -> None:
    first, *others = indicators()
    assert kinds(changed(indicators=[*others, first])) == {"n01": {"reordered"}}


def test_another_shared_wording_is_a_change() -> None:
    found = changed(indicators=indicators(n03={"shared_key": "x"}))
    assert kinds(found) == {"n03": {"changed"}}


def test_sayings_are_a_list_of_their_own_and_swamp_no_other() -> None:
    many = [f"saying {number}" for number in range(10_000)]
    found = changed(indicators=indicators(n03={"sayings": many[:400]}, n04={"text": "Other"}))
    assert kinds(found) == {"n04": {"reworded"}}
    assert kinds(found, "sayings") == {"n03": {"changed"}}
    was = next(row["sayings"] for row in northshire()["indicators"] if row["code"] == "n03")
    assert found.section("sayings").marked(ADDED) == 400
    assert found.section("sayings").marked(REMOVED) == len(was)


def test_opening_hours_say_what_changed() -> None:
    contacts = northshire()["contacts"]
    contacts[0]["opening"] = {"days": {"monday": ["09:00-12:00"]}, "bank_holidays": "closed"}
    contacts[1]["opening"] = {}
    found = changed(contacts=contacts).section("contacts")
    (one,), (two,) = (difference.changes for difference in found.differences)
    assert one.before == "times: 09:00-17:00"
    assert one.after == "days: monday: 09:00-12:00; bank holidays: closed"
    assert two.after == "not known"


def test_a_hostile_pair_of_documents_is_not_compared_word_by_word_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("guidance_content.marks.ALL_PAIRS", 10_000)
    letters, row = Random(1), northshire()["indicators"][0]
    before, after = (
        [row | {"code": f"c{n}", "text": " ".join(letters.choices("abc", k=40))} for n in range(9)]
        for _ in range(2)
    )
    found = compare(northshire() | {"indicators": before}, northshire() | {"indicators": after})
    first, *_, last = (one.changes[0] for one in found.section("indicators").differences)
    assert len(first.marks) > 2
    assert [(mark.kind, mark.text) for mark in last.marks] == [
        (REMOVED, before[-1]["text"]), (ADDED, after[-1]["text"]),
    ]  # fmt: skip


@given(st.permutations(range(7)))
def test_the_fewest_rows_are_moved(order: list[int]) -> None:
    rows = northshire()["questions"] * 7
    rows = [row | {"code": f"q{number}"} for number, row in enumerate(rows)][:7]
    found = compare(
        northshire() | {"questions": rows},
        northshire() | {"questions": [rows[place] for place in order]},
    )
    moved = {int(one.key[1:]) for one in found.section("questions").differences}
    stayed = [place for place in order if place not in moved]
    assert stayed == sorted(stayed)
    longest = max(
        len(run)
        for number in range(8)
        for run in combinations(order, number)
        if list(run) == sorted(run)
    )
    assert len(stayed) == longest


@pytest.mark.parametrize(
    "slug",
    [
        "levels", "domains", "services", "pathway_steps", "questions", "terms", "consent",
        "special_routes", "rules", "next_steps", "ladders", "pages", "areas", "contacts", "links",
    ],
)  # fmt: skip
def test_every_list_is_compared(slug: str) -> None:
    rows = northshire()[slug]
    assert {"retired"} in kinds(changed(**{slug: rows[1:]}), slug).values()
    other = copy.deepcopy(rows)
    own = ("text", "definition", "body", "phone", "note", "description", "council", "summary")
    key = next((key for key in own if key in other[0]), "section")
    other[0][key] = "Other words"
    assert kinds(changed(**{slug: other}), slug)


def test_the_signs_of_a_rule_are_told_apart() -> None:
    rules = northshire()["rules"]
    rules[5]["indicators"] = ["n08", "n10"]
    (change,) = changed(rules=rules).section("rules").differences[0].changes
    words = {row["code"]: f"{row['code']}: {row['text']}" for row in northshire()["indicators"]}
    assert [(mark.kind, mark.text) for mark in change.marks] == [
        (REMOVED, words["n09"]), (ADDED, words["n10"]),
    ]  # fmt: skip


def test_the_order_in_which_a_row_names_signs_is_no_difference() -> None:
    rules, ladders = northshire()["rules"], northshire()["ladders"]
    rules[5]["indicators"].reverse()
    ladders[0]["indicators"].reverse()
    assert changed(rules=rules, ladders=ladders).is_empty


def test_a_move_names_the_domains() -> None:
    found = changed(indicators=indicators(n03={"domain": "home"})).section("indicators")
    (one,) = found.differences
    assert one.place == "level 2, Home"
    assert (one.changes[0].before, one.changes[0].after) == ("Body and growth", "Home")


def test_a_rule_that_counts_otherwise_says_from_what_to_what() -> None:
    rules = northshire()["rules"]
    rules[1]["at_least"] = 3
    (change,) = changed(rules=rules).section("rules").differences[0].changes
    assert (change.before, change.after) == ("1", "3")


def test_contacts_can_be_compared_between_two_days() -> None:
    contacts = northshire()["contacts"]
    contacts[0]["phone"] = "01000 999999"
    found = compare(northshire(), northshire() | {"contacts": contacts}, ["contacts"])
    assert [one.title for one in found.section("contacts").differences] == ["North front door"]


def test_the_slug_and_life_of_an_edition_are_no_difference() -> None:
    edition = northshire()["edition"] | {"slug": "another", "status": "draft"}
    assert changed(edition=edition).is_empty
    assert not changed(edition=edition | {"note": "New"}).is_empty


WORDY = st.text("ab é.\n", max_size=30)


@given(WORDY, WORDY)
def test_marks_hold_both_wordings_whole(before: str, after: str) -> None:
    found = marks(before, after)
    assert "".join(mark.text for mark in found if mark.kind != ADDED) == before
    assert "".join(mark.text for mark in found if mark.kind != REMOVED) == after


def test_one_word_of_a_long_text_is_marked_alone() -> None:
    before = "\n".join("word " * 20 for _ in range(2000))
    found = marks(before, before.replace("word", "other", 1))
    assert [(mark.kind, mark.text) for mark in found[:2]] == [(REMOVED, "word"), (ADDED, "other")]
    assert found[2].kind == "same" and len(found) == 3


def test_a_change_in_a_long_text_is_shown_with_what_is_beside_it() -> None:
    before = " ".join(f"word{number}" for number in range(1000))
    after = before.replace("word500", "other").replace("word5 ", "")
    found = shortened(marks(before, after))
    assert sum(len(mark.text) for mark in found) < 1000
    assert [mark.text for mark in found if mark.kind == ADDED] == ["other"]
    assert "word499 " in found[2].text and "word501" in found[-1].text
    assert shortened(marks("a b", "a c")) == marks("a b", "a c")


def test_long_texts_are_compared_line_by_line_and_then_whole() -> None:
    before = "\n".join(f"word {number} " * 20 for number in range(1000))
    found = marks(before, f"New. {before[:-500]} End.")
    assert len(found) < 10
    assert [mark.kind for mark in marks("a b", "c b", Effort(0))] == [REMOVED, ADDED]


@given(st.permutations(range(11)), st.sets(st.integers(0, 10)))
def test_every_code_that_differs_is_named_once(order: list[int], left_out: set[int]) -> None:
    rows = northshire()["indicators"]
    found = changed(indicators=[rows[place] for place in order if place not in left_out])
    named = [one.key for one in found.section("indicators").differences]
    assert len(named) == len(set(named))
    retired = {one.key for one in found.section("indicators").of("retired")}
    assert retired == {rows[place]["code"] for place in left_out}
