"""A conversation through its pages: saved as it goes, refused clearly, nothing lost."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Agency, User
from referrals import services
from referrals.models import Answer, Call, Child, Conversation, Frozen, Sign
from tests.people import BACKEND, LEVEL_2, record, walk_to

Browser = Client
CHILD = LEVEL_2["child"]


def conversation_at(url: str) -> Conversation:
    return Conversation.objects.get(token=url.split("/")[2])


def saved(url: str, step: str) -> dict[str, object]:
    return Answer.objects.get(conversation=conversation_at(url), step=step).data


def test_a_step_is_saved_as_it_is_posted(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "questions")
    assert saved(url, "concern")["concern"] == LEVEL_2["concern"]["concern"]
    assert saved(url, "child")["born_on"] == "2017-04-03"


def test_a_draft_goes_on_where_it_was_left(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "signs")
    left = teachers_browser.post(url, LEVEL_2["signs"] | {"leave": "yes"})
    assert left.url == "/conversations/"
    again = teachers_browser.get(f"/conversations/{conversation_at(url).token}/")
    assert again.url.endswith("/evidence/")


def test_a_saved_step_shows_what_was_answered(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "concern")
    page = teachers_browser.get(url.replace("concern", "child")).content.decode()
    assert 'value="Amina Example"' in page
    assert 'value="2017"' in page


def test_a_level_2_conversation_takes_at_most_15_pages(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "check")
    assert Answer.objects.filter(conversation=conversation_at(url)).count() + 1 <= 15


def test_a_danger_case_reaches_the_phone_card_on_its_second_page(teachers_browser: Browser) -> None:
    second = teachers_browser.post("/conversations/new/", {"place": "derby"}).url
    page = teachers_browser.get(second).content.decode()
    assert 'href="tel:999"' in page and 'href="tel:01332641172"' in page
    assert "01629" not in page
    third = teachers_browser.post(second, {"danger": "yes"}).url
    assert third.endswith("/call-now/")


@pytest.mark.parametrize("place", ["elsewhere", "unknown"])
def test_a_child_from_elsewhere_gets_both_cards_and_a_record(
    teachers_browser: Browser, place: str
) -> None:
    url = walk_to(teachers_browser, "call-now", area={"place": place}, danger={"danger": "yes"})
    page = teachers_browser.get(url).content.decode()
    assert "01332 641172" in page and "01629 533190" in page
    done = record(teachers_browser, area={"place": place}, danger={"danger": "yes"})
    assert done.area is None and done.place == place
    assert done.child_protection and done.urgency == "now"


def test_recording_keeps_the_parts_that_later_work_needs(teachers_browser: Browser) -> None:
    done = record(teachers_browser)
    assert done.reference and done.content and done.recorded_at
    assert (done.judged_level, done.read_level, done.read_up_to) == (2, 2, 2)
    assert done.agreement == "given"
    assert Child.objects.get(conversation=done).name == "Amina Example"
    # 17:10 in November is the same in London and in UTC.
    assert Call.objects.get(conversation=done).called_at == datetime(
        2025, 11, 20, 17, 10, tzinfo=UTC
    )
    signs = Sign.objects.filter(conversation=done).values_list("indicator__code", "seen_by", "note")
    assert set(signs) == {("dd001", "", ""), ("dd034", "me", "On Monday and Tuesday")}


def test_a_call_in_summer_is_kept_in_utc(teachers_browser: Browser) -> None:
    summer = LEVEL_2["call"] | {"on_month": "7", "at": "09:30"}
    done = record(teachers_browser, call=summer)
    assert Call.objects.get(conversation=done).called_at == datetime(2025, 7, 20, 8, 30, tzinfo=UTC)


def test_a_record_belongs_to_the_agency_and_edition_it_began_with(
    teachers_browser: Browser, agency: Agency
) -> None:
    done = record(teachers_browser)
    assert done.agency == agency
    assert done.edition.slug == "ddscp-2019-12"


# What was answered before and is changed.


def test_an_answer_made_stale_by_a_change_drops_out(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "check", danger={"danger": "yes"})
    back = url.replace("check", "danger")
    assert teachers_browser.post(back, {"danger": "no"}).url.endswith("/reading/")
    walked = services.walk_of(conversation_at(url))
    assert "call-now" not in walked.known


def test_a_changed_sign_asks_for_the_reading_again(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "check")
    changed = teachers_browser.post(url.replace("check", "signs"), {"codes": ["dd157"]})
    assert changed.url.endswith("/evidence/")
    assert teachers_browser.post(changed.url, {}).url.endswith("/reading/")


def test_a_judgement_changed_after_the_reading_keeps_the_first(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "check")
    new = {"level": "3", "reason": "I had not counted the baby."}
    teachers_browser.post(url.replace("check", "judgement"), new)
    kept = saved(url, "judgement")
    assert kept["level"] == "3"
    assert kept["first"] == LEVEL_2["judgement"]


def test_a_sign_of_harm_added_later_asks_again_whether_there_is_harm(
    teachers_browser: Browser,
) -> None:
    url = walk_to(
        teachers_browser, "check", signs={"codes": ["dd058"]}, reading={"significant_harm": "no"}
    )
    signs = {"codes": ["dd058", "dd155"]}
    evidence = teachers_browser.post(url.replace("check", "signs"), signs).url
    reading = teachers_browser.post(evidence, {}).url
    assert reading.endswith("/reading/")
    assert "govuk-error-summary" in teachers_browser.post(reading, {}).content.decode()


@pytest.mark.parametrize(
    ("step", "posted"),
    [
        ("danger", {"danger": "yes"}),
        ("area", {"place": "derbyshire"}),
        ("agreement", {"agreement": "unsafe"}),
        ("judgement", {"level": "4", "reason": "It is worse than I thought."}),
        ("in-place", LEVEL_2["in-place"] | {"assessment": "no"}),
    ],
)
def test_next_steps_that_changed_are_shown_again(
    teachers_browser: Browser, step: str, posted: dict[str, object]
) -> None:
    url = walk_to(teachers_browser, "check")
    teachers_browser.post(url.replace("check", step), posted)
    assert "next-steps" not in services.walk_of(conversation_at(url)).known


def test_a_changed_agreement_keeps_nothing_of_the_one_before(teachers_browser: Browser) -> None:
    advice = {"advice_from": "The head", "advice_outcome": "Refer", "shares": "yes"}
    url = walk_to(teachers_browser, "check", agreement={"agreement": "refused"}, sharing=advice)
    given = LEVEL_2["agreement"] | {"agreement": "unsafe"}
    teachers_browser.post(url.replace("check", "agreement"), given)
    assert saved(url, "agreement") == {"agreement": "unsafe"}
    assert "sharing" not in services.walk_of(conversation_at(url)).known


def test_judgement_comes_before_the_reading(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "judgement")
    ahead = teachers_browser.get(url.replace("judgement", "reading"))
    assert ahead.url == url
    assert "band__level--guidance" not in teachers_browser.get(url).content.decode()


def test_moving_the_child_changes_the_phone_card(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "concern")
    teachers_browser.post(url.replace("concern", "area"), {"place": "derbyshire"})
    page = teachers_browser.get(url).content.decode()
    assert "01629 533190" in page and "01332" not in page


# Refusals. Each is clear, and loses nothing.


@pytest.mark.parametrize(
    ("step", "posted", "kept"),
    [
        ("danger", {}, ""),
        ("child", {"siblings": "A baby brother"}, "A baby brother"),
        ("child", CHILD | {"born_on_day": "31", "born_on_month": "2"}, "Amina"),
        ("child", CHILD | {"born_on_year": "1917"}, 'value="1917"'),
        ("call", {"made": "yes", "said": "They will ring back"}, "They will ring back"),
        ("call", LEVEL_2["call"] | {"on_year": "2099"}, "Sam at the advice line"),
        ("call", LEVEL_2["call"] | {"at": "25:99"}, "25:99"),
        ("call", LEVEL_2["call"] | {"made": "no"}, "Sam at the advice line"),
        ("child", CHILD | {"name": "\u202e\u200b"}, 'value="2017"'),
        ("child", CHILD | {"due_on_day": "1", "due_on_month": "1", "due_on_year": "2099"}, "2099"),
        ("concern", {"concern": "  "}, ""),
        ("in-place", {"services_now": "A youth worker"}, "A youth worker"),
        ("signs", {}, ""),
        ("signs", {"codes": ["dd034", "no-such-sign"]}, 'value="dd034" checked'),
        ("judgement", {"reason": "Because of the baby"}, "Because of the baby"),
        ("judgement", {"level": "9", "reason": "Because of the baby"}, "Because of the baby"),
        ("agreement", {"given_on_day": "1"}, 'value="1"'),
        ("sharing", {"basis": "To keep her safe"}, "To keep her safe"),
    ],
)  # fmt: skip
def test_a_bad_answer_is_refused_with_an_error_and_what_was_typed(
    teachers_browser: Browser, step: str, posted: dict[str, object], kept: str
) -> None:
    url = walk_to(teachers_browser, step)
    response = teachers_browser.post(url, posted)
    page = response.content.decode()
    assert response.status_code == 200
    assert "govuk-error-summary" in page
    assert kept in page
    assert not Answer.objects.filter(conversation=conversation_at(url), step=step).exists()


def test_a_young_person_may_be_25(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "child")
    year = timezone.localdate().year - 25
    assert teachers_browser.post(url, CHILD | {"born_on_year": str(year)}).status_code == 302


def test_a_bad_first_answer_starts_nothing(teachers_browser: Browser) -> None:
    response = teachers_browser.post("/conversations/new/", {"place": "atlantis"})
    assert "govuk-error-summary" in response.content.decode()
    assert not Conversation.objects.exists()


def test_a_step_out_of_order_leads_to_the_first_open_one(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "child")
    for later in ("signs", "reading", "check", "family"):
        assert teachers_browser.get(url.replace("child", later)).url == url


def test_an_answer_posted_out_of_order_is_kept(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "child")
    response = teachers_browser.post(url.replace("child", "concern"), LEVEL_2["concern"])
    assert response.url == url
    assert saved(url, "concern")["concern"] == LEVEL_2["concern"]["concern"]


def test_an_answer_that_hangs_on_earlier_ones_is_given_back_when_it_comes_too_early(
    teachers_browser: Browser,
) -> None:
    url = walk_to(teachers_browser, "child")
    posted = {"note_dd034": "On Monday she had no coat"}
    response = teachers_browser.post(url.replace("child", "evidence"), posted)
    assert response.status_code == 409
    assert posted["note_dd034"] in response.content.decode()


def test_a_half_filled_page_can_be_left_and_found_again(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "in-place")
    half = {"services_now": "A youth worker", "leave": "yes"}
    assert teachers_browser.post(url, half).url == "/conversations/"
    assert teachers_browser.get(f"/conversations/{conversation_at(url).token}/").url == url
    assert "A youth worker" in teachers_browser.get(url).content.decode()


def test_leaving_the_first_page_empty_keeps_the_draft(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "danger").replace("danger", "area")
    assert teachers_browser.post(url, {"leave": "yes"}).url == "/conversations/"
    assert conversation_at(url).place == "derby"


def test_a_wrong_answer_is_not_left_behind_unseen(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "call")
    wrong = LEVEL_2["call"] | {"at": "25:99", "leave": "yes"}
    assert "govuk-error-summary" in teachers_browser.post(url, wrong).content.decode()


def test_a_note_outlives_its_sign(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "judgement")
    signs, evidence = url.replace("judgement", "signs"), url.replace("judgement", "evidence")
    teachers_browser.post(signs, {"codes": ["dd001"]})
    teachers_browser.post(evidence, {})
    teachers_browser.post(signs, {"codes": ["dd001", "dd034"]})
    assert "On Monday and Tuesday" in teachers_browser.get(evidence).content.decode()


@pytest.mark.parametrize("at", ["17:10", "17.10", "5:10pm", "5.10 PM", "1710"])
def test_a_time_may_be_written_as_people_write_it(teachers_browser: Browser, at: str) -> None:
    url = walk_to(teachers_browser, "call")
    teachers_browser.post(url, LEVEL_2["call"] | {"at": at})
    assert saved(url, "call")["at"] == "17:10:00"


def test_text_as_long_as_a_form_allows_can_be_recorded(teachers_browser: Browser) -> None:
    long = "é" * 300
    child = CHILD | {"name": long, "agency_reference": long}
    done = record(teachers_browser, child=child, call=LEVEL_2["call"] | {"to": long})
    assert Child.objects.get(conversation=done).name == long


def test_an_unknown_step_is_not_found(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "child")
    assert teachers_browser.get(url.replace("child", "nonsense")).status_code == 404


def test_recording_too_early_leads_to_what_is_missing(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "judgement")
    assert teachers_browser.post(url.replace("judgement", "check")).url == url
    assert not conversation_at(url).is_recorded


def test_a_second_submit_of_the_last_page_records_once(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "check")
    first, second = teachers_browser.post(url), teachers_browser.post(url)
    assert first.url == second.url
    assert Conversation.objects.recorded().count() == Child.objects.count() == 1


def test_a_post_to_a_record_is_refused_and_given_back(teachers_browser: Browser) -> None:
    done = record(teachers_browser)
    late = {"concern": "Something more that I remembered later"}
    response = teachers_browser.post(f"/conversations/{done.token}/concern/", late)
    assert response.status_code == 409
    assert late["concern"] in response.content.decode()
    assert done.answers.get(step="concern").data == LEVEL_2["concern"]


def test_a_post_after_being_signed_out_is_given_back(teachers_browser: Browser) -> None:
    url = walk_to(teachers_browser, "concern")
    teachers_browser.logout()
    late = {"concern": "She told me on Friday that she is afraid"}
    response = teachers_browser.post(url, late)
    assert response.status_code == 403
    assert late["concern"] in response.content.decode()
    assert not Answer.objects.filter(step="concern").exists()


def test_a_form_that_is_out_of_date_gets_a_page_of_ours(teacher: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(teacher, backend=BACKEND)
    response = strict.post("/conversations/new/", {"place": "derby"})
    assert response.status_code == 403
    assert "tel:999" in response.content.decode()
    assert not Conversation.objects.exists()


def test_a_record_cannot_be_saved_over(teachers_browser: Browser) -> None:
    done = record(teachers_browser)
    done.content = {}
    with pytest.raises(Frozen):
        done.save()
    with pytest.raises(Frozen):
        services.save_answer(conversation=done, step="concern", data={})


def test_saving_a_step_takes_six_queries(teachers_browser: Browser, settings: Settings) -> None:
    # When somebody was seen is written now and then: on a slow machine, in this test.
    settings.IDLE_WRITE_SECONDS = 10**10
    url = walk_to(teachers_browser, "concern")
    with CaptureQueriesContext(connection) as queries:
        teachers_browser.post(url, LEVEL_2["concern"])
    asked = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    # On PostgreSQL one of them writes its event, on SQLite two: docs/decisions/0018.
    assert len(asked) == (6 if connection.vendor == "postgresql" else 7), asked


def test_a_parameter_that_comes_twice_or_in_the_address_changes_nothing(
    teachers_browser: Browser,
) -> None:
    """What is posted counts, of one field that is sent twice the last, and never the address."""
    form = "application/x-www-form-urlencoded"
    url = walk_to(teachers_browser, "danger")
    assert teachers_browser.post(f"{url}?danger=no").status_code == 200, "nothing was answered"
    assert not Answer.objects.filter(step="danger").exists()
    teachers_browser.generic("POST", f"{url}?danger=yes", "danger=yes&danger=no", form)
    assert saved(url, "danger") == {"danger": "no"}
    url = walk_to(teachers_browser, "concern")
    teachers_browser.generic(
        "POST", f"{url}?concern=A", "concern=B&concern=C&concern%5B%5D=D", form
    )
    assert saved(url, "concern")["concern"] == "C"
    # Where to go on to, and what to do, neither.
    both = f"next=/conversations/&next={quote('https://evil.example/')}"
    for body in (both, "&".join(reversed(both.split("&")))):
        sent = f"login=teacher@school.example&password=a+long+pass+phrase&{body}"
        answer = Client().generic("POST", "/account/login/?next=//evil.example/", sent, form)
        assert answer["Location"] == "/conversations/"


def test_ones_own_list_has_every_record_on_some_page(
    teachers_browser: Browser, teacher: User, agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("referrals.views.LIST_SIZE", 2)
    made = [record(teachers_browser, child=CHILD | {"name": f"Amina {n}"}) for n in range(5)]
    pages = [
        teachers_browser.get(f"/conversations/?page={page}").content.decode() for page in range(3)
    ]
    shown = [[done.reference for done in made if done.reference in page] for page in pages]
    assert [len(each) for each in shown] == [2, 2, 1]
    assert {reference for each in shown for reference in each} == {d.reference for d in made}
    assert ["?page=1" in pages[0], "?page=2" in pages[1], "?page=3" in pages[2]] == [1, 1, 0]


@pytest.mark.parametrize("page", ["-1", "x", "99999", "1e3", "9", "\x00"])
def test_a_page_of_ones_own_list_that_is_none_is_no_error(
    teachers_browser: Browser, page: str
) -> None:
    assert teachers_browser.get("/conversations/", {"page": page}).status_code == 200
