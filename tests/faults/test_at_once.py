"""The same form at the same moment, two tabs at once, and a network that cuts, dawdles or loses."""

import socket
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from django.utils import timezone

from tests.faults.machines import Machines
from tests.faults.visitor import Visitor

pytestmark = pytest.mark.faults

AT_ONCE = 6


def at_once(ask: Callable[[int], requests.Response]) -> list[requests.Response]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, range(AT_ONCE)))


def count(machines: Machines, table: str) -> int:
    return int(machines.database.ask(f"SELECT count(*) FROM {table}"))


def done_once(machines: Machines, table: str, ask: Callable[[], requests.Response]) -> str:
    """Ask for one thing several times at once. Return where all of it led."""
    before = count(machines, table)
    answers = at_once(lambda _: ask())
    led_to = {answer.headers.get("Location", "") for answer in answers}
    assert {answer.status_code for answer in answers} == {302}, table
    assert len(led_to) == 1 and count(machines, table) == before + 1, table
    return led_to.pop()


def test_whatever_is_sent_several_times_at_once_is_done_once(
    machines: Machines, teacher: Visitor, lead: Visitor
) -> None:
    def sends(who: Visitor, page: str, to: str = "", **data: str) -> Callable[[], Any]:
        sent = who.fields(page) | data
        return lambda: who.send(to or page, sent)

    begun = done_once(
        machines, "referrals_conversation", sends(teacher, "/conversations/new/", place="derby")
    )
    assert begun.endswith("/danger/")
    check = teacher.walk_to("check")
    keys = teacher.fields(check)
    recorded = count(machines, "referrals_child")
    summaries = at_once(lambda _: teacher.send(check, keys))
    assert {answer.status_code for answer in summaries} == {302}
    assert count(machines, "referrals_child") == recorded + 1
    summary = check.replace("check", "summary")
    add, review = check.replace("check", "add"), check.replace("check", "review")
    done_once(machines, "referrals_addendum", sends(teacher, add, text="Rang again"))
    done_once(
        machines,
        "referrals_review",
        sends(lead, summary, review, decision="ask", text="What did the nurse say?"),
    )
    done_once(
        machines,
        "referrals_escalation",
        sends(lead, summary, check.replace("check", "escalations")),
    )
    done_once(
        machines,
        "accounts_invitation",
        sends(lead, "/people/invite/", email="new@school.example", role="practitioner"),
    )
    answer = check.replace("check", "follow-up/answer")
    done_once(
        machines,
        "referrals_councilanswer",
        sends(teacher, answer, answer="accepted", **today()),
    )


def today() -> dict[str, str]:
    now = timezone.localdate()
    return {f"answered_on_{part}": str(getattr(now, part)) for part in ("day", "month", "year")}


def test_of_several_tabs_at_once_one_is_saved_and_the_others_are_told(
    machines: Machines, teacher: Visitor
) -> None:
    step = teacher.walk_to("concern")
    keys = teacher.fields(step)
    answers = at_once(lambda n: teacher.send(step, keys | {"concern": f"Tab {n}"}))
    assert Counter(answer.status_code for answer in answers) == {302: 1, 409: AT_ONCE - 1}
    (saved,) = (n for n, answer in enumerate(answers) if answer.status_code == 302)
    assert f"Tab {saved}" in teacher.look(step).text
    for n, answer in enumerate(answers):
        assert f"Tab {n}" in answer.text or n == saved
        assert f"Tab {saved}" in answer.text or n == saved


# The network


def request_of(machines: Machines, teacher: Visitor, at: str, data: dict[str, str]) -> bytes:
    body = urlencode(data)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in teacher.session.cookies)
    head = (
        f"POST {at} HTTP/1.1\r\nHost: 127.0.0.1:{machines.web.port}\r\nCookie: {cookies}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def connect(machines: Machines) -> socket.socket:
    return socket.create_connection(("127.0.0.1", machines.web.port), 30)


def test_a_page_that_is_cut_off_half_way_saves_nothing(
    machines: Machines, teacher: Visitor
) -> None:
    step = teacher.walk_to("concern")
    sent = request_of(machines, teacher, step, teacher.fields(step) | {"concern": "Half " * 3000})
    for part in (sent[: len(sent) // 2], sent[:-1]):
        with connect(machines) as cut:
            cut.sendall(part)
    answers = count(machines, "referrals_answer")
    page = teacher.look(step)
    assert page.status_code == 200 and "Half Half" not in page.text
    assert count(machines, "referrals_answer") == answers


def test_a_slow_sender_holds_up_nobody_else_and_is_saved_when_it_is_whole(
    machines: Machines, teacher: Visitor
) -> None:
    step = teacher.walk_to("concern")
    sent = request_of(machines, teacher, step, teacher.fields(step) | {"concern": "Slowly"})
    with connect(machines) as slow:
        for start in range(0, len(sent), 200):
            assert Visitor(machines.web.url).look("/contacts/").status_code == 200
            assert "Slowly" not in teacher.look(step).text
            slow.sendall(sent[start : start + 200])
        assert slow.recv(12) == b"HTTP/1.1 302"
    assert "Slowly" in teacher.look(step).text


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_happens_twice(
    machines: Machines, teacher: Visitor
) -> None:
    """The portal did it, and the network broke before it could say so."""
    drafts = count(machines, "referrals_conversation")
    page = "/conversations/new/"
    first = teacher.fields(page) | {"place": "derby"}
    led_to = lost_then_again(machines, teacher, page, first)
    assert count(machines, "referrals_conversation") == drafts + 1
    assert teacher.look(led_to).status_code == 200
    step = teacher.walk_to("concern")
    again = teacher.fields(step) | {"concern": "Said once."}
    lost_then_again(machines, teacher, step, again)
    assert "Said once." in teacher.look(step).text


def lost_then_again(machines: Machines, teacher: Visitor, at: str, data: dict[str, str]) -> str:
    with connect(machines) as broken:
        broken.sendall(request_of(machines, teacher, at, data))
        broken.recv(1)  # it is done by now
    answer = teacher.send(at, data)
    assert answer.status_code == 302
    return answer.headers["Location"]
