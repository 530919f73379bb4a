"""What editors see to first: what is out of date, due, or missing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from guidance_content.currency_list import DUE, MISSING, OUT_OF_DATE, Item, out_of_date
from thresholds.models import Area, Contact, Edition, Link

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
LATER = TODAY + timedelta(days=200)


def items(kind: str) -> list[Item]:
    return [item for item in out_of_date(TODAY) if item.kind == kind]


def confirm_all() -> None:
    for model in (Contact, Link, Edition):
        model.objects.update(checked_on=TODAY, review_by=LATER, owner="Somebody")


def test_everything_shipped_is_unconfirmed_and_the_urgent_heads_it() -> None:
    found = out_of_date(TODAY)
    assert [item.urgent for item in found[:3]] == [True, True, False]
    assert {item.key for item in found[:2]} == set(
        Contact.objects.filter(purpose="urgent").values_list("pk", flat=True)
    )
    assert {item.key for item in items("contact")} == set(
        Contact.objects.values_list("pk", flat=True)
    )
    assert len(items("link")) == Link.objects.count()
    assert len(items("edition")) == Edition.objects.count()
    assert all(item.rank == OUT_OF_DATE for kind in ("contact", "link") for item in items(kind))


def test_what_is_confirmed_is_not_in_the_list() -> None:
    confirm_all()
    assert {item.kind for item in out_of_date(TODAY)} == {"area", "route"}


@pytest.mark.parametrize(("days", "rank"), [(-1, OUT_OF_DATE), (0, DUE), (30, DUE), (31, None)])
def test_it_is_due_thirty_days_before_its_date(days: int, rank: int | None) -> None:
    confirm_all()
    Contact.objects.filter(area__slug="derby", purpose="advice").update(
        review_by=TODAY + timedelta(days=days)
    )
    assert [item.rank for item in items("contact")] == ([] if rank is None else [rank])


@pytest.mark.parametrize("gap", [{"owner": ""}, {"review_by": None}])
def test_without_an_owner_or_a_date_somebody_must_say_who_and_when(gap: dict[str, object]) -> None:
    confirm_all()
    Link.objects.filter(slug="gcp").update(**gap)
    assert [item.rank for item in items("link")] == [DUE]


def test_an_area_that_is_worked_with_and_has_no_number_for_the_night_is_named() -> None:
    worked_with = {"Derby City", "Derbyshire"}
    assert {item.title for item in items("area")} == worked_with
    Contact.objects.create(
        area=Area.objects.get(slug="derby"), purpose="out_of_hours", name="Night team",
        phone="01332 960001", section="1", source="A letter",
    )  # fmt: skip
    assert {item.title for item in items("area")} == {"Derbyshire"}


def test_a_retired_number_is_no_number_and_one_for_emergencies_is_urgent() -> None:
    confirm_all()
    Contact.objects.filter(area__slug="derby", purpose="urgent").update(retired_on=TODAY)
    first = out_of_date(TODAY)[0]
    assert (first.kind, first.title, first.urgent, first.rank) == (
        "area", "Derby City", True, MISSING,
    )  # fmt: skip
    assert not items("contact")


def test_special_routes_without_a_contact_are_named() -> None:
    assert len(items("route")) == 6
