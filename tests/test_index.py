"""The vectors of the finder: only what no edition had is encoded, and no request encodes many."""

import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from guidance_content import editions
from guidance_content.exchange import as_document
from guidance_content.importing import import_document
from tests import elsewhere
from tests.editors import make_draft, make_editor, publish, shipped
from thresholds import index, load
from thresholds.drafts import changing
from thresholds.lately import Lately
from thresholds.models import Edition, FinderIndex, Indicator, Sayings
from thresholds.search import texts_of
from thresholds.sentences import encoder

pytestmark = pytest.mark.django_db

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "ddscp-2019-12-vectors.npz"
NEW = "Keeps a pet crocodile in the bath"
TYPED = "there is a crocodile in their bath"


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is encoded to be compared with. What people type is not among them."""
    found: list[str] = []
    meanings = encoder().meanings
    monkeypatch.setattr(encoder(), "meanings", lambda new: found.extend(new) or meanings(new))
    index.forget()
    return found


@pytest.fixture
def draft() -> Edition:
    return make_draft(make_editor("edie"))


@pytest.fixture
def reworded(draft: Edition) -> Edition:
    with changing(draft, by=make_editor("eric"), what="indicator-dd001"):
        draft.indicator_set.filter(code="dd001").update(text=NEW)
    return draft


def closest(edition: Edition, text: str = TYPED) -> str:
    return index.find(text, edition, 1).found[0].indicator.text


def unlike_any(lines: int) -> dict[str, Any]:
    """A document with more sayings than a request encodes, of a partnership that is new."""
    document = elsewhere.northshire()
    for row in document["indicators"]:
        row["sayings"] = [f"{row['code']} saying {number}" for number in range(lines)]
    return document


def test_the_shipped_vectors_are_those_of_the_shipped_texts() -> None:
    """After sayings were edited: manage.py index_sayings ddscp-2019-12 --to the file."""
    kept = index.read(FIXTURE.read_bytes())
    own = texts_of(load.load(shipped()))
    assert [text for text in own if index.digest_of(text) not in kept] == []
    sample = own[:: len(own) // 40]
    again = encoder().meanings(sample)
    assert (again * index.vectors_of(sample, kept).whole()).sum(1).min() > 0.999


# Drafts


def test_a_draft_needs_no_index_of_its_own(draft: Edition, encoded: list[str]) -> None:
    assert closest(draft, "black rotten teeth") == closest(shipped(), "black rotten teeth")
    assert encoded == []
    assert not FinderIndex.objects.filter(edition=draft).exists()


def test_of_a_reworded_draft_only_the_new_text_is_encoded_and_it_is_found(
    reworded: Edition, encoded: list[str]
) -> None:
    assert closest(reworded) == NEW
    assert encoded == [NEW]
    assert closest(reworded) == NEW
    assert encoded == [NEW]
    assert closest(shipped()) != NEW


def test_a_draft_that_changes_while_it_is_looked_at_is_found_as_it_is(
    draft: Edition, encoded: list[str]
) -> None:
    assert closest(draft) != NEW
    draft.indicator_set.filter(code="dd001").update(text=NEW)
    assert closest(draft) == NEW
    row = Sayings.objects.filter(edition=draft).first()
    row.lines += "\nthey race snails for money\n \n"
    row.save()
    assert closest(draft, "racing snails for money") == row.indicator.text
    assert encoded == [NEW, "they race snails for money"]


def test_without_its_predecessors_index_the_shipped_file_is_used(
    draft: Edition, encoded: list[str]
) -> None:
    FinderIndex.objects.all().delete()
    assert closest(draft, "black rotten teeth")
    assert encoded == []


def test_a_damaged_index_is_as_good_as_none(draft: Edition, encoded: list[str]) -> None:
    for content in (b"", b"x", b"PK\x03\x04", FIXTURE.read_bytes()[:9000]):
        FinderIndex.objects.update_or_create(edition=shipped(), defaults={"vectors": content})
        index.forget()
        assert closest(draft, "black rotten teeth")
    assert encoded == []


# Publication


def test_publication_encodes_what_was_reworded_and_keeps_it(
    reworded: Edition, encoded: list[str], client: Client
) -> None:
    published = publish(reworded, make_editor("sam"), make_editor("sue"))
    assert encoded == [NEW]
    kept = index.read(bytes(FinderIndex.objects.get(edition=published).vectors))
    texts = texts_of(load.load(published))
    assert {index.digest_of(text) for text in texts} == kept.keys()
    index.forget()
    page = client.post("/find/", {"text": TYPED}).content.decode()
    assert NEW in page
    assert encoded == [NEW]


def test_nothing_is_locked_while_publication_encodes(
    reworded: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam, sue = make_editor("sam"), make_editor("sue")
    editions.propose(draft=reworded, by=sam, publish_from=timezone.localdate())
    asked: list[bool] = []
    refresh = index.refresh

    def noted(*args: Any, **options: Any) -> int:
        done = refresh(*args, **options)
        asked.append(any("FOR UPDATE" in query["sql"] for query in queries.captured_queries))
        return done

    monkeypatch.setattr(index, "refresh", noted)
    with CaptureQueriesContext(connection) as queries:
        editions.approve(draft=reworded, by=sue, reason="Nobody answered")
    # FinderIndex is the one row that is locked, and only while it is written.
    locked = [q["sql"] for q in queries.captured_queries if "FOR UPDATE" in q["sql"]]
    assert len(asked) == 1
    if connection.vendor == "postgresql":
        assert "finderindex" in locked[0] and "thresholds_edition" in locked[1]


def test_who_may_not_approve_has_nothing_encoded(reworded: Edition, encoded: list[str]) -> None:
    nobody = make_editor("nobody")
    nobody.is_editor = False
    with pytest.raises(editions.NotEditor):
        editions.approve(draft=reworded, by=nobody, reason="x")
    assert encoded == []


def test_an_edition_that_comes_at_midnight_is_found_from_then_on(
    reworded: Edition, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every process: which edition is in force is asked at each request, and kept nowhere."""
    tomorrow = timezone.localdate() + timedelta(days=1)
    publish(reworded, make_editor("sam"), make_editor("sue"), tomorrow)
    assert NEW not in client.post("/find/", {"text": TYPED}).content.decode()
    monkeypatch.setattr(timezone, "localdate", lambda *args: tomorrow)
    assert NEW in client.post("/find/", {"text": TYPED}).content.decode()


def test_another_process_that_published_it_is_noticed(
    reworded: Edition, encoded: list[str], client: Client
) -> None:
    """Here the draft is in memory, as another process left it before it was published."""
    old = Edition.objects.get(pk=reworded.pk)
    assert closest(old) == NEW
    reworded.indicator_set.filter(code="dd001").update(text="Has a tiger in the kitchen")
    publish(reworded, make_editor("sam"), make_editor("sue"))
    assert "tiger in the kitchen" in client.post("/find/", {"text": "tiger"}).content.decode()


def test_the_index_of_a_published_edition_can_be_made_again(encoded: list[str]) -> None:
    FinderIndex.objects.filter(edition=shipped()).update(vectors=b"")
    assert index.refresh(shipped()) == 0
    assert encoded == []
    assert len(FinderIndex.objects.get(edition=shipped()).vectors) > 1_000_000


# Editions of another shape


def test_an_edition_of_three_levels_is_found_in(encoded: list[str]) -> None:
    edition = elsewhere.publish(import_document(elsewhere.northshire()))
    assert closest(edition, "often comes hungry") == "Often comes hungry"
    assert len(encoded) == len(set(texts_of(load.load(edition))))


def test_an_edition_without_sayings_and_ladders_is_found_in() -> None:
    document = elsewhere.northshire() | {"ladders": []}
    for row in document["indicators"]:
        row["sayings"] = []
    edition = import_document(document)
    assert closest(edition, "often comes hungry") == "Often comes hungry"


def test_an_edition_without_indicators_finds_nothing() -> None:
    edition = Edition.objects.get(slug="warwickshire-spectrum")
    assert index.find(TYPED, edition).found == ()
    index.refresh(edition)
    index.forget()
    assert index.find(TYPED, edition).found == ()


def brought_in(document: object, file: Path) -> str:
    file.write_text(json.dumps(document))
    out = io.StringIO()
    call_command("import_edition", str(file), stdout=out)
    return out.getvalue()


def test_what_is_brought_in_is_encoded_and_its_progress_told(
    tmp_path: Path, encoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "A_SECOND", 5)
    told = brought_in(elsewhere.northshire(), tmp_path / "new.json")
    counts = re.findall(r"finder: (\d+) of (\d+)", told)
    texts = len(encoded)
    assert [int(done) for done, _ in counts] == [5, 10, texts]
    index.forget()
    assert closest(Edition.objects.latest("pk"), "often comes hungry") == "Often comes hungry"
    assert len(encoded) == texts


def test_a_known_document_that_is_brought_in_encodes_nothing(
    tmp_path: Path, encoded: list[str]
) -> None:
    document = as_document(shipped())
    document["edition"]["slug"] = "copy"
    brought_in(document, tmp_path / "copy.json")
    assert encoded == []


# No request encodes many


def test_a_request_encodes_no_more_than_it_has_time_for(
    encoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    edition = import_document(unlike_any(lines=10))
    wordings = {sign.text for sign in load.load(edition).indicators}
    monkeypatch.setattr(index, "A_SECOND", len(wordings) + 5)
    assert closest(edition, "often comes hungry") == "Often comes hungry"
    assert wordings < set(encoded) and len(encoded) == len(wordings) + 5
    before = 0
    while len(encoded) > before:
        before = len(encoded)
        index.find("often comes hungry", edition)
        assert len(encoded) <= before + index.A_SECOND
    assert set(encoded) == set(texts_of(load.load(edition)))
    assert len(encoded) == len(set(encoded))
    assert not FinderIndex.objects.filter(edition=edition).exists()


def test_what_is_left_over_is_told_and_encoded_later(encoded: list[str]) -> None:
    edition = import_document(unlike_any(lines=10))
    total = len(set(texts_of(load.load(edition))))
    assert index.refresh(edition, most=30) == total - 30
    told: list[tuple[int, int]] = []
    assert index.refresh(edition, tell=lambda *counts: told.append(counts)) == 0
    assert told[-1] == (total - 30, total - 30)
    assert len(encoded) == total


# Memory


def test_only_so_many_finders_and_editions_stay_in_memory(
    draft: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_finders", Lately(2))
    for edition in (shipped(), draft, Edition.objects.get(slug="warwickshire-spectrum")):
        index.finder_of(edition)
    assert len(index._finders) == 2
    assert index._finders.get(shipped().pk) is None
    assert load._kept.most < 20


def test_what_was_asked_for_last_stays() -> None:
    kept: Lately[int] = Lately(2)
    for name in "ab":
        kept.put(name, ord(name))
    kept.get("a")
    kept.put("c", 1)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (ord("a"), None, 1)


def test_a_vector_in_whole_numbers_is_the_vector() -> None:
    known: index.Known = {}
    index._encode([NEW], known)
    again = index.read(index.as_bytes([NEW], known))
    assert np.array_equal(*(index.vectors_of([NEW], one).whole() for one in (known, again)))
    assert (encoder().meanings([NEW]) * index.vectors_of([NEW], known).whole()).sum() > 0.999
    assert Indicator.objects.exists()
