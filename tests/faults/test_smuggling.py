"""What cannot be cut into requests in one way alone is refused: deploy/try.sh asks nginx too."""

import pytest

from tests.faults.machines import Machines
from tests.smuggling import HEADS, answers_to, refused, requests_for

pytestmark = pytest.mark.faults


def test_no_request_hides_in_another(machines: Machines) -> None:
    host, port = "127.0.0.1", machines.web.port
    answers = {
        what: answers_to(request, host, port) for what, request in requests_for(host).items()
    }
    assert {what: told for what, told in answers.items() if len(told) != 1} == {}
    # gunicorn reads no body in chunks, and hangs up. nginx reads it before, and refuses.
    assert {what: answers[what] for what in HEADS if not refused(answers[what])} == {}


def test_a_request_that_is_whole_is_answered(machines: Machines) -> None:
    """Or the test above could pass with a server that refuses everything."""
    host, port = "127.0.0.1", machines.web.port
    whole = f"GET /health/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    assert answers_to(whole.encode(), host, port) == [200]
