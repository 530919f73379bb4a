"""An edition as one JSON document: what goes out comes in again, and its schema is the tables'."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Event
from guidance_content.exchange import as_document
from guidance_content.importing import import_document
from guidance_content.shape import CHECKS, read_document, schema
from tests.documents import MODELS, Document, as_bytes, but_for_its_life
from tests.elsewhere import northshire
from thresholds.models import Area, Contact, Edition, Link, Partnership

pytestmark = pytest.mark.django_db


def shipped(slug: str = "ddscp-2019-12") -> Document:
    """The document of a shipped edition, under another name."""
    document = json.loads(json.dumps(as_document(Edition.objects.get(slug=slug))))
    document["edition"]["slug"] = "another"
    return document


# What goes out comes in.


@pytest.mark.parametrize("slug", ["ddscp-2019-12", "warwickshire-spectrum"])
def test_a_shipped_edition_is_the_same_after_going_out_and_in(slug: str) -> None:
    document = shipped(slug)
    edition = import_document(read_document(as_bytes(document)))
    assert edition.status == Edition.Status.DRAFT
    again = json.loads(json.dumps(as_document(edition)))
    assert but_for_its_life(again) == but_for_its_life(document)


def test_an_edition_of_another_shape_is_the_same_after_going_in_and_out() -> None:
    edition = import_document(northshire())
    again = json.loads(json.dumps(as_document(edition)))
    assert but_for_its_life(again) == but_for_its_life(northshire())


WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), min_size=1
).filter(str.strip)
LINE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20).filter(
    str.strip
)


@st.composite
def changed(draw: Callable[..., Any]) -> Document:
    """Northshire's document with words, order, signs and rules changed at random."""
    document = northshire()
    for name in ("levels", "indicators", "pages", "terms", "special_routes"):
        for row in document[name]:
            key = next(k for k in ("definition", "text", "body", "description") if k in row)
            row[key] = draw(WORDS)
    for indicator in document["indicators"]:
        indicator["level"] = draw(st.sampled_from([1, 2, 3]))
        indicator["sayings"] = draw(st.lists(LINE, max_size=3))
        indicator["shared_key"] = draw(st.sampled_from(["", "shared"]))
    for name in ("domains", "indicators", "rules", "pages", "terms"):
        document[name] = draw(st.permutations(document[name]))
    codes = [indicator["code"] for indicator in document["indicators"]]
    for rule in document["rules"]:
        rule["indicators"] = sorted(draw(st.sets(st.sampled_from(codes))))
        rule["at_least"] = draw(st.none() | st.integers(0, 32767)) if rule["kind"] == "ask" else 1
    return document


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(changed())
def test_whatever_comes_in_goes_out_the_same(document: Document) -> None:
    document["ladders"] = []  # their signs go out lowest first
    Edition.objects.filter(slug="northshire-2026").delete()
    edition = import_document(read_document(as_bytes(document)))
    again = json.loads(json.dumps(as_document(edition)))
    assert but_for_its_life(again) == but_for_its_life(document)


# What there is already stays as it is.


def test_what_is_there_already_is_not_changed() -> None:
    before = (
        list(Area.objects.values()),
        list(Contact.objects.values()),
        list(Link.objects.values()),
    )
    document = shipped()
    document["edition"]["partnership"] = "Another name"
    document["areas"][0]["name"] = "Another name"
    document["contacts"][0]["phone"] = "01000 000000"
    document["links"][0]["url"] = "https://elsewhere.example/"
    import_document(document)
    after = list(Area.objects.values()), list(Contact.objects.values()), list(Link.objects.values())
    assert after == before
    assert Partnership.objects.get(slug="ddscp").name != "Another name"


def test_what_comes_with_a_new_area_is_not_confirmed() -> None:
    document = northshire()
    for row in document["contacts"] + document["links"]:
        row["checked_on"], row["review_by"] = "2026-01-01", "2027-01-01"
    import_document(document)
    new = [*Contact.objects.filter(area__slug="north"), *Link.objects.filter(areas__slug="north")]
    assert len(new) == 4
    assert {(row.checked_on, row.review_by) for row in new} == {(None, None)}


def test_the_home_of_the_portal_stays_where_it_was() -> None:
    import_document(northshire())
    assert Area.objects.filter(contacts__isnull=False).first().slug == "derby"


def test_a_published_document_comes_in_as_a_draft_and_is_told() -> None:
    edition = import_document(northshire() | {"edition": northshire()["edition"]})
    assert (edition.status, edition.published_on) == (Edition.Status.DRAFT, None)
    assert Event.objects.filter(subject=f"edition:{edition.pk}").count() == 1


# The command.


def test_the_command_makes_a_draft_and_says_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "edition.json"
    file.write_bytes(b"\xef\xbb\xbf" + as_bytes(northshire()))  # as some editors save it
    call_command("import_edition", str(file), stdout=sys.stdout)
    assert "indicators: " in capsys.readouterr().out
    assert Edition.objects.get(slug="northshire-2026").status == Edition.Status.DRAFT


# The schema.


def test_the_schema_allows_no_more_than_the_tables_hold() -> None:
    definitions = schema()["$defs"]
    for name, model in MODELS.items():
        for key, rule in schema()["properties"][name]["items"]["properties"].items():
            rule = definitions[rule["$ref"].rpartition("/")[2]] if "$ref" in rule else rule
            field = None if key in ("sayings", "indicators") else model._meta.get_field(key)
            if isinstance(field, models.CharField) and "maxLength" in rule:
                assert rule["maxLength"] <= (field.max_length or 0), f"{name}.{key}"
            if isinstance(field, models.CharField) and field.choices:
                choices = {value for value, _ in field.choices}
                assert set(rule["enum"]) - {""} == choices, f"{name}.{key}"


def test_the_checker_knows_every_word_of_the_schema() -> None:
    words = {
        "$ref", "$schema", "$defs", "title", "description", "type", "properties", "required",
        "additionalProperties", "items", "minItems", "maxItems", "minLength", "maxLength",
        "pattern", "format", "enum", "minimum", "maximum", "anyOf",
    }  # fmt: skip

    def walk(rule: Document) -> None:
        assert rule.keys() <= words
        assert rule.get("type", "object") in CHECKS
        assert rule.get("additionalProperties", False) is False
        inner = [rule["items"]] if "items" in rule else rule.get("anyOf", [])
        for each in [*inner, *rule.get("properties", {}).values(), *rule.get("$defs", {}).values()]:
            walk(each)

    walk(schema())
