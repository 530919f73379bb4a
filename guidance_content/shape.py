"""Whether a document has the shape of an edition, by the JSON Schema that is published.

docs/edition.schema.json is the one description of the format. This reads the part of JSON
Schema that it uses, and says in one line what is wrong and where. Pure: no Django.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA_FILE = Path(__file__).resolve().parents[1] / "docs" / "edition.schema.json"
LARGEST = 10_000_000
TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
CLASSES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
# Nobody can see them, and PostgreSQL keeps neither the first of them nor half a character.
UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
Schema = Mapping[str, Any]


class DocumentError(ValueError):
    """A document that is no edition. The message is one line: where, and what is wrong."""


class Twice(dict[str, object]):
    """An object that gives a key twice: one of the two values is lost."""

    key = ""


@cache
def schema() -> dict[str, Any]:
    return json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


def read_document(data: bytes) -> dict[str, Any]:
    """Return the document in `data`, in the shape of an edition. Raises DocumentError."""
    if len(data) > LARGEST:
        raise DocumentError(f"The document is larger than {LARGEST // 1_000_000} MB.")
    try:
        document = json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=_object, parse_int=_number
        )
    except UnicodeDecodeError:
        raise DocumentError("This is not JSON: it is not text in UTF-8.") from None
    except RecursionError:
        raise DocumentError("This is no edition: it is nested too deeply.") from None
    except ValueError as problem:
        raise DocumentError(f"This is not JSON: {problem}.") from None
    return check_shape(document)


def check_shape(document: object) -> dict[str, Any]:
    """Return `document`, which has the shape of an edition. Raises DocumentError."""
    _check(document, schema(), "")
    assert isinstance(document, dict)  # noqa: S101 (the schema says so)
    return document


def check_row(name: str, row: object, where: str) -> None:
    """Raise DocumentError unless `row` has the shape of those of the list called `name`."""
    _check(row, schema()["properties"][name]["items"], where)


def quoted(value: object) -> str:
    """Return `value` for a message: on one line, and cut short where it is long."""
    words = ascii(value) if UNSEEN.search(str(value)) else repr(value)
    return words if len(words) <= 60 else f"{words[:60]}…"


def wrong(where: str, what: str) -> DocumentError:
    return DocumentError(f"{where or 'The document'}: {what}")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice, seen = Twice(found), set()
    for key, _ in pairs:
        if key in seen:
            twice.key = key
            break
        seen.add(key)
    return twice


def _number(digits: str) -> int | float:
    """Return a number. One of very many digits counts as endless: it is refused like one."""
    return int(digits) if len(digits) < 19 else math.inf


def _check(value: object, rule: Schema, where: str) -> None:
    if "$ref" in rule:
        rule = schema()["$defs"][rule["$ref"].rpartition("/")[2]]
    if "anyOf" in rule:  # something, or null
        if value is not None:
            _check(value, rule["anyOf"][0], where)
        return
    kind = rule["type"]
    if not _is(value, kind):
        raise wrong(where, f"{_told(value)} is not {TYPES[kind]}")
    CHECKS[kind](value, rule, where)


def _is(value: object, kind: str) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, CLASSES[kind])


def _told(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return quoted(value)


def _check_object(value: dict[str, object], rule: Schema, where: str) -> None:
    if isinstance(value, Twice):
        raise wrong(where, f"{quoted(value.key)} is given twice")
    for key in value:
        if key not in rule["properties"]:
            raise wrong(where, f"{quoted(key)} is no key of this")
    inner = f"{where}." if where else ""
    for key, wanted in rule["properties"].items():
        if key in value:
            _check(value[key], wanted, f"{inner}{key}")
        elif key in rule["required"]:
            raise wrong(f"{inner}{key}", "is missing")


def _check_array(value: list[object], rule: Schema, where: str) -> None:
    if len(value) < rule.get("minItems", 0):
        raise wrong(where, "is empty")
    if len(value) > rule["maxItems"]:
        raise wrong(where, f"holds {len(value)} and may hold {rule['maxItems']}")
    for place, held in enumerate(value):
        _check(held, rule["items"], f"{where}[{place}]")


def _check_string(value: str, rule: Schema, where: str) -> None:
    if UNSEEN.search(value):
        raise wrong(where, f"{quoted(value)} holds a character that no page can show")
    if "enum" in rule and value not in rule["enum"]:
        choices = ", ".join(choice or "nothing" for choice in rule["enum"])
        raise wrong(where, f"{quoted(value)} is none of: {choices}")
    if not value.strip() and rule.get("minLength"):
        raise wrong(where, "is empty")
    if len(value) > rule.get("maxLength", len(value)):
        raise wrong(where, f"has {len(value)} characters and may have {rule['maxLength']}")
    if "pattern" in rule and not re.fullmatch(rule["pattern"].strip("^$"), value):
        how = f": {rule['description']}".rstrip(".") if "description" in rule else ""
        raise wrong(where, f"{quoted(value)} is not written as it must be{how}")
    if "format" in rule and not _is_day(value, partial=rule["format"] == "partial-date"):
        raise wrong(where, f"{quoted(value)} is no date, such as 2019-12-31")


def _check_integer(value: int, rule: Schema, where: str) -> None:
    if not rule["minimum"] <= value <= rule["maximum"]:
        raise wrong(where, f"{value} is not from {rule['minimum']} to {rule['maximum']}")


def _is_day(value: str, partial: bool) -> bool:
    """Say whether a day is in the calendar. A `partial` one may be a year or a month alone."""
    if partial and len(value) in (4, 7):
        value = f"{value}-01-01"[:10]
    try:
        return bool(re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}", value) and date.fromisoformat(value))
    except ValueError:
        return False


CHECKS: dict[str, Any] = {
    "object": _check_object,
    "array": _check_array,
    "string": _check_string,
    "integer": _check_integer,
    "boolean": lambda *_: None,
    "null": lambda *_: None,
}
