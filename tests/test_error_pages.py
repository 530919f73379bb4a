"""Pages that say that something did not work: what is safe, and whom to call all the same."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.test import Client, RequestFactory
from django.utils import timezone
from django.utils.formats import date_format
from django.views.defaults import bad_request, permission_denied, server_error

Ask = Callable[[], HttpResponse]


def forged() -> HttpResponse:
    return Client(enforce_csrf_checks=True).post("/account/login/")


def too_often() -> HttpResponse:
    return render(RequestFactory().get("/"), "429.html", status=429)


PAGES: dict[int, Ask] = {
    400: lambda: bad_request(RequestFactory().get("/"), ValueError()),
    403: lambda: permission_denied(RequestFactory().get("/"), PermissionError()),
    4033: forged,
    404: lambda: Client().get("/nowhere/"),
    429: too_often,
    500: lambda: server_error(RequestFactory().get("/")),
}


@pytest.mark.django_db
@pytest.mark.parametrize("status", PAGES)
def test_it_says_whom_to_call(status: int) -> None:
    response = PAGES[status]()
    html = response.content.decode()
    assert response.status_code == int(str(status)[:3])
    main = html[html.index("<main") : html.index("</main>")]
    assert 'href="tel:999"' in html and "999" in main and 'href="/contacts/"' in main
    assert html.count("<h1") == 1


def test_a_server_error_asks_nothing_of_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise OperationalError

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.cursor", refuse)
    assert PAGES[500]().status_code == 500


@pytest.mark.django_db
def test_a_wrong_host_and_too_large_a_form_are_refused(client: Client) -> None:
    assert client.get("/", headers={"Host": "elsewhere.example"}).status_code == 400
    large = client.post("/account/login/", {"login": "x" * 3_000_000})
    assert large.status_code == 400
    assert "more than a page can take" in large.content.decode()


@pytest.mark.django_db
def test_pages_for_when_nothing_answers_stand_by_themselves(tmp_path: Path, ddscp: object) -> None:
    """They are files: their numbers are today's, and they do not say whether a line is open."""
    call_command("write_outage_pages", str(tmp_path))
    assert {page.name for page in tmp_path.iterdir()} == {"413.html", "429.html", "502.html"}
    for page in tmp_path.iterdir():
        html = page.read_text()
        main = html[html.index("<main") : html.index("</main>")]
        assert main.count('href="tel:999"') and "tel:01332641172" in main
        assert date_format(timezone.localdate(), "j F Y") in main
        assert "phone-card__state" not in html and "csrf" not in html
        assert "safe" in main
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("write_outage_pages", str(tmp_path / "file"))
