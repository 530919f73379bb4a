"""Whoever may know of significant harm is asked about it, and what they said is not lost."""

import pytest
from django.test import Client as Browser

from referrals import services
from referrals.models import Conversation
from tests.people import LEVEL_2, record, walk_to

JUDGED_HIGHEST = {"level": "4", "reason": "He is hurt at home, and no sign says so."}


def test_whoever_judges_the_highest_level_is_asked_whether_there_is_harm(
    teachers_browser: Browser,
) -> None:
    """The signs say Level 2. Only the question can make it child protection."""
    reading = walk_to(teachers_browser, "reading", judgement=JUDGED_HIGHEST)
    assert 'name="significant_harm"' in teachers_browser.get(reading).content.decode()
    assert teachers_browser.post(reading, {}).status_code == 200
    done = record(teachers_browser, judgement=JUDGED_HIGHEST, reading={"significant_harm": "yes"})
    assert done.child_protection and done.urgency == "now"


def test_where_harm_is_not_asked_about_the_page_says_how_to_raise_it(
    teachers_browser: Browser,
) -> None:
    """By the judgement: the highest level asks. In danger now, it is child protection already."""
    reading = walk_to(teachers_browser, "reading")
    to_judgement = f'href="{reading.replace("reading", "judgement")}">Change your judgement'
    page = teachers_browser.get(reading).content.decode()
    assert 'name="significant_harm"' not in page and to_judgement in page
    for asked in ({"judgement": JUDGED_HIGHEST}, {"danger": {"danger": "yes"}}):
        reading = walk_to(teachers_browser, "reading", **asked)
        page = teachers_browser.get(reading).content.decode()
        assert to_judgement.split("/")[-1] not in page


@pytest.mark.parametrize(
    ("slug", "taken_back"),
    [("signs", {"codes": ["dd034"]}), ("judgement", LEVEL_2["judgement"])],
)
def test_a_yes_to_harm_outlives_the_sign_and_the_level_that_raised_it(
    teachers_browser: Browser, slug: str, taken_back: dict[str, object]
) -> None:
    raised = {"signs": {"codes": ["dd034", "dd058"]}, "judgement": JUDGED_HIGHEST}
    said = {"significant_harm": "yes"}
    url = walk_to(teachers_browser, "check", **{slug: raised[slug]}, reading=said)
    reading = teachers_browser.post(url.replace("check", slug), taken_back).url
    assert reading.endswith("/reading/")
    chosen = 'name="significant_harm" type="radio" value="yes" checked'
    assert chosen in " ".join(teachers_browser.get(reading).content.decode().split())
    assert teachers_browser.post(reading, {}).status_code == 200
    assert teachers_browser.post(reading, said).status_code == 302
    begun = Conversation.objects.get(token=url.split("/")[2])
    assert services.facts_of(begun, services.walk_of(begun)).reading.child_protection
