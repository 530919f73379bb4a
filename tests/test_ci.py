"""What the tests themselves need: where nobody is looking, nothing is left out quietly."""

import pytest

from tests.browser.conftest import find_chromium


@pytest.fixture
def without_chromium(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")


@pytest.mark.parametrize("value", ["true", "1"])
def test_the_browser_tests_fail_without_chromium_where_ci_is_set(
    without_chromium: None, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CI", value)
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium") as failed:
        find_chromium()
    assert not failed.value.pytrace, "one line says it all"


@pytest.mark.parametrize("value", ["", None])
def test_a_developer_without_chromium_may_go_on(
    without_chromium: None, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("CI", raising=False)
    if value is not None:
        monkeypatch.setenv("CI", value)
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        find_chromium()
