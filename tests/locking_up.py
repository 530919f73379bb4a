"""Migrates a new database from plain words to locked ones, with words in it. Run by a test.

It is a process of its own, because no test can take the database of all tests back in time.
DATABASE_URL names an empty one.
"""

from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

import django
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

CANARY = "Quetzalcoatl"
WAS = datetime(2025, 11, 20, 17, 10, tzinfo=UTC)
CONTENT = {
    "blocks": [{"slug": "x", "title": "X", "rows": [["Worry", f"{CANARY} naïve"]],
                "table": None, "items": []}],
}  # fmt: skip


class Killed(Exception):
    pass


def to(*targets: tuple[str, str]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets))
    return MigrationExecutor(connection).loader.project_state(list(targets)).apps


def latest() -> list[tuple[str, str]]:
    return list(MigrationExecutor(connection).loader.graph.leaf_nodes())


def fill(apps: Any) -> None:
    """Two drafts, and three records with a word in every place."""
    get = apps.get_model
    partnership = get("thresholds", "Partnership").objects.create(slug="p", name="P")
    edition = get("thresholds", "Edition").objects.create(
        slug="e", title="E", partnership=partnership, source="S", source_date="2019"
    )
    level = get("thresholds", "Level").objects.create(edition=edition, number=1, name="L")
    domain = get("thresholds", "Domain").objects.create(edition=edition, code="d", name="D")
    sign = get("thresholds", "Indicator").objects.create(
        edition=edition, level=level, domain=domain, code="s", text="T"
    )
    person = get("accounts", "User").objects.create(email="a@b.example", name="A")
    agency = get("accounts", "Agency").objects.create(name="A")
    part = lambda model, /, **fields: get("referrals", model).objects.create(**fields)  # noqa: E731
    for danger in ("yes", "no"):
        draft = part("Conversation", author=person, agency=agency, edition=edition, place="x")
        part("Answer", conversation=draft, step="danger", data={"danger": danger})
    for number in range(3):
        done = part(
            "Conversation", author=person, agency=agency, edition=edition, place="x",
            status="recorded", reference=f"TG-{number}", content=CONTENT, recorded_at=WAS,
        )  # fmt: skip
        for step in ("concern", "child"):
            part("Answer", conversation=done, step=step, data={step: f"{CANARY} “{step}”"})
        part(
            "Child", conversation=done, name=f"{CANARY} O’Neil", agency_reference=f"{CANARY}-7",
            born_on=date(2017, 4, 3), siblings=CANARY, due_on=date(2026, 1, 2) if number else None,
        )  # fmt: skip
        part("Sign", conversation=done, indicator=sign, note=CANARY if number else "")
        part("Call", conversation=done, to=CANARY, said=CANARY, called_at=WAS)
        part("Addendum", conversation=done, author=person, text=f"{CANARY} afterthought")
        part("Review", conversation=done, reviewer=person, decision="agree", text=CANARY)
        part("Escalation", conversation=done, author=person, text=CANARY)
        part("FollowUp", conversation=done, kind="plan", due_at=WAS, note=CANARY)
        part(
            "CouncilAnswer", conversation=done, answer="no-reply", answered_on=WAS.date(),
            note=CANARY, noted_by=person,
        )  # fmt: skip


def kill_half_way() -> None:
    """Migrate until some rows of a table are locked and others are not, and fail there."""
    module: Any = import_module("referrals.migrations.0006_lock_what_is_there")
    really, module.AT_ONCE = module.lock_answer, 3
    calls = iter(range(5))

    def lock_answer(row: Any) -> bool:
        if next(calls, None) is None:
            raise Killed
        return bool(really(row))

    module.lock_answer = lock_answer
    try:
        to(("referrals", "0006_lock_what_is_there"))
    except Killed:
        module.lock_answer = really
        return
    raise AssertionError("It was not killed.")


def count_plain() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM referrals_answer WHERE locked = ''")
        return int(cursor.fetchone()[0])


def check() -> None:
    from referrals.finding import has_all_words, key_of
    from referrals.models import Answer, Child, Conversation, FollowUp
    from tests.dumping import dumped

    assert not [place for place, text in dumped() if CANARY.lower() in text.lower()]
    drafts = Conversation.objects.drafts().order_by("pk")
    assert [draft.danger for draft in drafts] == [True, False], "0004 looked into the answers"
    assert [row.content for row in Conversation.objects.recorded()] == [CONTENT] * 3
    assert Answer.objects.filter(step="concern").first().data == {"concern": f"{CANARY} “concern”"}  # type: ignore[union-attr]
    child = Child.objects.latest("pk")
    assert child.name == f"{CANARY} O’Neil" and child.siblings == CANARY
    assert (child.born_on, child.due_on) == (date(2017, 4, 3), date(2026, 1, 2))
    assert all(getattr(child, name) == made[0] for name, made in child.keys().items())
    assert Child.objects.values("born_key").distinct().count() == 1 and key_of(child.name)
    agency = child.conversation.agency_id
    for words, found in (("NAIVE quetzalcoatl", 3), ("afterthought", 3), ("quetzal", 0)):
        assert Conversation.objects.filter(has_all_words(agency, words)).count() == found, words
    for row in Conversation.objects.recorded():
        one = row.addenda.get(), row.reviews.get(), row.escalations.get(), row.calls.get()
        assert all(CANARY in part.text for part in one[:3]) and one[3].to == one[3].said == CANARY
        assert row.council_answers.get().note == FollowUp.objects.get(conversation=row).note
    assert [sign.note for row in Conversation.objects.recorded().order_by("pk")
            for sign in row.signs.all()] == ["", CANARY, CANARY]  # fmt: skip


if __name__ == "__main__":
    django.setup()
    before = [("referrals", "0003_earlier_records_await_review")]
    fill(to(*before, ("accounts", "0002_events_and_invitations")))
    to(("referrals", "0005_room_for_what_is_locked"))
    kill_half_way()
    assert 0 < count_plain() < 8, "it was killed half-way"
    to(*latest())
    check()
    print("All is locked.")
