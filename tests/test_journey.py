"""The fold over steps and answers. Pure: the steps here are made for the test."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from referrals.journey import Answers, Data, walk
from thresholds.guidance import Guidance

GUIDANCE = Guidance("none", "None", "Nobody", "2019", ())


@dataclass(frozen=True)
class Asked:
    """A step that applies while the steps in `needs` were answered as it says."""

    slug: str
    needs: dict[str, str] = field(default_factory=dict)

    def applies(self, known: Answers, guidance: Guidance) -> bool:
        return all(known.get(slug, {}).get("is") == value for slug, value in self.needs.items())

    def is_answered(self, data: Data, known: Answers, guidance: Guidance) -> bool:
        return data.get("is") != "stale"


STEPS = (
    Asked("where"),
    Asked("danger"),
    Asked("call-now", {"danger": "yes"}),
    Asked("what-was-said", {"call-now": "yes"}),
    Asked("why"),
)
SLUGS = [step.slug for step in STEPS]
saved_answers = st.dictionaries(
    st.sampled_from([*SLUGS, "gone"]),
    st.fixed_dictionaries({"is": st.sampled_from(["yes", "no", "stale"])}),
)


def test_an_empty_conversation_starts_at_the_first_step() -> None:
    walked = walk(STEPS, {}, GUIDANCE)
    assert walked.first_open == "where"
    assert not walked.is_complete


def test_a_step_that_no_longer_applies_takes_its_answer_and_what_follows_from_it_along() -> None:
    saved = {slug: {"is": "yes"} for slug in SLUGS}
    assert walk(STEPS, saved, GUIDANCE).slugs == tuple(SLUGS)
    changed = walk(STEPS, saved | {"danger": {"is": "no"}}, GUIDANCE)
    assert changed.slugs == ("where", "danger", "why")
    assert set(changed.known) == {"where", "danger", "why"}
    assert changed.is_complete


def test_an_answer_comes_back_when_the_change_is_undone() -> None:
    saved = {slug: {"is": "yes"} for slug in SLUGS}
    walk(STEPS, saved | {"danger": {"is": "no"}}, GUIDANCE)
    assert walk(STEPS, saved, GUIDANCE).known["what-was-said"] == {"is": "yes"}


def test_a_stale_answer_is_asked_again() -> None:
    saved = {"where": {"is": "yes"}, "danger": {"is": "stale"}, "why": {"is": "yes"}}
    walked = walk(STEPS, saved, GUIDANCE)
    assert walked.first_open == "danger"
    assert not walked.is_open_to("why")
    assert walked.is_open_to("where")


def test_a_step_that_does_not_apply_is_never_open() -> None:
    saved = {"where": {"is": "yes"}, "danger": {"is": "no"}, "why": {"is": "yes"}}
    assert not walk(STEPS, saved, GUIDANCE).is_open_to("call-now")


def test_back_leads_to_the_step_before_that_applies() -> None:
    saved = {"where": {"is": "yes"}, "danger": {"is": "no"}}
    walked = walk(STEPS, saved, GUIDANCE)
    assert walked.before("why") == "danger"
    assert walked.before("where") == ""


@given(saved_answers)
def test_only_answers_of_steps_that_apply_are_known(saved: dict[str, dict[str, str]]) -> None:
    walked = walk(STEPS, saved, GUIDANCE)
    assert set(walked.known) <= set(walked.slugs)
    for step in STEPS:
        if step.slug in walked.slugs:
            assert step.applies(walked.known, GUIDANCE)


@given(saved_answers)
def test_answering_the_first_open_step_always_leads_on(saved: dict[str, dict[str, str]]) -> None:
    seen = []
    while not (walked := walk(STEPS, saved, GUIDANCE)).is_complete:
        assert walked.first_open not in seen
        seen.append(walked.first_open)
        saved = saved | {walked.first_open: {"is": "yes"}}
    assert len(seen) <= len(STEPS)
