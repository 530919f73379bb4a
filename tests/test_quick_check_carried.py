"""A quick check carried over into a conversation: by whoever asks, once, and no other way."""

from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.test import Client

from accounts.models import Agency, Membership, User
from referrals import quick_check
from referrals.models import Answer, Conversation
from tests.pages import text_of
from tests.people import BACKEND, give_app, make_person
from tests.quick_check import (
    ANSWERS,
    CARRY_ON,
    IN_PLACE,
    START,
    Form,
    answer,
    check_to,
    html_of,
)
from thresholds.guidance import Guidance

pytestmark = pytest.mark.django_db

COOKIE = "quick_check"


@pytest.fixture
def carried(client: Client) -> Client:
    """A browser that asked to carry a check over, and has not signed in."""
    response = answer(client, check_to(client, "next-steps"), carry="yes")
    assert response.status_code == 302 and response.url == CARRY_ON
    return client


def sign_in(client: Client, user: User) -> Client:
    client.force_login(user, backend=BACKEND)
    return client


def test_only_who_asks_for_it_gets_a_cookie_and_only_its_page_sees_it(carried: Client) -> None:
    cookie = carried.cookies[COOKIE]
    assert cookie["path"] == CARRY_ON
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 15 * 60
    kept = signing.loads(cookie.value, salt=quick_check.SALT)
    assert kept == {step: ANSWERS[step] for step in ("area", "danger", "signs")}


def test_the_cookie_has_room_for_every_sign(client: Client, ddscp: Guidance) -> None:
    html = check_to(client, "next-steps", signs={"codes": [*ddscp.by_code]})
    answer(client, html, carry="yes")
    assert len(client.cookies[COOKIE].value) < 3000


def test_signing_in_leads_back_to_what_is_carried_over(carried: Client, teacher: User) -> None:
    door = carried.get(CARRY_ON)
    assert urlsplit(door.url).path == "/account/login/" and door.url.endswith("next=" + CARRY_ON)
    posted = {"login": teacher.email, "password": "a long pass phrase"}
    assert carried.post(door.url, posted).url == CARRY_ON
    assert "01332 641172" in carried.get(CARRY_ON).content.decode()


def test_nothing_begins_until_it_is_asked_for(
    carried: Client, teacher: User, ddscp: Guidance
) -> None:
    told = text_of(html_of(sign_in(carried, teacher).get(CARRY_ON)))
    for words in ("Derby City", ddscp.by_code["dd034"].text, ddscp.by_code["dd058"].text):
        assert words in told
    assert not Conversation.objects.exists()


def test_the_conversation_begins_with_what_was_answered(carried: Client, teacher: User) -> None:
    begun = sign_in(carried, teacher).post(CARRY_ON)
    conversation = Conversation.objects.get()
    assert begun.url == f"/conversations/{conversation.token}/child/"
    assert (conversation.author, conversation.place) == (teacher, "derby")
    saved = {answer.step: answer.data for answer in Answer.objects.all()}
    assert saved.keys() == {"area", "danger", "signs"}
    assert saved["danger"] == ANSWERS["danger"]
    assert saved["signs"].items() >= ANSWERS["signs"].items()
    assert not begun.cookies[COOKIE].value


def test_the_signs_come_again_ticked_when_it_is_their_turn(carried: Client, teacher: User) -> None:
    url = sign_in(carried, teacher).post(CARRY_ON).url
    for step in ("child", "call", "concern", "questions", "in-place"):
        posted = {"name": "A", "made": "no", "concern": "She said so."} | IN_PLACE
        url = carried.post(url.replace("child", step), posted).url
    assert url.endswith("/signs/")
    assert Form(html_of(carried.get(url))).fields["codes"] == ANSWERS["signs"]["codes"]


def test_danger_is_still_first_in_the_conversation(client: Client, teacher: User) -> None:
    html = check_to(client, "next-steps", danger={"danger": "yes"})
    answer(client, html, carry="yes")
    assert sign_in(client, teacher).post(CARRY_ON).url.endswith("/call-now/")
    assert Conversation.objects.get().danger


def test_it_is_used_once(carried: Client, teacher: User) -> None:
    sign_in(carried, teacher).post(CARRY_ON)
    again = carried.post(CARRY_ON)
    assert again.status_code == 409
    assert Conversation.objects.count() == 1


def test_it_can_be_cleared(carried: Client, teacher: User) -> None:
    cleared = sign_in(carried, teacher).post(CARRY_ON, {"clear": "yes"})
    assert not cleared.cookies[COOKIE].value
    assert not Conversation.objects.exists()


def test_a_person_of_two_agencies_says_which(carried: Client, teacher: User) -> None:
    second = Agency.objects.create(name="Youth Club", kind=Agency.Kind.VOLUNTARY)
    Membership.objects.create(user=teacher, agency=second)
    sign_in(carried, teacher)
    assert f"?agency={second.pk}" in html_of(carried.get(CARRY_ON))
    assert carried.post(CARRY_ON).status_code == 200
    assert not Conversation.objects.exists()
    carried.post(f"{CARRY_ON}?agency={second.pk}")
    assert Conversation.objects.get().agency == second


@pytest.mark.parametrize("who", ["reader", "editor", "nobody's"])
def test_who_may_not_record_is_refused_as_ever(carried: Client, agency: Agency, who: str) -> None:
    role = Membership.Role.READER if who == "reader" else Membership.Role.PRACTITIONER
    person = make_person("p@example.org", None if who == "nobody's" else agency, role)
    if who == "editor":
        User.objects.filter(pk=person.pk).update(is_editor=True)
        give_app(person)
    sign_in(carried, person)
    for response in (carried.post(CARRY_ON), carried.get(CARRY_ON)):
        assert response.status_code == 403
    assert not Conversation.objects.exists()
    assert not carried.cookies[COOKIE].value


def changed(value: str) -> str:
    return value[:-1] + ("a" if value[-1] != "a" else "b")


def of_another_edition() -> str:
    return signing.dumps(
        {"area": {"place": "derby"}, "danger": {"danger": "no"}, "signs": {"codes": ["dd999"]}},
        salt=quick_check.SALT,
    )


@pytest.mark.parametrize("what", ["changed", "another edition's", "not ours", "empty", "none"])
def test_what_cannot_be_carried_over_is_a_clear_page(
    carried: Client, teacher: User, what: str
) -> None:
    value = carried.cookies[COOKIE].value
    values = {
        "changed": changed(value),
        "another edition's": of_another_edition(),
        "not ours": "\x00=;{",
        "empty": "",
    }
    sign_in(carried, teacher)
    if what == "none":
        del carried.cookies[COOKIE]
    else:
        carried.cookies[COOKIE] = values[what]
    assert 'href="/quick-check/"' in html_of(carried.get(CARRY_ON))
    assert carried.post(CARRY_ON).status_code == 409
    assert not Conversation.objects.exists()


def test_after_a_quarter_of_an_hour_it_is_gone(
    carried: Client, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(carried, teacher)
    monkeypatch.setattr(quick_check, "CARRY_SECONDS", -1)
    assert carried.post(CARRY_ON).status_code == 409
    assert not Conversation.objects.exists()


def test_the_post_that_begins_a_conversation_is_protected(carried: Client, teacher: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies[COOKIE] = carried.cookies[COOKIE].value
    assert sign_in(strict, teacher).post(CARRY_ON).status_code == 403
    assert not Conversation.objects.exists()


def test_another_site_cannot_put_answers_into_the_cookie(client: Client) -> None:
    fields = Form(check_to(client, "next-steps")).fields | {"carry": "yes"}
    response = client.post(START, fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 200
    assert COOKIE not in client.cookies


def test_an_unfinished_check_is_not_carried_over(client: Client) -> None:
    html = html_of(client.post(START, {"page": "next-steps", "place": "derby", "carry": "yes"}))
    assert Form(html).page == "danger"
    assert COOKIE not in client.cookies
