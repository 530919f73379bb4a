"""The editors' pages for the indicators of a draft: found, reworded, moved, ordered, retired."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Event, User
from guidance_content import editions, signs
from guidance_content.problems import problems
from tests.editors import SHIPPED, put_in_force, shipped
from tests.people import make_person, signed_in
from thresholds import drafts
from thresholds.load import load
from thresholds.models import Domain, Edition, Indicator, Level, Rule, Sayings
from thresholds.published import PublishedEdition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_draft")]


def listed(edition: Edition | str) -> str:
    return reverse("edition_signs", args=[getattr(edition, "slug", edition)])


def at(code: str, page: str = "", slug: str = "next") -> str:
    return reverse(f"edition_sign{page}", args=[slug, code])


def sign(code: str, edition: Edition | None = None) -> Indicator:
    rows = Indicator.objects.select_related("level", "domain", "edition")
    return rows.get(edition__slug=edition.slug if edition else "next", code=code)


def shown(response: HttpResponse) -> str:
    return response.content.decode()


def form_of(browser: Client, code: str) -> dict[str, Any]:
    """Return what the page of an indicator would post if nothing were touched."""
    row = sign(code)
    page = shown(browser.get(at(code)))
    read = re.search(r'name="read" value="([^"]*)"', page)
    assert read
    posted = {
        "read": read[1], "text": row.text, "level": row.level_id, "domain": row.domain_id,
        "section": row.section, "heading": row.heading, "place": "",
    }  # fmt: skip
    return posted | ({"alike": "on"} if 'name="alike"' in page else {})


def change(browser: Client, code: str, **values: object) -> HttpResponse:
    return browser.post(at(code), form_of(browser, code) | values)


def retire(browser: Client, code: str) -> HttpResponse:
    read = re.search(r'name="read" value="([^"]*)"', shown(browser.get(at(code, "_retire"))))
    assert read
    return browser.post(at(code, "_retire"), {"read": read[1]})


def order(level: int, domain: str) -> list[str]:
    rows = Indicator.objects.filter(edition__slug="next", level__number=level, domain__code=domain)
    return list(rows.order_by("position").values_list("code", flat=True))


def refused(response: HttpResponse) -> bool:
    return "govuk-error-summary" in shown(response)


# The list


def test_the_list_shows_every_indicator_by_level_and_domain(edies: Client, draft: Edition) -> None:
    page = shown(edies.get(listed(draft)))
    for row in Indicator.objects.filter(edition=draft):
        assert at(row.code) in page
    places = [page.index(f'id="l{number}"') for number in (1, 2, 3, 4)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("asked", "found"), [("dd034", {"dd034"}), ("HYGIENE diet", {"dd034"}), ("zebra", set())]
)
def test_indicators_are_found_by_words_or_code(
    asked: str, found: set[str], edies: Client, draft: Edition
) -> None:
    page = shown(edies.get(listed(draft), {"q": asked}))
    assert set(re.findall(r"/signs/(dd\d+)/", page)) == found


def test_a_question_is_shown_as_it_was_typed_and_never_run(edies: Client, draft: Edition) -> None:
    page = shown(edies.get(listed(draft), {"q": "<script>" + "x" * 500}))
    assert "<script>x" not in page and "x" * 201 not in page


def test_published_indicators_are_read_and_not_changed(edies: Client) -> None:
    page = shown(edies.get(listed(SHIPPED)))
    assert "dd034" in page and "/signs/dd034/" not in page and "/signs/add/" not in page
    before = sign("dd034", shipped()).text
    for address in (at("dd034", "", SHIPPED), at("dd034", "_retire", SHIPPED)):
        assert 'name="read"' not in shown(edies.get(address))
        assert edies.post(address, {"text": "Mine", "read": "x"}).status_code == 409
    assert edies.post(reverse("edition_sign_add", args=[SHIPPED]), {}).status_code == 409
    assert sign("dd034", shipped()).text == before


@pytest.mark.parametrize("name", ["edition_signs", "edition_sign_add"])
def test_to_others_they_are_not_there(name: str, draft: Edition) -> None:
    browser = signed_in(make_person("tess@school.example", None))
    assert browser.get(reverse(name, args=["next"])).status_code == 404
    assert Event.objects.latest("pk").verb == "refused"


# Rewording


def test_an_indicator_is_reworded_with_its_event(edies: Client, draft: Edition, edie: User) -> None:
    assert change(edies, "dd034", text="  Often\nhungry ").status_code == 302
    assert (sign("dd034").text, sign("dd034", shipped()).text) == (
        "Often hungry",
        "Minor concerns re diet, hygiene, clothing",
    )
    event = Event.objects.latest("pk")
    assert (event.verb, event.actor, event.detail) == ("changed", edie.pk, "indicator-dd034")
    entry = LogEntry.objects.get(object_id=str(sign("dd034").pk))
    assert "text" in entry.get_change_message()


def test_a_change_withdraws_a_proposal_and_says_so_before(
    edies: Client, draft: Edition, edie: User
) -> None:
    editions.propose(draft=draft, by=edie, publish_from=timezone.localdate())
    assert "proposal is withdrawn" in shown(edies.get(at("dd034")))
    change(edies, "dd034")
    assert Edition.objects.get(pk=draft.pk).proposed_by == edie
    change(edies, "dd034", text="Often hungry")
    assert Edition.objects.get(pk=draft.pk).proposed_by is None


def test_what_is_saved_unchanged_writes_nothing(edies: Client, draft: Edition) -> None:
    count = Event.objects.count()
    assert change(edies, "dd034").status_code == 302
    assert (Event.objects.count(), LogEntry.objects.count()) == (count, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": " "}, {"text": "x" * 2001}, {"level": ""}, {"level": "999999"},
        {"domain": "no"}, {"section": ""}, {"section": "x" * 101}, {"place": "dd001x"},
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_and_given_back(
    wrong: dict[str, str], edies: Client, draft: Edition
) -> None:
    count = Event.objects.count()
    response = change(edies, "dd034", **{"text": "My own words"} | wrong)
    assert refused(response) and ("text" in wrong or "My own words" in shown(response))
    assert Event.objects.count() == count


def test_words_that_the_level_has_already_are_refused(edies: Client, draft: Edition) -> None:
    assert refused(change(edies, "dd034", text=sign("dd035").text.upper()))


def test_a_level_of_another_edition_is_refused(edies: Client, draft: Edition) -> None:
    stranger = Level.objects.get(edition=shipped(), number=4)
    assert refused(change(edies, "dd034", level=stranger.pk))


def test_who_saves_second_is_told_and_loses_nothing(
    edies: Client, sams: Client, draft: Edition
) -> None:
    mine = form_of(sams, "dd034") | {"text": "The words of Sam"}
    change(edies, "dd034", text="The words of Edie")
    response = sams.post(at("dd034"), mine)
    assert response.status_code == 409
    assert "The words of Edie" in shown(response) and "The words of Sam" in shown(response)
    assert sign("dd034").text == "The words of Edie"
    looked_again = re.search(r'name="read" value="([^"]*)"', shown(response))
    assert looked_again
    assert sams.post(at("dd034"), mine | {"read": looked_again[1]}).status_code == 302
    assert sign("dd034").text == "The words of Sam"


def test_one_that_is_retired_meanwhile_gives_back_what_was_typed(
    edies: Client, sams: Client, draft: Edition
) -> None:
    mine = form_of(sams, "dd034") | {"text": "The words of Sam"}
    retire(edies, "dd034")
    response = sams.post(at("dd034"), mine)
    assert response.status_code == 404 and "The words of Sam" in shown(response)


def test_a_draft_that_is_published_meanwhile_gives_back_what_was_typed(
    edies: Client, draft: Edition
) -> None:
    mine = form_of(edies, "dd034") | {"text": "The words of Sam"}
    put_in_force(draft)
    response = edies.post(at("dd034"), mine)
    assert response.status_code == 409 and "The words of Sam" in shown(response)
    assert sign("dd034").text != "The words of Sam"


# One wording at several levels


def test_rewording_one_of_several_keeps_them_one_worry_unless_told(
    edies: Client, draft: Edition
) -> None:
    assert at("dd060") in shown(edies.get(at("dd114")))
    change(edies, "dd114", text="Someone close has died")
    assert sign("dd114").shared_key == sign("dd060").shared_key
    posted = form_of(edies, "dd114") | {"text": "A parent has died"}
    del posted["alike"]
    edies.post(at("dd114"), posted)
    assert sign("dd114").shared_key == ""


def test_one_worded_like_another_level_is_one_worry_with_it(edies: Client, draft: Edition) -> None:
    level = Level.objects.get(edition=draft, number=4)
    response = added(edies, draft, text=sign("dd034").text.upper(), level=level.pk)
    new = Indicator.objects.latest("pk")
    assert response.status_code == 302 and new.shared_key == sign("dd034").shared_key != ""
    assert load(draft).levels_of_wording[new.shared_key] == (2, 4)


# Moving, and order


def test_an_indicator_is_moved_and_stands_last_there(edies: Client, draft: Edition) -> None:
    level = Level.objects.get(edition=draft, number=3)
    before = order(3, "health")
    assert change(edies, "dd034", level=level.pk)["Location"].endswith("#l3-health")
    assert order(3, "health") == [*before, "dd034"]
    assert "dd034" not in order(2, "health")


def test_an_indicator_is_put_first_or_after_another(edies: Client, draft: Edition) -> None:
    first, second, third, *rest = order(2, "health")
    elsewhere = order(2, "education-learning")
    change(edies, third, place="first")
    assert order(2, "health") == [third, first, second, *rest]
    change(edies, third, place=second)
    assert order(2, "health") == [first, second, third, *rest]
    assert order(2, "education-learning") == elsewhere


# Adding


def added(browser: Client, draft: Edition, **values: object) -> HttpResponse:
    given = {
        "text": "Keeps bees at night", "section": "Appendix 3", "heading": "", "code": "",
        "level": Level.objects.get(edition=draft, number=2).pk,
        "domain": Domain.objects.get(edition=draft, code="health").pk,
    }  # fmt: skip
    return browser.post(reverse("edition_sign_add", args=[draft.slug]), given | values)


def test_an_indicator_is_added_with_a_code_that_nobody_had(edies: Client, draft: Edition) -> None:
    last = Indicator.objects.filter(edition=draft).order_by("code").last()
    retire(edies, last.code)
    assert added(edies, draft).status_code == 302
    new = Indicator.objects.get(edition=draft, text="Keeps bees at night")
    number = int(last.code.removeprefix("dd"))
    assert new.code == f"dd{number + 1:03d}"
    assert order(2, "health")[-1] == new.code
    assert Event.objects.latest("pk").detail == f"indicator-{new.code}"


def test_the_page_to_add_one_knows_where(edies: Client, draft: Edition) -> None:
    level = Level.objects.get(edition=draft, number=3)
    where = {"level": level.pk, "domain": Domain.objects.get(edition=draft, code="health").pk}
    page = shown(edies.get(reverse("edition_sign_add", args=["next"]), where))
    assert f'value="{level.pk}" selected' in page and 'value="Appendix 3"' in page
    strange = {"level": "9" * 30, "domain": "x"}
    assert edies.get(reverse("edition_sign_add", args=["next"]), strange).status_code == 200


def test_a_retired_one_is_brought_back_by_its_code(edies: Client, draft: Edition) -> None:
    retire(edies, "dd034")
    assert added(edies, draft, code="DD034").status_code == 302
    assert sign("dd034").text == "Keeps bees at night"


@pytest.mark.parametrize("code", ["dd035", "no code", "add", "x" * 61])
def test_a_code_that_is_taken_or_none_is_refused(code: str, edies: Client, draft: Edition) -> None:
    count = Indicator.objects.count()
    response = added(edies, draft, code=code)
    assert refused(response) and "Keeps bees" in shown(response)
    assert Indicator.objects.count() == count


def test_the_first_indicator_of_an_empty_draft_is_added(edies: Client, draft: Edition) -> None:
    Indicator.objects.filter(edition=draft).delete()
    assert added(edies, draft).status_code == 302
    assert Indicator.objects.filter(edition=draft).count() == 1


# Retiring


def test_what_names_an_indicator_is_told_before_it_is_retired(
    edies: Client, draft: Edition
) -> None:
    rule = Rule.objects.filter(edition=draft, indicators__isnull=False).first()
    named = rule.indicators.first()
    rule.indicators.set([named])
    page = shown(edies.get(at(named.code, "_retire")))
    assert rule.code in page and "rests on nothing else" in page
    assert Indicator.objects.filter(pk=named.pk).exists()
    assert retire(edies, named.code).status_code == 302
    assert not Indicator.objects.filter(pk=named.pk).exists()
    assert any(rule.code in problem.row for problem in problems(draft) if problem.blocks)


def test_a_retired_indicator_stays_in_earlier_editions(edies: Client, draft: Edition) -> None:
    retire(edies, "dd034")
    assert sign("dd034", shipped()).text
    assert not Sayings.objects.filter(edition=draft, indicator__code="dd034").exists()
    assert Event.objects.latest("pk").detail == "indicator-dd034"


def test_one_that_a_rule_names_meanwhile_is_not_retired_unseen(
    edies: Client, draft: Edition
) -> None:
    read = re.search(r'name="read" value="([^"]*)"', shown(edies.get(at("dd034", "_retire"))))
    assert read
    Rule.objects.get(edition=draft, code="names-harm").indicators.add(sign("dd034"))
    response = edies.post(at("dd034", "_retire"), {"read": read[1]})
    assert response.status_code == 409 and "names-harm" in shown(response)
    assert Indicator.objects.filter(edition=draft, code="dd034").exists()


# The services themselves


def test_only_editors_change_indicators(draft: Edition) -> None:
    person = make_person("tess@school.example", None)
    row = sign("dd034")
    values = {"text": "x", "level": row.level, "domain": row.domain}
    for act in (
        lambda: signs.add_sign(draft=draft, code="", values=values, by=person),
        lambda: signs.retire_sign(sign=row, read="", by=person),
        lambda: signs.change_sign(
            sign=row, read="", values=values, place="", alike=True, by=person
        ),
    ):
        with pytest.raises(drafts.NotEditor):
            act()


def test_published_indicators_are_not_changed(edie: User) -> None:
    row = sign("dd034", shipped())
    with pytest.raises(PublishedEdition):
        signs.retire_sign(sign=row, read=signs.digest(row), by=edie)


class Order(TestCase):
    """However indicators are put in order, none is lost and the others keep their order."""

    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 10), st.integers(-1, 10)), max_size=4))
    def test_order(self, moves: list[tuple[int, int]]) -> None:
        by = User.objects.get(email="edie@editors.example")
        expected = order(2, "health")
        for which, after in moves:
            code = expected[which % len(expected)]
            others = [other for other in expected if other != code]
            place = signs.FIRST if after < 0 else others[after % len(others)]
            row = sign(code)
            signs.change_sign(
                sign=row, read=signs.digest(row), values={}, place=place, alike=True, by=by
            )
            others.insert(0 if after < 0 else others.index(place) + 1, code)
            expected = others
            assert order(2, "health") == expected
