"""The indicators of an edition as CSV, to be worked on in a spreadsheet, and back into a draft."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

from accounts.models import User
from guidance_content.exchange import as_document
from guidance_content.references import Document
from guidance_content.shape import LARGEST, DocumentError, check_row, quoted, schema, wrong
from referrals.exports import FORMULA, csv_of
from thresholds.drafts import changing
from thresholds.models import Domain, Edition, Indicator, Level
from thresholds.published import PublishedEdition

Row = dict[str, Any]
COLUMNS = ("code", "level", "domain", "text", "shared_key", "section", "heading", "position")
WRITTEN = ("level", "domain", "text", "shared_key", "section", "heading", "position")
# Lists that name indicators: one that is retired leaves them.
NAMING = ("rules", "special_routes", "ladders")
NUMBERS = ("level", "position")
PUBLISHED = "it is published and never changes: begin a draft from it"


def indicators_csv(edition: Edition) -> Iterator[str]:
    """Yield the indicators of `edition` as a CSV file, a row each, safe in a spreadsheet."""
    rows = as_document(edition)["indicators"]
    return csv_of(
        COLUMNS,
        (
            [escaped(str((row | {"position": place})[column])) for column in COLUMNS]
            for place, row in enumerate(rows, start=1)
        ),
    )


def escaped(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula, and that `plain` turns back."""
    return f"'{cell}" if FORMULA.match(cell.lstrip("'")) else cell


def plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell.lstrip("'")) else cell


def with_indicators(document: Document, data: bytes) -> Document:
    """Return `document` with the indicators of a CSV file in place of its own.

    Sayings stay with their code. Raises DocumentError with the row where something is wrong,
    counted as a spreadsheet counts: the headings are row 1.
    """
    sayings = {row["code"]: row["sayings"] for row in document["indicators"]}
    rows = [
        {key: value for key, value in row.items() if key != "position"}
        | {"sayings": sayings.get(row["code"], [])}
        for row in _checked(_read(data), document)
    ]
    codes = {row["code"] for row in rows}
    changed = {
        name: [
            row | {"indicators": [code for code in row["indicators"] if code in codes]}
            for row in document[name]
        ]
        for name in NAMING
    }
    return document | changed | {"indicators": rows}


def replace_indicators(edition: Edition, data: bytes, by: User) -> None:
    """Put the indicators of a CSV file in place of those of a draft.

    Raises DocumentError, and then nothing is written: for a row that is wrong, or an edition
    that is no draft.
    """
    check_draft(edition)
    try:
        with changing(edition, by=by, what="indicators-csv") as draft:
            _write(draft, with_indicators(as_document(draft), data)["indicators"])
    except PublishedEdition:  # meanwhile
        raise wrong(edition.slug, PUBLISHED) from None


def check_draft(edition: Edition) -> None:
    """Raise DocumentError unless `edition` is a draft."""
    if edition.status != Edition.Status.DRAFT:
        raise wrong(edition.slug, PUBLISHED)


def _read(data: bytes) -> list[tuple[int, Row]]:
    """Return the rows of a CSV file with their numbers. Empty ones are left out."""
    if len(data) > LARGEST:
        raise DocumentError(f"The file is larger than {LARGEST // 1_000_000} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError("The file is not text in UTF-8: save it as “CSV UTF-8”.") from None
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    found: list[tuple[int, Row]] = []
    number = 0
    try:
        headings = [heading.strip() for heading in next(reader, [])]
        _check_headings(headings)
        for number, cells in enumerate(reader, start=2):
            if any(cells):
                found.append((number, _row(number, headings, cells)))
    except csv.Error as problem:
        raise DocumentError(f"row {number + 1 if number else 1}: {problem}.") from None
    return found


def _check_headings(headings: list[str]) -> None:
    for column in COLUMNS:
        if headings.count(column) != 1:
            raise wrong("row 1", f"there must be one column called {column}")
    for heading in headings:
        if heading not in COLUMNS:
            raise wrong("row 1", f"{quoted(heading)} is no column of indicators")


def _row(number: int, headings: list[str], cells: list[str]) -> Row:
    if len(cells) != len(headings):
        raise wrong(f"row {number}", f"has {len(cells)} cells and needs {len(headings)}")
    row: Row = {heading: plain(cell) for heading, cell in zip(headings, cells, strict=True)}
    for key in NUMBERS:
        if row[key].isascii() and row[key].isdigit() and len(row[key]) < 6:
            row[key] = int(row[key])
    return row


def _checked(rows: list[tuple[int, Row]], document: Document) -> list[Row]:
    """Return the rows in the order of their positions."""
    most = schema()["properties"]["indicators"]["maxItems"]
    if len(rows) > most:
        raise DocumentError(f"The file has {len(rows)} rows and may have {most}.")
    levels = {level["number"] for level in document["levels"]}
    domains = {domain["code"] for domain in document["domains"]}
    seen: dict[str, int] = {}
    for number, row in rows:
        where = f"row {number}"
        indicator = {key: value for key, value in row.items() if key != "position"}
        check_row("indicators", indicator | {"sayings": []}, where)
        if not isinstance(row["position"], int):
            raise wrong(f"{where}.position", f"{quoted(row['position'])} is not a whole number")
        if row["level"] not in levels:
            raise wrong(f"{where}.level", f"{row['level']} is no level of this edition")
        if row["domain"] not in domains:
            what = f"{quoted(row['domain'])} is no domain of this edition"
            raise wrong(f"{where}.domain", what)
        if row["code"] in seen:
            what = f"{quoted(row['code'])} stands in row {seen[row['code']]} already"
            raise wrong(f"{where}.code", what)
        seen[row["code"]] = number
    return sorted((row for _, row in rows), key=lambda row: row["position"])


def _write(draft: Edition, rows: list[Row]) -> None:
    levels = {level.number: level for level in Level.objects.filter(edition=draft)}
    domains = {domain.code: domain for domain in Domain.objects.filter(edition=draft)}
    there = {indicator.code: indicator for indicator in Indicator.objects.filter(edition=draft)}
    kept, new = [], []
    for place, row in enumerate(rows):
        known = row["code"] in there
        indicator = there[row["code"]] if known else Indicator(edition=draft, code=row["code"])
        values = row | {
            "level": levels[row["level"]],
            "domain": domains[row["domain"]],
            "position": place,
        }
        for key in WRITTEN:
            setattr(indicator, key, values[key])
        (kept if known else new).append(indicator)
    gone = there.keys() - {row["code"] for row in rows}
    Indicator.objects.filter(edition=draft, code__in=gone).delete()
    Indicator.objects.bulk_update(kept, WRITTEN, batch_size=100)
    Indicator.objects.bulk_create(new, batch_size=500)
