"""Which letters of a record can be printed: names are drawn, and what no font has is told."""

import logging
import re
from collections.abc import Callable

import pytest
from django.test import Client

from referrals import printable, review
from referrals.models import Conversation
from referrals.pdf import printed, render_pdf
from tests.pages import pdf_text
from tests.people import record


@pytest.mark.parametrize(
    ("name", "is_drawn"),
    [
        ("Zoë Ó Briain", True),
        ("Łukasz Żółć, Ștefan Țurcanu, Žydrūnė, İpek Yağcı", True),
        ("Nguyễn Thị Ánh", True),
        ("Олена Шевченко, Γιώργος", True),
        ("\ue000", False),  # no font has it: so this test can fail
    ],
)
def test_the_letters_of_names_are_drawn(
    teachers_browser: Client, caplog: pytest.LogCaptureFixture, name: str, is_drawn: bool
) -> None:
    """The PDF's own font has the letters of Western Europe; Debian's DejaVu has the others."""
    done = record(teachers_browser, child={"name": name})
    assert (not boxes_in(caplog, lambda: render_pdf(done))) is is_drawn


def boxes_in(caplog: pytest.LogCaptureFixture, draw: Callable[[], object]) -> list[str]:
    """Return what WeasyPrint says of each letter that it draws as a box."""
    logger = logging.getLogger("weasyprint")
    caplog.clear()
    logger.addHandler(caplog.handler)
    try:
        draw()
    finally:
        logger.removeHandler(caplog.handler)
    said = [row.getMessage() for row in caplog.records]
    return [message for message in said if ".notdef" in message]


def test_what_cannot_be_printed_is_known_as_the_pdf_draws_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever fonts there are here: what is said to be lacking is what is drawn as boxes."""
    samples = [
        *printable.SCRIPTS.values(),
        "\ue000",
        "Zoë’s “home” – a\u00a0b\u200bc\u00adde\ufe0f",
    ]
    for sample in samples:
        drawn = boxes_in(caplog, lambda text=sample: printed(f"<p>{text}</p>"))
        told = {f"U+{ord(letter):04X}" for letter in printable.lacking(sample)}
        assert {re.search(r"U\+[0-9A-F]+", message)[0] for message in drawn} == told, sample
    assert printable.lacking("\ue000\ue001\ue000") == ["\ue000", "\ue001"]
    assert not printable.lacking("Łukasz, Ștefan, Γιώργος", {"a": ["é", None, 1]})


def test_letters_that_cannot_be_printed_are_told_on_the_page_and_on_the_print(
    teachers_browser: Client,
) -> None:
    def both(done: Conversation) -> tuple[str, str]:
        page = teachers_browser.get(f"/conversations/{done.token}/summary/").content.decode()
        return page, "".join(pdf_text(done).split())

    page, paper = both(record(teachers_browser, child={"name": "Zoë Łuk"}))
    assert "empty box" not in page and "emptybox" not in paper
    done = record(teachers_browser, child={"name": "Zoë \ue000\ue001\ue000"})
    page, paper = both(done)
    assert "empty box in place of: \ue000 \ue001." in page
    assert "U+E000,U+E001" in paper and f"Ask{done.agency.name.replace(' ', '')}" in paper
    # What came later is printed with it.
    plain = record(teachers_browser)
    review.add(conversation=plain, author=plain.author, text="Her aunt is \ue002.")
    page, paper = both(plain)
    assert "empty box in place of: \ue002." in page and "U+E002" in paper


def test_scripts_without_a_font_are_told_to_whoever_deploys(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_fonts(*args: object, **kwargs: object) -> None:
        raise FileNotFoundError

    try:
        with monkeypatch.context() as patch:
            patch.setattr(printable.subprocess, "run", no_fonts)
            printable._has.cache_clear()
            (told,) = printable.check_scripts()
            assert "Chinese" in told.msg and "Arabic" in told.msg and "fc-list" in caplog.text
            assert not printable.lacking("Zoë Ó Briain"), "the PDF has a font of its own"
            patch.setattr(printable, "_of_this_machine", lambda: [(0x20, 0x30000)])
            printable._has.cache_clear()
            assert not printable.check_scripts()
    finally:
        printable._has.cache_clear()
