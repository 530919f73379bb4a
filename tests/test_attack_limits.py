"""What takes a computer's time is held in bounds, and whoever is held up loses nothing."""

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from tests.quick_check import START, answer, check_to
from thresholds import phrases, search
from thresholds.sentences import encoder

pytestmark = pytest.mark.django_db
TYPED = "no breakfast three days running"


@pytest.fixture(autouse=True)
def _few(settings: Settings) -> None:
    settings.FINDS_A_MINUTE = {"any": 2, "long": 1}


def find(text: str, address: str = "10.0.0.1") -> HttpResponse:
    return Client().post("/find/", {"text": text}, REMOTE_ADDR=address)


def test_searches_from_one_address_are_limited_and_the_words_stay() -> None:
    assert [find(TYPED).status_code for _ in range(3)] == [200, 200, 429]
    refused = find(TYPED).content.decode()
    assert TYPED in refused
    assert "tel:" in refused
    assert find(TYPED, "10.0.0.2").status_code == 200


def test_another_address_cannot_be_made_up() -> None:
    tries = [
        Client().post("/find/", {"text": TYPED}, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=ip)
        for ip in ("1.1.1.1", "2.2.2.2", "3.3.3.3")
    ]
    assert [response.status_code for response in tries] == [200, 200, 429]


def test_long_texts_count_for_themselves() -> None:
    long = f"{TYPED}. " * 100
    assert [find(text).status_code for text in (long, long, TYPED)] == [200, 429, 200]


def test_the_quick_check_is_limited_and_keeps_what_was_typed(client: Client) -> None:
    page = check_to(client, "signs")
    answers = [answer(client, page, worry=TYPED, find="yes") for _ in range(3)]
    assert [response.status_code for response in answers] == [200, 200, 429]
    assert TYPED in answers[-1].content.decode()
    # Everything but the finder goes on.
    assert client.post(START, {"page": "area", "place": "derby"}).status_code == 200


@pytest.mark.parametrize("text", ["ab. ", "He's out, and in, and up. ", "((<{[. ", "不安な子。"])
def test_no_text_is_read_for_longer_than_a_long_one(text: str) -> None:
    whole = (text * 20_000)[: search.LONGEST_TEXT]
    sentences = phrases.sentences(whole)
    read = search._readable([phrases.clauses(one) or [one] for one in sentences])
    tokens = sum(encoder().sizes([part.text for own in read for part in own]))
    assert tokens <= search.MOST_TOKENS


def test_a_long_text_that_somebody_means_is_read_whole() -> None:
    told = "He came in hungry and said that his dad shouts at his mum on day {}. "
    sentences = phrases.sentences("".join(told.format(day) for day in range(200)))
    clauses = [phrases.clauses(one) or [one] for one in sentences]
    assert search._readable(clauses) == clauses
