"""The page of a replay: for editors, in numbers that tell of nobody, and told."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Agency, Event, User
from guidance_content.replay_views import tables_of
from referrals.models import Conversation
from referrals.replay import Replay
from referrals.small_numbers import LEAST
from tests.many import conversation_of
from tests.people import give_app, make_person, record, signed_in
from tests.test_replay import another
from thresholds.guidance import Guidance
from thresholds.models import Edition, Indicator

ADDRESS = "/editors/editions/draft/replay/"


@pytest.fixture
def editing(db: None) -> Client:
    editor = make_person("editor@partnership.example", None)
    editor.is_editor = True
    editor.save()
    give_app(editor)
    return signed_in(editor)


def test_it_says_how_long_it_takes_before_it_starts(editing: Client) -> None:
    another()
    page = editing.get(ADDRESS).content.decode()
    assert "takes about 1 second" in page and "What was found" not in page


def test_a_replay_shows_counts_and_is_told(editing: Client, teachers_browser: Client) -> None:
    done = record(teachers_browser)
    edition = another(dd034={"level": 4})
    before = Conversation.objects.values().get()
    page = editing.post(ADDRESS).content.decode()
    assert "What was found" in page and "fewer than 5" in page
    assert done.reference not in page and str(done.token) not in page
    told = Event.objects.get(subject=f"edition:{edition.pk}", detail="replay")
    assert told.actor
    assert Conversation.objects.values().get() == before


def test_many_are_read_in_sittings_and_one_event(
    editing: Client, agency: Agency, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("referrals.replay.AT_ONCE", 5)
    monkeypatch.setattr("guidance_content.replay_views.SITTING", -1)
    now = timezone.now()
    edition = Edition.objects.get(slug="ddscp-2019-12")
    Conversation.objects.bulk_create(
        conversation_of(agency, teacher, now, edition=edition) for _ in range(12)
    )
    draft = another()
    first = editing.post(ADDRESS).content.decode()
    assert "41% is read" in first and "<table" not in first
    goes_on = [editing.post(ADDRESS, {"go_on": "yes"}).content.decode() for _ in range(3)]
    assert "83% is read" in goes_on[0]
    assert "<table" in goes_on[-1]
    assert Event.objects.filter(subject=f"edition:{draft.pk}", detail="replay").count() == 1


def test_a_draft_that_changed_meanwhile_is_read_from_the_beginning(
    editing: Client, agency: Agency, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("referrals.replay.AT_ONCE", 5)
    monkeypatch.setattr("guidance_content.replay_views.SITTING", -1)
    now = timezone.now()
    edition = Edition.objects.get(slug="ddscp-2019-12")
    Conversation.objects.bulk_create(
        conversation_of(agency, teacher, now, edition=edition) for _ in range(12)
    )
    draft = another()
    editing.post(ADDRESS)
    Indicator.objects.filter(edition=draft, code="dd034").update(text="Other words")
    assert "41% is read" in editing.post(ADDRESS, {"go_on": "yes"}).content.decode()


def test_an_edition_for_reading_only_has_nothing_to_replay(editing: Client) -> None:
    address = "/editors/editions/warwickshire-spectrum/replay/"
    assert "no indicators yet" in editing.post(address).content.decode()


def test_a_lead_does_not_come_in(leads_browser: Client) -> None:
    another()
    assert leads_browser.get(ADDRESS).status_code == 404


def test_no_edition_is_no_page(editing: Client) -> None:
    assert editing.get("/editors/editions/none/replay/").status_code == 404


def test_small_numbers_are_hidden_in_every_table(ddscp: Guidance) -> None:
    found = Replay(total=100, changed=12)
    found.levels.update({(2, 2): 88, (2, 3): 9, (1, 2): 3})
    found.up_to, found.child_protection, found.urgency = 12, 2, 4
    found.rules.update({"danger": 3, "level-2-one": 12})
    found.indicators.update({"dd034": 1, "dd001": 12})
    found.retired.update({"dd999": 2})
    shown = [row.count for table in tables_of(found, ddscp) for row in table.rows]
    assert not [count for count in shown if count is not None and 0 < count < LEAST]
    assert 9 not in shown  # with the 12 it would tell the 3


def test_few_that_change_are_not_taken_apart(ddscp: Guidance) -> None:
    found = Replay(total=50, changed=3)
    found.levels.update({(2, 2): 47, (2, 3): 3})
    found.rules.update({"danger": 3})
    slugs = {table.slug for table in tables_of(found, ddscp)}
    assert not slugs & {"moves", "rules", "signs"}


def test_numbers_of_a_page_never_name_a_conversation(
    editing: Client, agency: Agency, teacher: User
) -> None:
    another()
    edition = Edition.objects.get(slug="ddscp-2019-12")
    now = timezone.now()
    made = [conversation_of(agency, teacher, now, edition=edition) for _ in range(12)]
    Conversation.objects.bulk_create(made)
    page = editing.post(ADDRESS).content.decode()
    assert not re.search(r"TG-\w{4}", page)
    assert "<strong>12</strong>" in page
