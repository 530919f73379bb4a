"""Where the child lives: named plainly, asked when it is not sure, never guessed."""

import pytest
from django.test import Client

from referrals.answers import NOT_SURE
from referrals.models import Answer, Conversation
from tests.pages import main_part, text_of
from tests.people import walk_to
from thresholds.models import Area

pytestmark = pytest.mark.django_db

NEW = "/conversations/new/"
CARDS = ("01332 641172", "01629 533190")


def test_each_area_names_its_districts_or_its_council(teachers_browser: Client) -> None:
    told = text_of(main_part(teachers_browser.get(NEW)))
    for district in Area.objects.get(slug="derbyshire").districts.split(", "):
        assert district in told
    assert "Derby City Council’s own area" in told


def test_an_area_with_no_more_data_than_a_name_can_be_chosen(teachers_browser: Client) -> None:
    Area.objects.update(districts="", council="")
    assert 'value="derbyshire"' in teachers_browser.get(NEW).content.decode()
    assert teachers_browser.post(NEW, {"place": "derbyshire"}).url.endswith("/danger/")


def test_whoever_is_not_sure_is_asked_again_and_not_told_off(teachers_browser: Client) -> None:
    assert 'value="unknown"' not in teachers_browser.get(NEW).content.decode()
    html = main_part(teachers_browser.post(NEW, {"place": NOT_SURE}))
    assert "govuk-error" not in html
    assert 'href="tel:999"' in html and all(number in html for number in CARDS)
    assert 'value="unknown"' in html and f'value="{NOT_SURE}"' not in html
    assert not Conversation.objects.exists(), "nothing is guessed"


@pytest.mark.parametrize("place", ["derby", "elsewhere", "unknown"])
def test_after_that_any_choice_goes_on(teachers_browser: Client, place: str) -> None:
    teachers_browser.post(NEW, {"place": NOT_SURE})
    assert teachers_browser.post(NEW, {"place": place}).url.endswith("/danger/")
    assert Conversation.objects.get().place == place


def test_a_draft_that_has_an_area_shows_both_cards_to_the_unsure(teachers_browser: Client) -> None:
    url = walk_to(teachers_browser, "danger").replace("danger", "area")
    html = main_part(teachers_browser.post(url, {"place": NOT_SURE}))
    assert all(number in html for number in CARDS)
    assert Conversation.objects.get().place == "derby"


def test_what_is_not_known_yet_is_chosen_when_the_page_is_opened_again(
    teachers_browser: Client,
) -> None:
    url = walk_to(teachers_browser, "danger", area={"place": "unknown"}).replace("danger", "area")
    html = main_part(teachers_browser.get(url))
    assert 'value="unknown" checked' in html and all(number in html for number in CARDS)


def test_whoever_is_not_sure_can_leave_and_comes_back_to_the_question(
    teachers_browser: Client,
) -> None:
    url = walk_to(teachers_browser, "danger").replace("danger", "area")
    left = teachers_browser.post(url, {"place": NOT_SURE, "leave": "yes"})
    assert left.url == "/conversations/"
    assert "place" not in Answer.objects.get(step="area").data
    token = Conversation.objects.get().token
    assert teachers_browser.get(f"/conversations/{token}/").url == url
