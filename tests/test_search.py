"""The finder: a practitioner's own words, and the indicators they bring to mind."""

import io
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from thresholds import index
from thresholds.guidance import Guidance
from thresholds.ladders import neighbours, rungs
from thresholds.models import Edition
from thresholds.search import Answer, Finder
from thresholds.sentences import encoder, joined

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "shared" / "cases"
SENTENCE = "mum is drinking a lot and he comes in hungry and dirty"


@pytest.fixture(scope="session")
def finder(ddscp: Guidance, django_db_blocker: Any) -> Finder:
    with django_db_blocker.unblock():
        return index.finder_of(Edition.objects.get(slug="ddscp-2019-12"))


def texts(answer: Answer) -> list[str]:
    return [found.indicator.text for found in answer.found]


def run(*arguments: object, **options: object) -> Any:
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)  # type: ignore[arg-type]
    return json.loads(out.getvalue())


# How well it finds. The phrases and cases in tests/search were written from the indicators, by
# people who saw neither the sayings nor the public cases.


@pytest.mark.parametrize(
    ("path", "least"),
    [
        (HERE / "search" / "phrases.json", {"recall@5": 0.9, "recall@10": 0.95}),
        (HERE / "search" / "cases.json", {"found@15": 0.7}),
        (SHARED / "phrases.json", {"recall@5": 0.85, "recall@10": 0.93}),
        (SHARED / "vignettes.json", {"found@15": 0.6}),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_it_finds_what_people_listed(path: Path, least: dict[str, float], db: None) -> None:
    if not path.exists():
        pytest.skip("The public cases are not beside the project.")
    figures = run("evaluate_search", path)
    assert {key: figures[key] >= value for key, value in least.items()} == dict.fromkeys(
        least, True
    ), figures


@pytest.mark.parametrize(
    ("typed", "wording"),
    [
        ("bairns have got nits agen and stink of wee", "Minor concerns re diet, hygiene, clothing"),
        ("theyre teeth are rotten and never been to the dentst", "Dental difficulties untreated"),
        ("comes to skool hungrey with no brekfast", "Limited or restricted diet"),
        ("dads kicking off and smashing the house up every nite", "Domestic abuse"),
    ],
)
def test_slang_and_misspellings_are_understood(finder: Finder, typed: str, wording: str) -> None:
    assert any(text.startswith(wording) for text in texts(finder.find(typed, 10)))


def test_several_worries_in_one_text_are_all_found(finder: Finder) -> None:
    text = "His teeth are rotten. Nan died in March. They are three months behind with the rent."
    ladders = {
        ladder.code
        for found in finder.find(text, 10).found
        for ladder in finder.guidance.ladders_of[found.indicator.code]
    }
    assert {"dental-care", "bereavement-and-loss", "housing-and-homelessness"} <= ladders


def test_what_is_not_happening_is_left_out_and_said(finder: Finder) -> None:
    with_it = finder.find("He is hitting other children. He has no lunch.", 5)
    without = finder.find("He is not hitting other children. He has no lunch.", 5)
    assert with_it.left_out == ()
    assert without.left_out == ("He is not hitting other children",)
    assert texts(without) == texts(finder.find("He has no lunch.", 5))


# What it never does.


@pytest.mark.parametrize("text", ["", "  \n ", "…!?", "\x00", "1", "🙂" * 50])
def test_it_does_not_stumble_over_what_says_nothing(finder: Finder, text: str) -> None:
    assert isinstance(finder.find(text), Answer)


def test_it_ranks_every_indicator_and_hides_none(finder: Finder) -> None:
    everything = finder.find(SENTENCE, 1000)
    assert {found.indicator.code for found in everything.found} == finder.guidance.by_code.keys()
    scores = [found.score for found in everything.found]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-3)


def test_nothing_is_stored_and_nothing_logged(db: None, caplog: pytest.LogCaptureFixture) -> None:
    edition = Edition.objects.get(slug="ddscp-2019-12")
    index.finder_of(edition)
    before = {model: model.objects.count() for model in apps.get_models()}
    with caplog.at_level(logging.DEBUG):
        index.find("Zebedee Quixote comes in hungry", edition)
    assert before == {model: model.objects.count() for model in apps.get_models()}
    assert "Zebedee" not in caplog.text


def test_a_very_long_text_is_answered(finder: Finder) -> None:
    assert finder.find("He comes in hungry and tired. " * 2000, 5).found


# What is marked.

WORDS = st.lists(
    st.sampled_from(
        ["Mum", "hits", "hungrey", "don’t", "who's", "and", "not", ",", ".", "9:30", "–", "naïve",
         "\n", "teeth", "and/or", "A&E", "(", ")"]
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(WORDS)
def test_what_is_quoted_stands_in_what_was_typed(finder: Finder, words: list[str]) -> None:
    typed = " ".join(words)
    answer = finder.find(typed, 3)
    for found in answer.found:
        quote = "".join(words for words, _ in found.pieces)
        assert quote
        assert quote in typed
    assert all(part in typed for part in answer.left_out)


def test_the_parts_of_a_sentence_mean_what_it_does() -> None:
    """Its clauses are encoded by themselves; together they are nearly the whole."""
    whole, first, second = encoder().encode(
        ["Mum is drinking and he comes in hungry", "Mum is drinking", "he comes in hungry"]
    )
    both = joined([(0, first), (20, second)])
    assert both.meaning @ whole.meaning > 0.8
    assert np.linalg.norm(both.meaning) == pytest.approx(1, abs=1e-5)
    assert both.shares.sum(0) == pytest.approx(both.meaning, abs=1e-5)
    assert len(both.spans) == len(both.shares)


def test_between_texts_no_process_holds_the_weights() -> None:
    told = Path("/proc/self/smaps")
    if not told.exists():
        pytest.skip("This system does not tell what a process holds.")

    def held() -> int:
        _, _, own = told.read_text().partition(str(Path(encoder().weights.path).resolve()))
        return int(own.partition("Rss:")[2].split()[0])

    encoder().words.sum()
    assert held() > 40_000
    encoder().encode(["He comes in hungry"])
    assert held() == 0


def test_the_words_that_carry_the_likeness_are_marked(finder: Finder) -> None:
    [found] = finder.find("On Monday his teeth were black and rotten.", 1).found
    marked = {words for words, is_marked in found.pieces if is_marked}
    assert {"teeth", "rotten"} <= marked
    assert "his" not in marked


# The ladders.


def test_every_indicator_stands_on_a_ladder(ddscp: Guidance) -> None:
    assert [code for code, ladders in ddscp.ladders_of.items() if not ladders] == []


def test_every_indicator_has_sayings(ddscp: Guidance) -> None:
    assert [one.code for one in ddscp.indicators if len(one.sayings) < 10] == []


def test_neighbours_are_worries_of_the_same_ladder_at_other_levels(ddscp: Guidance) -> None:
    for sign in ddscp.indicators:
        near = neighbours(sign.code, ddscp)
        assert len(near) <= 6
        assert [other.level for other in near] == sorted(other.level for other in near)
        for other in near:
            assert other.level != sign.level
            assert other.code not in ddscp.strength_codes
            assert set(ddscp.ladders_of[sign.code]) & set(ddscp.ladders_of[other.code])
            assert not sign.shared_key or other.shared_key != sign.shared_key


def test_the_rungs_of_a_ladder_go_up(ddscp: Guidance) -> None:
    for ladder in ddscp.ladders:
        steps = rungs(ladder, ddscp)
        assert list(steps) == [level.number for level in ddscp.levels]
        assert sum(map(len, steps.values())) == len(ladder.indicators)


# The commands.


def test_find_indicators_prints_what_it_found(db: None) -> None:
    rows = run("find_indicators", SENTENCE, limit=7)
    assert len(rows) == 7
    assert all(set(row) == {"code", "level", "domain", "text", "score"} for row in rows)
    assert "Limited or restricted diet e.g. no breakfast, no lunch money" in {
        row["text"] for row in rows
    }


@pytest.mark.parametrize(("text", "limit"), [("", 5), ("  ", 5), ("hungry", 0), ("hungry", -1)])
def test_find_indicators_refuses_nothing_to_find(db: None, text: str, limit: int) -> None:
    with pytest.raises(CommandError) as refusal:
        run("find_indicators", text, limit=limit)
    assert refusal.value.returncode == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"[1]", b"\xff", b"[" * 100_000, b'[{"phrase": ""}]', b'[{"phrase": 3}]',
     b'[{"phrase": "x", "indicators": [{"text": "no such sign"}]}]',
     b'[{"phrase": "x", "indicators": "dd001"}]', b'[{"phrase": "x", "indicators": 1}]'],
)  # fmt: skip
def test_evaluate_search_says_what_is_wrong_with_a_file(
    db: None, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "cases.json"
    path.write_bytes(content)
    with pytest.raises(CommandError) as refusal:
        run("evaluate_search", path)
    assert refusal.value.returncode == 2
    assert len(str(refusal.value).splitlines()) == 1


def test_evaluate_search_refuses_a_missing_file(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        run("evaluate_search", tmp_path / "none.json")
