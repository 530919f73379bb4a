"""Whether the parts of a document fit each other: nothing twice, nothing named that is missing.

Pure: no Django. `shape` is asked first: here every part has its shape.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from guidance_content.shape import quoted, wrong
from thresholds.concern import ELSEWHERE, UNKNOWN_AREA
from thresholds.opening import BadHours, from_data

Document = dict[str, Any]

# List -> what tells one row from another.
KEYS: dict[str, tuple[str, ...]] = {
    "areas": ("slug",),
    "levels": ("number",),
    "domains": ("code",),
    "indicators": ("code",),
    "services": ("level", "name"),
    "contacts": ("area", "purpose", "name"),
    "links": ("slug",),
    "pathway_steps": ("area", "level", "step"),
    "questions": ("code",),
    "terms": ("term",),
    "consent": ("code",),
    "special_routes": ("code",),
    "rules": ("code",),
    "next_steps": ("code",),
    "ladders": ("code",),
    "pages": ("code",),
}
# List and key -> the list in which its value, or each of its values, must be.
NAMES = (
    ("indicators", "level", "levels"),
    ("indicators", "domain", "domains"),
    ("services", "level", "levels"),
    ("contacts", "area", "areas"),
    ("links", "areas", "areas"),
    ("pathway_steps", "area", "areas"),
    ("pathway_steps", "level", "levels"),
    ("special_routes", "indicators", "indicators"),
    ("rules", "level", "levels"),
    ("rules", "supports", "levels"),
    ("rules", "opens", "levels"),
    ("rules", "area", "areas"),
    ("rules", "indicators", "indicators"),
    ("next_steps", "area", "areas"),
    ("ladders", "indicators", "indicators"),
)
NOUNS = {"levels": "level", "domains": "domain", "areas": "area", "indicators": "indicator"}
# What a rule cannot do without, by its kind.
NEEDS = {"count": ("level", "at_least"), "answer": ("about",), "urgency": ("urgency",)}
NOWHERE = (ELSEWHERE, UNKNOWN_AREA)


def check_references(document: Document) -> None:
    """Raise DocumentError for the first part that does not fit the others."""
    for name in KEYS:
        _check_once(document, name)
    for place, area in enumerate(document["areas"]):
        if area["slug"] in NOWHERE:
            raise wrong(f"areas[{place}].slug", f"{quoted(area['slug'])} is not a place")
    for place, contact in enumerate(document["contacts"]):
        try:
            from_data(contact.get("opening", {}))
        except BadHours as bad:
            raise wrong(f"contacts[{place}].opening", str(bad)) from None
    known = {name: {row[KEYS[name][0]] for row in document[name]} for name in NOUNS}
    for name, key, among in NAMES:
        for place, row in enumerate(document[name]):
            _check_names(row[key], f"{name}[{place}].{key}", among, known[among])
    for place, step in enumerate(document["next_steps"]):
        where, when = f"next_steps[{place}].when", step["when"]
        _check_names(when.get("level", []), f"{where}.level", "levels", known["levels"])
        areas = known["areas"].union(NOWHERE)
        _check_names(when.get("area", []), f"{where}.area", "areas", areas)
    for place, rule in enumerate(document["rules"]):
        for key in NEEDS.get(rule["kind"], ()):
            if rule[key] in ("", None):
                raise wrong(f"rules[{place}].{key}", f"a rule of the kind {rule['kind']} needs one")


def _check_once(document: Document, name: str) -> None:
    seen: set[tuple[object, ...]] = set()
    keys = KEYS[name]
    for place, row in enumerate(document[name]):
        value = tuple(row[key] for key in keys)
        if value in seen:
            told = " ".join(quoted(part) for part in value)
            raise wrong(f"{name}[{place}].{keys[-1]}", f"{told} is given twice")
        seen.add(value)


def _check_names(value: object, where: str, among: str, known: Iterable[object]) -> None:
    seen = set()
    for place, name in _each(value, where):
        if name not in known:
            raise wrong(place, f"{quoted(name)} is no {NOUNS[among]} of this edition")
        if name in seen:
            raise wrong(place, f"{quoted(name)} is given twice")
        seen.add(name)


def _each(value: object, where: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        yield from ((f"{where}[{place}]", name) for place, name in enumerate(value))
    elif value not in ("", None):
        yield where, value
