"""The admin of a draft's rows: editors change, add, delete and reorder them, and nobody else."""

import json
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, Event, Membership, User
from guidance_content import editions
from guidance_content.content import RowModel, digest, row_models
from tests.editors import make_draft, shipped
from tests.people import make_person, signed_in
from thresholds.models import Domain, Edition, Indicator, Level, NextStep, Rule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_draft")]

ROWS = pytest.mark.parametrize("model", row_models(), ids=lambda model: model.__name__)


@pytest.fixture
def browser(edie: User) -> Client:
    return signed_in(edie)


@pytest.fixture(autouse=True)
def the_published_one_stays(db: None, as_shipped: str) -> Any:
    yield
    assert digest(shipped()) == as_shipped


def address(model: RowModel, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def first(model: RowModel, edition: Edition) -> Any:
    return model.objects.filter(edition=edition).first()


def shown(response: HttpResponse) -> dict[str, Any]:
    """Return what the form on a page of the admin would send back."""
    form = response.context["adminform"].form
    found = {}
    for name, field in form.fields.items():
        value = form.initial.get(name, field.initial)
        if isinstance(value, list) and name == "indicators":
            value = [row.pk for row in value]
        if isinstance(value, dict):
            value = json.dumps(value)
        value = getattr(value, "pk", value)
        if value is not None and value is not False:
            found[name] = value
    return found


def save(browser: Client, row: Any, **changes: object) -> HttpResponse:
    page = address(type(row), "change", row.pk)
    return browser.post(page, shown(browser.get(page)) | changes)


@ROWS
def test_an_editor_changes_a_row_of_a_draft(
    model: RowModel, browser: Client, draft: Edition
) -> None:
    row = first(model, draft)
    assert save(browser, row, section="Section 99").status_code == 302
    row.refresh_from_db()
    assert row.section == "Section 99"


@ROWS
def test_the_second_of_two_editors_is_told_and_writes_nothing_over(
    model: RowModel, browser: Client, draft: Edition
) -> None:
    row = first(model, draft)
    page = address(model, "change", row.pk)
    mine = shown(browser.get(page)) | {"section": "Mine"}
    save(browser, row, section="Theirs")
    refused = browser.post(page, mine)
    assert refused.status_code == 200 and "Theirs" in refused.content.decode()
    form = refused.context["adminform"].form
    assert form["section"].value() == "Mine" and first(model, draft).section == "Theirs"
    # Whoever has seen that may save theirs all the same.
    assert browser.post(page, mine | {"seen": form["seen"].value()}).status_code == 302
    assert first(model, draft).section == "Mine"


@ROWS
def test_an_editor_deletes_a_row_of_a_draft(
    model: RowModel, browser: Client, draft: Edition
) -> None:
    row = first(model, draft)
    page = address(model, "delete", row.pk)
    assert browser.post(page, {"post": "yes"}).status_code == 302
    assert not model.objects.filter(pk=row.pk).exists()


@ROWS
@pytest.mark.parametrize("who", ["lead", "practitioner", "superuser", "viewer"])
def test_nobody_else_changes_a_row_of_a_draft(
    model: RowModel, who: str, draft: Edition, agency: Agency
) -> None:
    person = {
        "lead": lambda: make_person("l@x.example", agency, Membership.Role.LEAD),
        "practitioner": lambda: make_person("p@x.example", agency),
        "superuser": lambda: User.objects.create_superuser("s@x.example", "x", name="S"),
        "viewer": lambda: User.objects.create_user("v@x.example", name="V", is_staff=True),
    }[who]()
    before = digest(draft)
    row, browser = first(model, draft), signed_in(person)
    for page in ("change", "delete"):
        sent = {"section": "x", "post": "yes"}
        assert browser.post(address(model, page, row.pk), sent).status_code in (302, 403)
    assert browser.post(address(model, "add"), {"section": "x"}).status_code in (302, 403)
    assert digest(draft) == before


def test_a_save_is_told_and_kept_in_the_history(
    browser: Client, edie: User, draft: Edition
) -> None:
    row = Indicator.objects.get(edition=draft, code="dd034")
    save(browser, row, text="Reworded")
    event = Event.objects.filter(verb=Event.Verb.CHANGED).latest("pk")
    assert (event.actor, event.subject) == (edie.pk, f"edition:{draft.pk}")
    assert event.detail == "indicator-dd034"
    entry = LogEntry.objects.get(object_id=str(row.pk))
    assert (entry.user, "Text" in entry.get_change_message()) == (edie, True)


def test_a_save_withdraws_a_proposal(browser: Client, edie: User, draft: Edition) -> None:
    editions.propose(draft=draft, by=edie, publish_from=timezone.localdate())
    save(browser, first(Indicator, draft), text="Reworded")
    draft.refresh_from_db()
    assert draft.proposed_by is None


def test_an_indicator_is_moved_within_its_edition_alone(browser: Client, draft: Edition) -> None:
    row = Indicator.objects.get(edition=draft, code="dd034")
    level = Level.objects.get(edition=draft, number=3)
    assert save(browser, row, level=level.pk).status_code == 302
    stranger = Level.objects.get(edition=shipped(), number=4)
    assert save(browser, row, level=stranger.pk).status_code == 200
    row.refresh_from_db()
    assert row.level == level


def test_codes_and_editions_of_rows_stay(browser: Client, draft: Edition) -> None:
    row = Indicator.objects.get(edition=draft, code="dd034")
    assert save(browser, row, code="other", edition=shipped().pk).status_code == 302
    row.refresh_from_db()
    assert (row.code, row.edition) == ("dd034", draft)
    level = Level.objects.get(edition=draft, number=2)
    save(browser, level, number=9)
    level.refresh_from_db()
    assert level.number == 2


def added(browser: Client, edition: Edition, **changes: object) -> HttpResponse:
    draft = Edition.objects.get(slug="next")
    data = {
        "edition": edition.pk, "code": "new-one", "text": "New", "section": "1", "position": 1,
        "level": Level.objects.get(edition=draft, number=2).pk,
        "domain": Domain.objects.filter(edition=draft).first().pk,
    }  # fmt: skip
    return browser.post(address(Indicator, "add"), data | changes)


def test_an_indicator_is_added_to_a_draft(browser: Client, draft: Edition) -> None:
    assert added(browser, draft).status_code == 302
    assert Indicator.objects.get(edition=draft, code="new-one").text == "New"


def test_an_indicator_is_not_added_with_a_code_that_is_taken(
    browser: Client, draft: Edition
) -> None:
    assert added(browser, draft, code="dd034").status_code == 200


def test_nothing_is_added_to_a_published_edition(browser: Client, draft: Edition) -> None:
    added(browser, shipped())
    assert not Indicator.objects.filter(code="new-one").exists()


def test_with_two_drafts_the_address_says_which(
    browser: Client, edie: User, draft: Edition
) -> None:
    other = make_draft(edie, "other")
    assert browser.get(address(Indicator, "add")).status_code == 302
    page = browser.get(address(Indicator, "add"), {"edition": other.pk})
    assert shown(page)["edition"] == str(other.pk)
    listed = {"_changelist_filters": f"edition__id__exact={draft.pk}"}
    assert shown(browser.get(address(Indicator, "add"), listed))["edition"] == draft.pk


def reorder(browser: Client, edition: Edition, row: Indicator, position: int) -> HttpResponse:
    page = f"{address(Indicator, 'changelist')}?edition__id__exact={edition.pk}"
    html = browser.get(page).content.decode()
    data = dict(re.findall(r'name="(form-[^"]+)"[^>]*value="([^"]*)"', html))
    total = int(data.get("form-TOTAL_FORMS", 1))
    data |= {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1} if not total else {}
    data |= {"form-0-id": row.pk, "form-0-position": position, "_save": "Save"}
    return browser.post(page, data)


def test_rows_of_a_draft_are_reordered_on_their_list(browser: Client, draft: Edition) -> None:
    row = Indicator.objects.filter(edition=draft).first()
    assert reorder(browser, draft, row, 77).status_code == 302
    row.refresh_from_db()
    assert row.position == 77


def test_published_rows_are_not_reordered(browser: Client, draft: Edition) -> None:
    row = Indicator.objects.filter(edition=shipped()).first()
    assert (
        'name="form-0-position"'
        not in browser.get(
            f"{address(Indicator, 'changelist')}?edition__id__exact={shipped().pk}"
        ).content.decode()
    )
    assert reorder(browser, shipped(), row, 77).status_code in (200, 302, 403)
    assert reorder(browser, draft, row, 77).status_code in (200, 302, 403)


def test_rows_are_deleted_together_of_a_draft_alone(browser: Client, draft: Edition) -> None:
    page = address(Indicator, "changelist")
    for edition, left in ((shipped(), 2), (draft, 0)):
        keys = list(Indicator.objects.filter(edition=edition).values_list("pk", flat=True)[:2])
        sent = {"action": "delete_selected", "_selected_action": keys, "post": "yes"}
        browser.post(page, sent)
        assert Indicator.objects.filter(pk__in=keys).count() == left


def test_a_rule_names_indicators_of_its_own_edition(browser: Client, draft: Edition) -> None:
    rule = Rule.objects.get(edition=draft, code="names-harm")
    own = Indicator.objects.filter(edition=draft).last()
    assert save(browser, rule, indicators=[own.pk]).status_code == 302
    assert list(rule.indicators.all()) == [own]
    stranger = Indicator.objects.filter(edition=shipped()).last()
    assert save(browser, rule, indicators=[stranger.pk]).status_code == 200


@pytest.mark.parametrize("when", ['{"moon": ["full"]}', '{"level": [9]}', "[]", '{"level": 2}'])
def test_a_next_step_with_conditions_that_name_nothing_is_refused(
    when: str, browser: Client, draft: Edition
) -> None:
    step = NextStep.objects.filter(edition=draft).first()
    assert save(browser, step, when=when).status_code == 200
    assert save(browser, step, when='{"level": [2]}').status_code == 302


def test_what_a_draft_says_of_itself_is_changed_and_a_published_ones_is_not(
    browser: Client, draft: Edition
) -> None:
    data = {"title": "Another", "source_date": "2026-05", "source": "The document"}
    for edition, status in ((draft, 302), (shipped(), 403)):
        page = reverse("admin:thresholds_edition_change", args=[edition.pk])
        assert browser.post(page, data).status_code == status
    draft.refresh_from_db()
    assert (draft.title, draft.slug) == ("Another", "next")


def test_no_edition_is_added_or_deleted_in_the_admin(browser: Client, draft: Edition) -> None:
    delete = reverse("admin:thresholds_edition_delete", args=[draft.pk])
    assert browser.post(delete, {"post": "yes"}).status_code == 403
    assert browser.get(reverse("admin:thresholds_edition_add")).status_code == 403
