"""A published edition is not changed by any way in, table by table, here and in PostgreSQL."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Model, ProtectedError

from accounts.models import User
from guidance_content import content
from guidance_content.content import columns, digest, inner_links, row_models
from tests.editors import publish, shipped
from thresholds import index
from thresholds.lifecycle import FROZEN
from thresholds.models import Area, Edition, FinderIndex, Indicator, Level, Rule, Sayings
from thresholds.published import MixedEditions, PublishedEdition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_draft")]

ROWS = pytest.mark.parametrize("model", row_models(), ids=lambda model: model.__name__)
LINKS = [(model, field) for model in row_models() for field in inner_links(model)]
EACH_LINK = pytest.mark.parametrize(("model", "field"), LINKS, ids=lambda part: str(part))
TABLES = [
    "thresholds_edition",
    *(model._meta.db_table for model in row_models()),
    *(field.m2m_db_table() for _, field in LINKS),
]
ON_POSTGRESQL = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has no triggers: see migration 0003"
)


@pytest.fixture(autouse=True)
def nothing_changes(db: None, as_shipped: str) -> Any:
    """Whatever a test tries, the published edition says what it said."""
    yield
    assert digest(shipped()) == as_shipped


def refused(act: Callable[[], object]) -> None:
    with pytest.raises(PublishedEdition), transaction.atomic():
        act()


def refused_by_database(statement: str, *values: object) -> None:
    with (
        pytest.raises(DatabaseError, match="published edition"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, values)


def first(model: type[Model]) -> Any:
    return model._default_manager.filter(edition=shipped()).first()


def test_every_table_of_an_edition_is_tried() -> None:
    names = {model.__name__ for model in row_models()}
    assert names == {
        "Level", "Domain", "Indicator", "Sayings", "Ladder", "Service", "PathwayStep", "Question",
        "Term", "ConsentPoint", "SpecialRoute", "Rule", "NextStep", "Page",
    }  # fmt: skip
    # What stays out belongs to an area, is derived, or is the edition itself.
    others = {m.__name__ for m in apps.get_app_config("thresholds").get_models()} - names
    assert others == {
        "Partnership", "Area", "Contact", "Link", "ContactChange", "Edition", "FinderIndex",
    }  # fmt: skip
    assert len(LINKS) == 3


# By the models


@ROWS
def test_a_published_row_is_not_saved(model: type[Model]) -> None:
    refused(first(model).save)
    refused(lambda: first(model).save(update_fields=["section"]))


@ROWS
def test_a_published_row_is_not_deleted(model: type[Model]) -> None:
    refused(first(model).delete)
    refused(model._default_manager.filter(edition=shipped()).delete)


@ROWS
def test_published_rows_are_not_updated_at_once(model: type[Model]) -> None:
    rows = model._default_manager.all()
    refused(lambda: rows.update(section="x"))
    refused(lambda: rows.bulk_update([first(model)], ["section"]))


@ROWS
def test_no_row_is_added_to_a_published_edition(model: type[Model]) -> None:
    row = first(model)
    new = model(**{f.attname: getattr(row, f.attname) for f in columns(model)})
    refused(new.save)
    refused(lambda: model._default_manager.bulk_create([new]))


@ROWS
def test_no_row_of_a_draft_is_moved_into_a_published_edition(
    model: type[Model], draft: Edition
) -> None:
    rows = model._default_manager.filter(edition=draft)
    refused(lambda: rows.update(edition=shipped()))
    refused(lambda: rows.update(edition_id=shipped().pk))
    row = rows.first()
    row.edition = shipped()
    refused(row.save)


@ROWS
def test_no_published_row_is_moved_into_a_draft(model: type[Model], draft: Edition) -> None:
    row = first(model)
    row.edition = draft
    refused(row.save)


@ROWS
def test_a_fixture_changes_no_published_row(model: type[Model], tmp_path: Any) -> None:
    (row,) = json.loads(serializers.serialize("json", [first(model)]))
    row["fields"]["section"] = "x"
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([row]))
    refused(lambda: call_command("loaddata", str(file), verbosity=0))


@EACH_LINK
def test_the_links_of_a_published_row_stay(model: Any, field: Any) -> None:
    row = next(r for r in model.objects.filter(edition=shipped()) if r.indicators.exists())
    other = Indicator.objects.exclude(pk__in=row.indicators.all()).first()
    own = row.indicators.first()
    back = field.remote_field.related_name
    refused(lambda: row.indicators.add(other))
    refused(lambda: row.indicators.remove(own))
    refused(row.indicators.clear)
    refused(lambda: row.indicators.set([other]))
    refused(lambda: getattr(other, back).add(row))
    refused(lambda: getattr(own, back).clear())


@EACH_LINK
def test_the_table_of_links_refuses_too(model: Any, field: Any) -> None:
    through = field.remote_field.through
    link = through.objects.first()
    refused(link.save)
    refused(link.delete)
    refused(through._default_manager.all().delete)
    refused(lambda: through._default_manager.update(indicator_id=link.indicator_id))


@EACH_LINK
def test_the_table_of_links_has_no_back_door(model: Any, field: Any, draft: Edition) -> None:
    through, own = field.remote_field.through, field.m2m_field_name()
    links = through.objects.filter(**{f"{own}__edition": shipped()})
    refused(links.delete)
    refused(lambda: links.update(**{own: model.objects.filter(edition=draft).first()}))
    theirs = through.objects.filter(**{f"{own}__edition": draft})
    refused(lambda: theirs.update(**{own: first(model)}))
    refused(lambda: theirs.update(**{f"{own}_id": first(model).pk}))
    new = through(**{own: first(model), "indicator": first(Indicator)})
    refused(new.save)
    refused(lambda: through.objects.bulk_create([new], ignore_conflicts=True))


@ROWS
def test_no_row_comes_in_by_way_of_the_edition(model: type[Model], draft: Edition) -> None:
    row = model._default_manager.filter(edition=draft).first()
    there = getattr(shipped(), f"{model._meta.model_name}_set")
    refused(lambda: there.add(row))
    refused(lambda: there.add(row, bulk=False))
    refused(lambda: there.update(section="x"))
    refused(there.all().delete)
    refused(lambda: model._default_manager.filter(edition=draft).update(edition=shipped().pk))


@ROWS
def test_no_published_row_is_overwritten_by_adding_one(model: type[Model], draft: Edition) -> None:
    row = model._default_manager.filter(edition=draft).first()
    row.pk = first(model).pk
    written = {"update_conflicts": True, "unique_fields": ["id"], "update_fields": ["section"]}
    refused(lambda: model._default_manager.bulk_create([row], **written))
    refused(row.save)
    refused(lambda: model._default_manager.update_or_create(pk=row.pk, defaults={"section": "x"}))


def test_published_rows_do_not_change_by_way_of_others(draft: Edition) -> None:
    area = Area.objects.filter(rule__edition=shipped()).first()
    assert area
    refused(area.rule_set.clear)
    refused(lambda: area.rule_set.remove(*area.rule_set.filter(edition=shipped())))
    other = Level.objects.get(edition=draft, number=2)
    refused(lambda: other.indicators.add(first(Indicator)))
    refused(first(Level).delete)
    refused(lambda: content.copy(draft, shipped()))


@pytest.mark.parametrize("path", ["partnership", "partnership.areas.first", "approved_by"])
def test_what_a_published_edition_rests_on_is_not_deleted(
    path: str, draft: Edition, edie: User, sam: User
) -> None:
    edition = publish(draft, edie, sam)
    row: Any = edition
    for name in path.split("."):
        row = getattr(row, name)
    row = row() if callable(row) else row
    with pytest.raises((ProtectedError, PublishedEdition)), transaction.atomic():
        row.delete()
    with pytest.raises((ProtectedError, PublishedEdition)), transaction.atomic():
        type(row).objects.filter(pk=row.pk).delete()


def test_a_row_refers_to_no_other_edition(draft: Edition) -> None:
    sign = Indicator.objects.filter(edition=draft).first()
    sign.level = first(Level)
    with pytest.raises(MixedEditions), transaction.atomic():
        sign.save()


def test_no_saying_of_a_draft_hangs_on_a_published_indicator(draft: Edition) -> None:
    sign = first(Indicator)
    new = Sayings(edition=draft, indicator=sign, lines="x", section="1")
    with pytest.raises(MixedEditions), transaction.atomic():
        new.save()
    with pytest.raises(MixedEditions), transaction.atomic():
        Sayings.objects.bulk_create([new], ignore_conflicts=True)
    written = {"update_conflicts": True, "update_fields": ["lines"]}
    with pytest.raises(MixedEditions), transaction.atomic():
        Sayings.objects.bulk_create([new], unique_fields=["indicator"], **written)
    refused(lambda: Sayings.objects.filter(edition=draft).update(indicator=sign))
    refused(lambda: Sayings.objects.filter(edition=draft).update(indicator_id=sign.pk))


# The edition itself


@pytest.mark.parametrize("name", FROZEN)
def test_what_an_edition_says_and_how_it_was_approved_stays(name: str, edie: User) -> None:
    edition = shipped()
    value: Any = {
        "slug": "x", "partnership_id": 2, "status": "draft", "based_on_id": edition.pk,
        "created_by_id": edie.pk, "proposed_by_id": edie.pk, "approved_by_id": edie.pk,
        "published_on": "2020-02-02", "publish_from": "2020-02-02", "source_date": "2020",
        "created_at": "2020-02-02T00:00Z", "proposed_at": "2020-02-02T00:00Z",
        "approved_at": "2020-02-02T00:00Z",
    }.get(name, "x")  # fmt: skip
    setattr(edition, name, value)
    refused(edition.save)
    refused(lambda: edition.save(update_fields=[name]))
    refused(lambda: Edition.objects.filter(pk=edition.pk).update(**{name: value}))
    if connection.vendor == "postgresql":
        refused_by_database(
            f"UPDATE thresholds_edition SET {name} = %s WHERE id = %s", value, edition.pk
        )


def test_a_fixture_puts_nothing_in_place_of_a_published_edition() -> None:
    refused(lambda: call_command("loaddata", "ddscp-2019-12", verbosity=0))


def test_no_edition_is_written_over_a_published_one() -> None:
    old = shipped()
    new = Edition(slug=old.slug, partnership=old.partnership, title="x", source_date="2026")
    for unique in ("slug", "id"):
        new.pk = old.pk if unique == "id" else None
        refused(
            lambda by=unique: Edition.objects.bulk_create(
                [new], update_conflicts=True, unique_fields=[by], update_fields=["title"]
            )
        )
    refused(lambda: Edition.objects.bulk_update([new], ["title"]))
    refused(lambda: Edition.objects.filter(pk=old.pk).update(id=9999))
    elsewhere = Area.objects.get(slug="warwickshire").partnership
    refused(lambda: elsewhere.editions.add(old))
    refused(lambda: elsewhere.editions.add(old, bulk=False))


def test_a_published_edition_is_not_deleted() -> None:
    refused(shipped().delete)
    refused(Edition.objects.all().delete)


def test_the_currency_of_a_published_edition_is_kept_up() -> None:
    edition = shipped()
    edition.owner, edition.checked_on, edition.review_by = "Ann", "2026-11-01", "2027-11-01"
    edition.save()
    Edition.objects.filter(pk=edition.pk).update(owner="Bea")
    assert shipped().owner == "Bea"


def test_the_finders_index_is_derived_and_may_be_written() -> None:
    FinderIndex.objects.filter(edition=shipped()).delete()
    FinderIndex.objects.create(edition=shipped(), vectors=b"x")
    assert index.refresh(shipped()) == 0
    assert len(FinderIndex.objects.get(edition=shipped()).vectors) > 1_000_000


# By SQL


@ON_POSTGRESQL
@ROWS
def test_sql_changes_no_published_row(model: type[Model], draft: Edition) -> None:
    table, edition = model._meta.db_table, shipped().pk
    refused_by_database(f"UPDATE {table} SET section = 'x' WHERE edition_id = %s", edition)
    refused_by_database(f"DELETE FROM {table} WHERE edition_id = %s", edition)
    names = ", ".join(f'"{field.column}"' for field in columns(model))
    refused_by_database(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} WHERE edition_id = %s", edition
    )
    moved = f"UPDATE {table} SET edition_id = %s WHERE edition_id = %s"
    refused_by_database(moved, edition, draft.pk)
    refused_by_database(moved, draft.pk, edition)


@ON_POSTGRESQL
@EACH_LINK
def test_sql_changes_no_link_of_a_published_row(model: Any, field: Any, draft: Edition) -> None:
    table, own = field.m2m_db_table(), field.m2m_column_name()
    rows = f"SELECT id FROM {model._meta.db_table} WHERE edition_id = {shipped().pk}"
    theirs = f"SELECT id FROM {model._meta.db_table} WHERE edition_id = {draft.pk}"
    refused_by_database(f"DELETE FROM {table} WHERE {own} IN ({rows})")
    refused_by_database(f"UPDATE {table} SET {own} = ({rows} LIMIT 1) WHERE {own} IN ({theirs})")
    refused_by_database(f"UPDATE {table} SET {own} = ({theirs} LIMIT 1) WHERE {own} IN ({rows})")
    refused_by_database(
        f"INSERT INTO {table} ({own}, indicator_id) "
        f"SELECT ({rows} LIMIT 1), id FROM thresholds_indicator"
    )


@ON_POSTGRESQL
def test_sql_deletes_no_published_edition() -> None:
    refused_by_database("DELETE FROM thresholds_edition WHERE id = %s", shipped().pk)


@ON_POSTGRESQL
@pytest.mark.parametrize(
    "table", [*TABLES, "thresholds_partnership", "thresholds_area", "accounts_user"]
)
def test_sql_empties_no_table(table: str) -> None:
    refused_by_database(f"TRUNCATE {table} CASCADE")


@ON_POSTGRESQL
def test_sql_hangs_no_saying_on_a_published_indicator(draft: Edition) -> None:
    bare = Indicator.objects.filter(edition=draft).first()
    statement = "UPDATE thresholds_sayings SET indicator_id = %s WHERE edition_id = %s"
    assert bare
    refused_by_database(statement, first(Indicator).pk, draft.pk)


# A draft


@ROWS
def test_rows_of_a_draft_are_changed_added_and_deleted(model: type[Model], draft: Edition) -> None:
    rows = model._default_manager.filter(edition=draft)
    rows.update(section="changed")
    row = rows.first()
    row.section = "again"
    row.save()
    assert rows.get(pk=row.pk).section == "again"
    row.delete()
    rows.all().delete()


def test_links_of_a_draft_are_changed(draft: Edition) -> None:
    rule = Rule.objects.filter(edition=draft, kind="harm").get()
    rule.indicators.clear()
    rule.indicators.add(*Indicator.objects.filter(edition=draft)[:2])
    assert rule.indicators.count() == 2
    assert Area.objects.exists()


def test_loading_the_shipped_guidance_publishes_what_was_a_draft() -> None:
    assert "already loaded" in _loaded()
    assert all(
        edition.digest == digest(edition) for edition in Edition.objects.exclude(slug="next")
    )


def _loaded() -> str:
    out = io.StringIO()
    call_command("load_guidance", stdout=out)
    return out.getvalue()
