"""A document with anything wrong in it writes nothing and says where, from wherever it comes."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guidance_content.exchange import as_document
from guidance_content.importing import import_document
from guidance_content.management.commands import import_edition
from guidance_content.references import KEYS
from guidance_content.shape import LARGEST, DocumentError, read_document, schema
from tests.documents import Document, but_for_its_life, everything
from tests.elsewhere import northshire

pytestmark = pytest.mark.django_db


# What is refused: in one line that says where, and nothing is written.


def at(path: str, value: object) -> Callable[[Document], object]:
    """Return what puts `value` at `path`, such as levels.3.name; one place too far adds a row."""

    def change(document: Document) -> object:
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        held: Any = document
        for part in way:
            held = held[part]
        if isinstance(held, list) and last == len(held):
            held.append(held[0] | {"slug": value})
        else:
            held[last] = value
        return document

    return change


def twice(name: str) -> Callable[[Document], object]:
    def change(document: Document) -> object:
        document[name].append(copy.deepcopy(document[name][0]))
        return document

    return change


WRONG: dict[str, tuple[Callable[[Document], object], str]] = {
    "a slug that exists": (at("edition.slug", "ddscp-2019-12"), "edition.slug"),
    "a slug that is none": (at("edition.slug", "../x"), "edition.slug"),
    "an unknown level": (at("indicators.1.level", 9), "indicators[1].level"),
    "level 0": (at("levels.0.number", 0), "levels[0].number"),
    "an unknown domain": (at("indicators.0.domain", "gone"), "indicators[0].domain"),
    "an unknown area": (at("pathway_steps.0.area", "gone"), "pathway_steps[0].area"),
    "an unknown sign of a rule": (at("rules.0.indicators", ["gone"]), "rules[0].indicators[0]"),
    "a sign named twice": (at("rules.0.indicators", ["n01", "n01"]), "rules[0].indicators[1]"),
    "a sign of a ladder": (at("ladders.0.indicators.0", "gone"), "ladders[0].indicators[0]"),
    "a sign of a route": (
        at("special_routes.0.indicators.0", "x"),
        "special_routes[0].indicators[0]",
    ),
    "a level that a rule opens": (at("rules.0.opens", 9), "rules[0].opens"),
    "a level of a next step": (
        at("next_steps.0.when", {"level": [9]}),
        "next_steps[0].when.level[0]",
    ),
    "an area of a next step": (
        at("next_steps.0.when", {"area": ["x"]}),
        "next_steps[0].when.area[0]",
    ),
    "a fact that nobody asks": (
        at("next_steps.0.when", {"weather": ["wet"]}),
        "next_steps[0].when",
    ),
    "a rule of no kind": (at("rules.0.kind", "magic"), "rules[0].kind"),
    "an urgency without words": (at("rules.0", {"urgency": ""}), "rules[0]"),
    "a contact for nothing": (at("contacts.0.purpose", "lunch"), "contacts[0].purpose"),
    "an area that is nowhere": (at("areas.0.slug", "elsewhere"), "areas[0].slug"),
    "an area of others": (at("areas.2", "derby"), "areas[2].slug"),
    "hours that overlap": (
        at("contacts.0.opening", {"times": ["09:00-12:00", "11:00-13:00"]}), "contacts[0].opening"
    ),
    "a day of no week": (at("contacts.0.opening", {"days": {"noday": []}}), "contacts[0].opening"),
    "no areas": (at("areas", []), "areas"),
    "a link of others": (at("links.0.slug", "working-together"), "links[0].slug"),
    "a script as address": (at("links.0.url", "javascript:alert(1)"), "links[0].url"),
    "an address over two lines": (at("contacts.0.url", "https://a\nb"), "contacts[0].url"),
    "a name over two lines": (at("domains.0.name", "a\nb"), "domains[0].name"),
    "a name of nothing": (at("domains.0.name", " "), "domains[0].name"),
    "a name too long": (at("domains.0.name", "a" * 101), "domains[0].name"),
    "a saying over two lines": (
        at("indicators.0.sayings", ["a\u2028b"]),
        "indicators[0].sayings[0]",
    ),
    "a saying of nothing": (
        at("indicators.0.sayings", ["\u200a "]),
        "indicators[0].sayings[0]",
    ),
    "a null character": (at("pages.0.body", "a\x00b"), "pages[0].body"),
    "half a character": (at("terms.0.term", "\ud800"), "terms[0].term"),
    "a number as text": (at("terms.0.term", 1), "terms[0].term"),
    "text as number": (at("levels.0.number", "1"), "levels[0].number"),
    "truth as number": (at("levels.0.number", True), "levels[0].number"),
    "not a number": (at("levels.0.number", float("nan")), "levels[0].number"),
    "an endless number": (at("rules.0.at_least", float("inf")), "rules[0].at_least"),
    "a huge number": (at("next_steps.0.due_hours", 10**300), "next_steps[0].due_hours"),
    "a half": (at("levels.0.number", 1.5), "levels[0].number"),
    "null as text": (at("levels.0.name", None), "levels[0].name"),
    "a day that is none": (at("edition.review_by", "2026-02-30"), "edition.review_by"),
    "a month that is none": (at("edition.source_date", "2026-13"), "edition.source_date"),
    "a day without dashes": (at("edition.checked_on", "20260101"), "edition.checked_on"),
    "a list as row": (at("levels.0", []), "levels[0]"),
    "a key of nobody": (at("levels.0.colour", "red"), "levels[0]"),
    "a list of nobody": (at("colours", []), "The document"),
    "too many rows": (at("terms", [{}] * 5001), "terms"),
    **{f"{name} twice": (twice(name), f"{name}[") for name in KEYS},
}  # fmt: skip


@pytest.mark.parametrize(("change", "where"), WRONG.values(), ids=WRONG)
def test_a_wrong_document_writes_nothing_and_says_where(
    change: Callable[[Document], object], where: str
) -> None:
    before = everything()
    with pytest.raises(DocumentError) as refused:
        import_document(read_document(json.dumps(change(northshire())).encode()))
    assert str(refused.value).startswith(where)
    assert len(str(refused.value).splitlines()) == 1
    assert len(str(refused.value)) < 300
    assert everything() == before


def test_who_writes_a_code_wrongly_is_told_how_it_is_written() -> None:
    with pytest.raises(DocumentError) as refused:
        read_document(json.dumps(at("indicators.0.code", "new sign")(northshire())).encode())
    assert "indicators[0].code" in str(refused.value)
    assert schema()["$defs"]["code"]["description"].rstrip(".") in str(refused.value)


def test_whatever_part_is_missing_is_named() -> None:
    for name, rows in northshire().items():
        row = rows if isinstance(rows, dict) else rows[0]
        for key in row.keys() - {"status", "opening"}:
            document = northshire()
            held = document[name] if isinstance(rows, dict) else document[name][0]
            del held[key]
            with pytest.raises(DocumentError, match=rf"^{name}.*\.{key}: "):
                import_document(document)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**31, 10**30, -1, 0, 32768])
    | st.floats()
    | st.text()
    | st.sampled_from(
        ["\x00", "\ud800", "<b>", "=1+1", "a\nb", "\u202e", "a" * 501, "n01", "north"]
    ),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def places(held: object) -> list[tuple[Any, Any]]:
    """Return every place of a document: what holds it, and its key or number there."""
    if not isinstance(held, dict | list):
        return []
    inner = list(held) if isinstance(held, dict) else list(range(len(held)))
    return [(held, key) for key in inner] + [p for key in inner for p in places(held[key])]


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_document_with_anything_anywhere_comes_in_whole_or_not_at_all(
    data: st.DataObject,
) -> None:
    document = northshire()
    for _ in range(data.draw(st.integers(1, 3))):
        held, key = data.draw(st.sampled_from(places(document)))
        match data.draw(st.sampled_from(["change", "remove", "add", "swap"])):
            case "remove":
                del held[key]
            case "add" if isinstance(held, dict):
                held[data.draw(st.text() | st.sampled_from(["id", "pk", "edition_id"]))] = None
            case "add":
                held.append(copy.deepcopy(held[key]))
            case "swap":
                other, there = data.draw(st.sampled_from(places(document)))
                held[key] = copy.deepcopy(other[there])
            case _:
                held[key] = data.draw(ANYTHING)
        if not places(document):
            break
    written = json.dumps(document).encode()
    before = everything()
    try:
        with transaction.atomic():
            edition = import_document(read_document(written))
            again = json.loads(json.dumps(as_document(edition)))
            taken = but_for_its_life(in_their_order(again))
            assert taken == but_for_its_life(in_their_order(json.loads(written)))
            transaction.set_rollback(True)
    except DocumentError as refused:
        assert len(str(refused).splitlines()) == 1 and len(str(refused)) < 300
    assert everything() == before


def in_their_order(document: Document) -> Document:
    """Return a document as it goes out: what the database orders in its own order."""
    document = copy.deepcopy(document)
    document["levels"].sort(key=lambda row: row["number"])
    areas = [row["slug"] for row in document["areas"]]
    document["pathway_steps"].sort(key=lambda r: (areas.index(r["area"]), r["level"], r["step"]))
    # Contacts and links are those of the portal, and not of the edition.
    document["contacts"] = document["links"] = []
    signs = [(row["level"], place) for place, row in enumerate(document["indicators"])]
    order = {row["code"]: at for row, at in zip(document["indicators"], signs, strict=True)}
    for ladder in document["ladders"]:
        ladder["indicators"].sort(key=order.__getitem__)
    for row in document["rules"] + document["special_routes"]:
        row["indicators"].sort()
    return document


# The command.

FILES: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"{edition: 1}",
    "cut short": b'{"edition": {',
    "two documents": b"{} {}",
    "not UTF-8": b'{"edition": "\xff"}',
    "deeply nested": b"[" * 200_000,
    "deeply nested objects": b'{"a":' * 200_000,
    "very many digits": b'{"edition": ' + b"9" * 100_000 + b"}",
    "not a number": b"NaN",
    "a key twice": b'{"edition": {"slug": "a", "slug": "b"}}',
    "very many keys": b"{" + b", ".join(b'"k%d": 1' % n for n in range(100_000)) + b"}",
    "one key very often": b"{" + b", ".join(b'"k": 1' for _ in range(100_000)) + b"}",
    "too large": b" " * (LARGEST + 1),
    "a line break in a key": b'{"a\\nb": 1}',
}


def run(name: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run import_edition as manage.py does, and return its exit status."""
    monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)
    try:
        import_edition.Command().run_from_argv(["manage.py", "import_edition", name])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_the_command_refuses_in_one_line_with_status_2(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before, file = everything(), tmp_path / "edition.json"
    file.write_bytes(data)
    status, printed = run(str(file), monkeypatch), capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert len(printed.err.splitlines()) == 1 and len(printed.err) < 300
    assert everything() == before


@pytest.mark.parametrize("name", ["/no/such/file", "/", "a\0b", "a\nb"])
def test_the_command_refuses_a_file_that_it_cannot_read(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(name, monkeypatch) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
