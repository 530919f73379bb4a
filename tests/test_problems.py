"""What is wrong with a draft: each thing that can be, where it is told and what it stops."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from accounts.models import User
from guidance_content import editions
from guidance_content.models import Page
from guidance_content.problems import blocking, problems
from tests.editors import make_draft, make_editor, shipped
from thresholds import models as m
from thresholds.models import Edition
from thresholds.next_steps import wrong_conditions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_draft")]


@pytest.fixture(scope="module")
def wrong_already(one_draft: None, django_db_blocker: DjangoDbBlocker) -> set[str]:
    """What is told of the draft before anything is done to it."""
    with django_db_blocker.unblock():
        return texts(Edition.objects.get(slug="next"))


def texts(draft: Edition) -> set[str]:
    return {problem.text for problem in problems(draft)}


def rows(model: type, draft: Edition, **wanted: object):
    return model.objects.filter(edition=draft, **wanted)


def rule(draft: Edition, code: str, **changes: object) -> None:
    rows(m.Rule, draft, code=code).update(**changes)


def itself(draft: Edition, **changes: object) -> None:
    Edition.objects.filter(pk=draft.pk).update(**changes)
    draft.refresh_from_db()


def other_area() -> m.Area:
    return m.Area.objects.get(slug="warwickshire")


# What is done to a draft -> a word that tells the problem apart, and whether it stops publication.
BROKEN: dict[str, tuple[Callable[[Edition], object], str, bool]] = {
    "no pathway": (lambda d: rows(m.PathwayStep, d, area__slug="derby", level__number=2).delete(),
                   "no pathway", True),
    "empty level": (lambda d: m.Level(edition=d, number=5, name="Five", section="1").save(),
                    "no indicators", True),
    "no levels": (lambda d: rows(m.Level, d).delete(), "no levels", True),
    "level 0": (lambda d: rows(m.Level, d, number=2).update(number=0), "1 or more", True),
    "wording twice": (lambda d: rows(m.Indicator, d, code="dd002").update(
        text=f" {rows(m.Indicator, d, code='dd001').get().text.upper()} "), "already", True),
    "level of a rule": (lambda d: rule(d, "level-3-one", level=7), "level 7", True),
    "supported level": (lambda d: rule(d, "level-3-one", supports=7), "level 7", True),
    "opened level": (lambda d: rule(d, "level-3-one", opens=7), "level 7", True),
    "question of a rule": (lambda d: rule(d, "danger", about="weather"), "weather", True),
    "urgency": (lambda d: rule(d, "danger", urgency="soon"), "soon", True),
    "half a count": (lambda d: rule(d, "level-3-one", at_least=None), "count", True),
    "no counts": (lambda d: rows(m.Rule, d, kind="count").delete(), "how many", True),
    "a rule without indicators": (
        lambda d: rows(m.Rule, d, code="names-harm").get().indicators.clear(), "rests on", True),
    "another partnership's area": (lambda d: rule(d, "danger", area=other_area()),
                                   "another partnership", True),
    "no next steps": (lambda d: rows(m.NextStep, d).delete(), "nothing to do", True),
    "when: no fact": (lambda d: rows(m.NextStep, d).update(when={"moon": ["full"]}), "moon", True),
    "when: no value": (lambda d: rows(m.NextStep, d).update(when={"level": [9]}), "“9”", True),
    "when: no list": (lambda d: rows(m.NextStep, d).update(when={"level": 2}), "list", True),
    "when: no object": (lambda d: rows(m.NextStep, d).update(when=[1]), "“when”", True),
    "an area that is none": (lambda d: rows(m.NextStep, d).update(when={"area": ["york"]}),
                             "york", True),
    "no child's voice": (lambda d: rows(m.Question, d).update(childs_voice=False), "voice", True),
    "level without a name": (lambda d: rows(m.Level, d, number=2).update(name=""), "Name", True),
    "domain of blanks": (lambda d: rows(m.Domain, d).update(name="  "), "Name", True),
    "indicator without words": (lambda d: rows(m.Indicator, d, code="dd001").update(text=""),
                                "Text", True),
    "a code that is none": (lambda d: rows(Page, d, code="introduction").update(
        code="no code"), "Code", True),
    "no path of consent": (lambda d: rows(m.ConsentPoint, d).update(path="x"), "no path", True),
    "nothing to record": (lambda d: rows(m.ConsentPoint, d).update(records="x"), "nothing that",
                          True),
    "a contact without purpose": (lambda d: m.Contact.objects.update(purpose=""), "no purpose",
                                  True),
    "no urgent contact": (lambda d: m.Contact.objects.filter(purpose="urgent").update(
        purpose="advice"), "no contact for", False),
    "another edition's level": (lambda d: rows(m.Indicator, d, code="dd001").update(
        level=m.Level.objects.get(edition=make_draft(make_editor("pat"), "other"), number=1)),
                                "another edition", True),
    "another edition's indicator": (
        lambda d: rows(m.Rule, d, code="names-harm").get().indicators.add(
            m.Indicator.objects.get(edition=shipped(), code="dd150")), "another edition", True),
    "off every ladder": (lambda d: m.Ladder.indicators.through.objects.filter(
        ladder__edition=d, indicator__code="dd001").delete(), "no ladder", False),
    "retired, of several": (lambda d: rows(m.Indicator, d, code=of_harm()).delete(),
                            "retired", False),
    "retired, the last": (lambda d: rows(m.Rule, d, code="domestic-abuse").get()
                          .indicators.get().delete(), "rests on no", True),
    "a name over two lines": (lambda d: rows(m.Term, d).update(term="One\ntwo"), "line", True),
    "what nobody sees": (lambda d: rows(m.Indicator, d, code="dd001").update(text="A\x0bb"),
                         "no page can show", True),
    "a wording without end": (lambda d: rows(m.Level, d, number=2).update(outcome="a " * 30_000),
                              "60000", True),
    "a title of blanks": (lambda d: itself(d, title=" "), "Title", True),
    "no date of the calendar": (lambda d: itself(d, source_date="2026-02-30"), "Source date",
                                True),
    "a service twice": (lambda d: rows(m.Service, d, level__number=2).update(name="One"),
                        "another one like it", True),
    "a term twice": (lambda d: rows(m.Term, d).update(term="One"), "another one like it", True),
    "a pathway step twice": (
        lambda d: rows(m.PathwayStep, d, area__slug="derby", level__number=2).update(step=1),
        "another one like it", True),
    "level 21": (lambda d: rows(m.Level, d, number=4).update(number=21), "at most 20", True),
    "a saying without end": (
        lambda d: m.Sayings.objects.filter(indicator__in=rows(m.Indicator, d, code="dd001")).update(
            lines="a" * 501), "sayings", True),
    "too many sayings": (
        lambda d: m.Sayings.objects.filter(indicator__in=rows(m.Indicator, d, code="dd001")).update(
            lines="a\n" * 501), "sayings", True),
    "a question that leaves": (lambda d: rows(m.Question, d, code="previous-support").update(
        code="leave"), "leave", True),
    "a page in another's place": (lambda d: rows(Page, d, code="introduction").update(
        code="questions"), "take another code", True),
    "danger that can wait": (lambda d: rule(d, "danger", urgency="plan"), "danger", True),
    "danger at one level only": (lambda d: rule(d, "danger", level=4), "danger", True),
    "nothing to do at a level": (lambda d: rows(m.NextStep, d).update(when={"level": [2, 3, 4]}),
                                 "no step applies", True),
    "nothing to do elsewhere": (
        lambda d: rows(m.NextStep, d).update(when={"area": ["derby", "derbyshire"]}),
        "lives elsewhere", True),
    "when: a value twice": (lambda d: rows(m.NextStep, d).update(when={"level": [1, 2, 3, 4, 4]}),
                            "twice", True),
    "a page that is gone": (lambda d: rows(Page, d, code="introduction").delete(), "gone", False),
}  # fmt: skip


def of_harm() -> str:
    """The code of an indicator that names significant harm, with others."""
    return m.Rule.objects.get(edition=shipped(), code="names-harm").indicators.first().code


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_is_told(case: str, draft: Edition, wrong_already: set[str]) -> None:
    breaks, word, blocks = BROKEN[case]
    breaks(draft)
    told = [problem for problem in problems(draft) if problem.text not in wrong_already]
    assert [problem for problem in told if word in problem.text and problem.blocks == blocks]
    assert bool(blocking(draft)) == any(problem.blocks for problem in told)


def test_what_no_other_check_finds_is_said_as_the_importer_says_it(
    draft: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guidance_content.column_problems.LONGEST", 1_000_000)
    rows(m.Level, draft, number=2).update(outcome="a " * 30_000)
    [told] = blocking(draft)
    assert "levels[1].outcome" in told.text


def test_a_copy_of_the_shipped_edition_has_no_errors(draft: Edition) -> None:
    assert blocking(draft) == []
    assert texts(draft) == texts(shipped())


def test_an_edition_that_is_only_read_needs_no_rules_or_pathways(edie: User) -> None:
    edition = Edition.objects.get(slug="warwickshire-spectrum")
    copy = editions.create_draft(source=edition, slug="w2", title="W", source_date="2026", by=edie)
    assert blocking(copy) == []


def test_every_problem_leads_to_where_it_is_mended(draft: Edition, client: Client) -> None:
    for breaks, _, _ in (BROKEN["no pathway"], BROKEN["empty level"], BROKEN["wording twice"]):
        breaks(draft)
    client.force_login(make_editor("sam"))
    told = problems(draft)
    assert len(told) > 3
    assert [p for p in told if client.get(p.link).status_code != 200] == []
    assert all(p.row and p.text.endswith((".", "”")) for p in told)


def test_errors_come_before_warnings(draft: Edition) -> None:
    rows(m.Question, draft).update(childs_voice=False)
    order = [problem.blocks for problem in problems(draft)]
    assert order == sorted(order, reverse=True)
    assert order[0]


def test_the_conditions_of_the_shipped_steps_name_what_there_is() -> None:
    levels, areas = range(1, 5), ("derby", "derbyshire")
    for step in m.NextStep.objects.all():
        assert wrong_conditions(step.when, levels, areas) == []


@pytest.mark.parametrize("value", [True, "1", 1.5, None, [1], {}])
def test_what_only_looks_like_a_level_is_none(value: object) -> None:
    assert wrong_conditions({"level": [value]}, [1], [])
