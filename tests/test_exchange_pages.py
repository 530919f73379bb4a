"""The editors' pages for bringing files and comparing: looked at first, written only then."""

import csv
import json
import re
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from accounts.models import Event, User
from guidance_content import kept
from guidance_content.exchange import as_document
from guidance_content.importing import import_document
from guidance_content.indicators_csv import (
    COLUMNS,
    escaped,
    plain,
    replace_indicators,
    with_indicators,
)
from guidance_content.references import check_references
from guidance_content.shape import DocumentError, check_shape, schema
from referrals.exports import FORMULA
from tests.elsewhere import northshire
from tests.people import give_app, make_person, signed_in
from thresholds.models import Edition, Indicator, Rule

Row = dict[str, str]
CURRENT = "ddscp-2019-12"


@pytest.fixture
def editor(db: None) -> User:
    user = make_person("editor@partnership.example", None)
    user.is_editor = True
    user.save()
    give_app(user)
    return user


@pytest.fixture
def editing(editor: User) -> Client:
    return signed_in(editor)


@pytest.fixture
def draft(db: None) -> Edition:
    return import_document(northshire())


def bring(editing: Client, url: str, data: bytes) -> Any:
    return editing.post(url, {"file": SimpleUploadedFile("edition", data)})


def confirm(editing: Client, url: str, response: Any) -> Any:
    return editing.post(url, {"digest": digest_of(response)})


def digest_of(response: Any) -> str:
    """Return the digest with which the page asks to confirm, "" where it does not ask."""
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', response.content.decode())
    return found[1] if found else ""


# A whole edition.


def test_what_is_brought_is_shown_before_anything_is_written(editing: Client) -> None:
    before = Edition.objects.count(), Event.objects.count()
    response = bring(editing, "/editors/import/", json.dumps(northshire()).encode())
    page = response.content.decode()
    assert "Nothing is written yet" in page and "none here yet" in page
    assert (Edition.objects.count(), Event.objects.count()) == before


def test_a_confirmed_document_becomes_a_draft(editing: Client, editor: User) -> None:
    looked = bring(editing, "/editors/import/", json.dumps(northshire()).encode())
    assert confirm(editing, "/editors/import/", looked).status_code == 302
    edition = Edition.objects.get(slug="northshire-2026")
    assert (edition.status, edition.created_by) == (Edition.Status.DRAFT, editor)
    assert Event.objects.filter(subject=f"edition:{edition.pk}", actor=editor.pk).exists()


def test_it_is_compared_with_the_edition_in_force(editing: Client) -> None:
    document = as_document(Edition.objects.get(slug=CURRENT))
    document["edition"]["slug"] = "ddscp-2027"
    document["indicators"][0]["text"] = "Physically very well"
    page = bring(editing, "/editors/import/", json.dumps(document).encode()).content.decode()
    assert "Indicators" in page and "(added: </span>very" in page


def test_a_wrong_document_says_where(editing: Client) -> None:
    document = northshire()
    document["indicators"][3]["level"] = 9
    page = bring(editing, "/editors/import/", json.dumps(document).encode()).content.decode()
    assert "indicators[3].level: 9 is no level of this edition" in page
    assert "Nothing is written yet" not in page


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 100_000, b'{"<script>": 1}'])
def test_a_hostile_file_is_refused(editing: Client, data: bytes) -> None:
    page = bring(editing, "/editors/import/", data).content.decode()
    assert "govuk-error-summary" in page and "<script>&" not in page


def test_no_file_is_refused(editing: Client) -> None:
    assert "Choose a file" in editing.post("/editors/import/").content.decode()


def test_what_was_not_looked_at_is_not_written(editing: Client, editor: User) -> None:
    other = make_person("other@partnership.example", None)
    digest = kept.keep(other, "edition", json.dumps(northshire()).encode())
    for wrong in (digest, "", "0" * 64):
        page = editing.post("/editors/import/", {"digest": wrong}).content.decode()
        assert "Choose it again" in page
    assert not Edition.objects.filter(slug="northshire-2026").exists()


def test_a_confirmation_counts_once(editing: Client) -> None:
    looked = bring(editing, "/editors/import/", json.dumps(northshire()).encode())
    confirm(editing, "/editors/import/", looked)
    assert confirm(editing, "/editors/import/", looked).status_code == 200
    assert Edition.objects.filter(slug="northshire-2026").count() == 1


def test_the_schema_is_open_to_everyone(client: Client, db: None) -> None:
    response = client.get("/edition.schema.json")
    assert json.loads(b"".join(response.streaming_content)) == schema()


@pytest.mark.parametrize(
    "url",
    [
        "/editors/import/", "/editors/compare/", "/editors/compare.pdf",
        f"/editors/editions/{CURRENT}/indicators/", f"/editors/editions/{CURRENT}/indicators.csv",
    ],
)  # fmt: skip
def test_only_editors_come_in(url: str, client: Client, leads_browser: Client) -> None:
    assert client.get(url).url.startswith("/account/login/")
    assert leads_browser.get(url).status_code == 404
    assert Event.objects.filter(verb=Event.Verb.REFUSED).exists()


# Indicators as CSV.


def csv_address(edition: Edition) -> str:
    return f"/editors/editions/{edition.slug}/indicators.csv"


def page_address(edition: Edition) -> str:
    return f"/editors/editions/{edition.slug}/indicators/"


def rows_of(editing: Client, edition: Edition) -> list[Row]:
    response = editing.get(csv_address(edition))
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline="")))


def as_csv(rows: list[Row], columns: tuple[str, ...] = COLUMNS, delimiter: str = ",") -> bytes:
    file = StringIO(newline="")
    writer = csv.DictWriter(file, columns, delimiter=delimiter, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode("utf-8-sig")


def test_what_comes_back_unchanged_changes_nothing(editing: Client, draft: Edition) -> None:
    before = as_document(draft)
    response = bring(editing, page_address(draft), as_csv(rows_of(editing, draft)))
    assert "It says the same as" in response.content.decode()
    confirm(editing, page_address(draft), response)
    assert as_document(draft) == before


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_spreadsheet_rewords_moves_adds_retires_and_reorders(
    editing: Client, draft: Edition, delimiter: str
) -> None:
    rows = rows_of(editing, draft)
    rows[0]["text"], rows[1]["level"], rows[2]["domain"] = "Grows; well, and\nfast", "2", "home"
    rows[3]["position"] = "99"
    rows[4] |= {"code": "n50"}
    data = as_csv(rows, tuple(reversed(COLUMNS)), delimiter)
    looked = bring(editing, page_address(draft), data)
    assert Indicator.objects.filter(edition=draft, code="n05").exists()
    confirm(editing, page_address(draft), looked)
    own = {row.code: row for row in Indicator.objects.filter(edition=draft)}
    assert own["n01"].text == "Grows; well, and\nfast"
    assert own["n02"].level.number == 2 and own["n03"].domain.code == "home"
    assert list(own)[-1] == "n04" and "n05" not in own and "n50" in own
    assert own["n03"].sayings.lines.split("\n")[0] == "always starving"


def test_a_retired_indicator_leaves_its_rules_and_says_so(editing: Client, draft: Edition) -> None:
    rows = [row for row in rows_of(editing, draft) if row["code"] != "n09"]
    looked = bring(editing, page_address(draft), as_csv(rows))
    page = looked.content.decode()
    assert "named-harm" in page.partition('id="rules"')[2]
    confirm(editing, page_address(draft), looked)
    rule = Rule.objects.get(edition=draft, code="named-harm")
    assert list(rule.indicators.values_list("code", flat=True)) == ["n08"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"level": "9"}, "row 3.level"),
        ({"level": "two"}, "row 3.level"),
        ({"level": "²"}, "row 3.level"),
        ({"domain": "gone"}, "row 3.domain"),
        ({"text": " "}, "row 3.text"),
        ({"text": "a\x07"}, "row 3.text"),
        ({"code": "n 2"}, "row 3.code"),
        ({"code": "n01"}, "row 3.code"),
        ({"position": "first"}, "row 3.position"),
        ({"heading": "a" * 201}, "row 3.heading"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_written(
    editing: Client, draft: Edition, change: Row, where: str
) -> None:
    rows = rows_of(editing, draft)
    rows[1] |= change
    before = as_document(draft)
    response = bring(editing, page_address(draft), as_csv(rows))
    assert where in response.content.decode() and not digest_of(response)
    assert as_document(draft) == before


@pytest.mark.parametrize(
    "data",
    [
        b"", b"code\n", b"code,code\n", b"\xff\xfe", b"a,b,c\n1,2,3\n", b"\x00",
        ",".join(COLUMNS).encode() + b"\n1,2\n", ",".join(COLUMNS).encode() + b'\n"open',
        ",".join([*COLUMNS, "more"]).encode() + b"\n",
    ],
)  # fmt: skip
def test_what_is_no_table_of_indicators_is_refused(
    editing: Client, draft: Edition, data: bytes
) -> None:
    response = bring(editing, page_address(draft), data)
    assert "govuk-error-summary" in response.content.decode()
    assert not digest_of(response)


def test_too_many_rows_are_refused(editing: Client, draft: Edition) -> None:
    row = rows_of(editing, draft)[0]
    data = as_csv([row | {"code": f"c{number}"} for number in range(5001)])
    response = bring(editing, page_address(draft), data)
    assert "5001 rows and may have 5000" in response.content.decode()


def test_a_file_that_is_too_large_is_refused(
    editing: Client, draft: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guidance_content.exchange_forms.LARGEST", 1_000_000)
    for url in ("/editors/import/", page_address(draft)):
        page = bring(editing, url, b" " * 1_000_001).content.decode()
        assert "larger than 1 MB" in page and "Nothing is written yet" not in page


def test_a_draft_that_is_published_meanwhile_takes_no_indicators(
    editing: Client, editor: User, draft: Edition
) -> None:
    data = as_csv(rows_of(editing, draft))
    Edition.objects.filter(pk=draft.pk).update(status=Edition.Status.PUBLISHED)
    with pytest.raises(DocumentError, match="never changes"):
        replace_indicators(draft, data, by=editor)


CELLS = st.text(max_size=8) | st.sampled_from(
    ["1", "2", "9", "1e3", "²", "\x00", "=1+1", "'", "n01", "home", "\ufeff", '"', ";", "a\nb", ""]
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_table_is_taken_whole_or_refused_in_one_line(data: st.DataObject) -> None:
    document = northshire()
    rows = [
        {key: str((row | {"position": n})[key]) for key in COLUMNS}
        for n, row in enumerate(document["indicators"])
    ]
    for _ in range(data.draw(st.integers(0, 4))):
        row = data.draw(st.sampled_from(rows))
        row[data.draw(st.sampled_from(COLUMNS))] = data.draw(CELLS)
    written = as_csv(rows, delimiter=data.draw(st.sampled_from(",;")))
    place = data.draw(st.integers(0, len(written)))
    written = written[:place] + data.draw(st.binary(max_size=2)) + written[place:]
    try:
        found = with_indicators(document, written)
    except DocumentError as refused:
        assert len(str(refused).splitlines()) == 1 and len(str(refused)) < 300
    else:
        check_references(check_shape(found))


def test_a_published_edition_takes_no_indicators(editing: Client) -> None:
    current = Edition.objects.get(slug=CURRENT)
    response = bring(editing, page_address(current), as_csv(rows_of(editing, current)))
    assert "never changes" in response.content.decode()


@given(st.text("'=+-@\t a\u200b\ufeff＝", max_size=6))
def test_no_cell_is_a_formula_and_each_comes_back_as_it_was(cell: str) -> None:
    assert not FORMULA.match(escaped(cell))
    assert plain(escaped(cell)) == cell


# Comparing.


def test_two_editions_are_compared_on_a_page_that_does_without_colour(
    editing: Client, draft: Edition
) -> None:
    Indicator.objects.filter(edition=draft, code="n03").update(text="Often comes <b>hungry</b>")
    address = f"/editors/compare/?from={CURRENT}&to={draft.slug}"
    page = editing.get(address).content.decode()
    assert "<ins>" in page and "(added: " in page and "<del>" in page and "(removed: " in page
    assert "&lt;b&gt;hungry" in page and "<b>hungry" not in page


@pytest.mark.parametrize("query", ["", "?from=x&to=y", "?from=ddscp-2019-12", "?from=1;drop&to="])
def test_what_names_no_two_editions_asks_for_them(editing: Client, query: str) -> None:
    assert editing.get(f"/editors/compare/{query}").status_code == 200
    assert editing.get(f"/editors/compare.pdf{query}").status_code == 302


def test_the_comparison_is_a_tagged_pdf_and_told(editing: Client, draft: Edition) -> None:
    response = editing.get(f"/editors/compare.pdf?from={CURRENT}&to={draft.slug}")
    reader = PdfReader(BytesIO(response.content))
    words = " ".join(page.extract_text() for page in reader.pages)
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    assert "Often comes hungry" in words and "Sensitive" not in words
    assert Event.objects.filter(verb="exported", subject=f"edition:{draft.pk}").exists()


def test_an_edition_compared_with_itself_differs_in_nothing(editing: Client) -> None:
    page = editing.get(f"/editors/compare/?from={CURRENT}&to={CURRENT}").content.decode()
    assert "Nothing differs" in page
