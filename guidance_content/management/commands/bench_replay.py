"""manage.py bench_replay: how long replaying very many conversations takes, and how much memory.

It works in a scratch database beside the portal's own, which it makes and removes.
"""

import resource
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import perf_counter

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from accounts.models import Agency, User
from guidance_content.exchange import as_document
from guidance_content.importing import import_document
from referrals.models import Answer, Conversation, Sign
from referrals.replay import Facts, Reader, replay
from referrals.services import new_reference
from thresholds.load import load
from thresholds.models import Edition, Indicator

EDITION = "ddscp-2019-12"
PLACES = ("derby", "derbyshire", "elsewhere", "unknown")
AGREEMENTS = ("given", "refused", "unsafe", "not_asked")
KNOWN = ("yes", "no", "unknown")
AT_ONCE = 2000
MOST = 1_000_000


class Command(BaseCommand):
    help = "Replays very many made-up conversations in a scratch database, and prints what it took."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--count", type=int, default=100_000)

    def handle(self, *args: object, count: int, **options: object) -> None:
        if not 1 <= count <= MOST:
            raise CommandError(f"--count is not from 1 to {MOST}.", returncode=2)
        settings.DEBUG = False  # which would keep every query
        name = connection.settings_dict["NAME"]
        # On disk also where tests would use memory: its rows are not the replay's memory.
        connection.settings_dict["TEST"]["NAME"] = scratch_name(str(name))
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            self.measure(count)
        finally:
            connection.creation.destroy_test_db(str(name), verbosity=0)

    def measure(self, count: int) -> None:
        call_command("load_guidance", verbosity=0, stdout=self.stderr)
        draft = changed_draft()
        started = perf_counter()
        for done in build(count):
            self.stderr.write(f"built {done:,} of {count:,}")
        built = perf_counter() - started
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as a database in use has done by itself
        before = memory(peak=False)
        forget_peak()
        started, ticks = perf_counter(), cpu_seconds()
        held: list[float] = []

        def tell(done: int) -> None:
            held.append(memory(peak=False))
            self.stderr.write(f"read {done:,} of {count:,}")

        found = replay(draft, tell=tell)
        took, worked = perf_counter() - started, cpu_seconds() - ticks
        self.stdout.write(
            f"{connection.vendor}: {found.total:,} conversations replayed in {took:.1f} s "
            f"({worked:.1f} s of this process), {found.total / took:,.0f} a second\n"
            f"memory {before:.0f} MB before, {held[0]:.0f} MB at the start, "
            f"{held[len(held) // 2]:.0f} MB in the middle, {held[-1]:.0f} MB at the end, "
            f"{memory(peak=True):.0f} MB at most\n"
            f"{found.changed:,} read differently, {found.still_open:,} of them still open, "
            f"{found.recorded_otherwise:,} recorded otherwise\n"
            f"(building them took {built:.0f} s)"
        )


def scratch_name(name: str) -> str:
    path = Path(name)
    return str(path.with_name("bench_replay.sqlite3")) if path.suffix else f"bench_{name}"


def changed_draft() -> Edition:
    """Return a draft in which every tenth indicator moves a level up, and five are gone."""
    document = as_document(Edition.objects.get(slug=EDITION))
    document["edition"]["slug"] = "bench"
    rows = document["indicators"]
    highest = max(level["number"] for level in document["levels"])
    for row in rows[::10]:
        row["level"] = min(highest, row["level"] + 1)
    gone = {row["code"] for row in rows[7::45]}
    document["indicators"] = [row for row in rows if row["code"] not in gone]
    for name in ("rules", "special_routes", "ladders"):
        for row in document[name]:
            row["indicators"] = [code for code in row["indicators"] if code not in gone]
    return import_document(document)


def build(count: int) -> Iterator[int]:
    """Record `count` conversations straight into the tables; yield how many are there so far."""
    pick = Random(1)  # noqa: S311 (nothing secret)
    agency = Agency.objects.create(name="Bench", kind=Agency.Kind.SCHOOL)
    author = User.objects.create_user("bench@example.org", name="Bench")
    edition = Edition.objects.select_related("partnership").get(slug=EDITION)
    reader = Reader(load(edition))
    signs = dict(Indicator.objects.filter(edition=edition).values_list("code", "pk"))
    for start in range(0, count, AT_ONCE):
        facts = [some_facts(pick, sorted(signs)) for _ in range(min(AT_ONCE, count - start))]
        made = Conversation.objects.bulk_create(
            conversation_of(pick, reader, each, agency, author, edition) for each in facts
        )
        both = list(zip(made, facts, strict=True))
        Sign.objects.bulk_create(
            Sign(conversation=done, indicator_id=signs[code])
            for done, each in both
            for code in each.codes
        )
        Answer.objects.bulk_create(
            Answer(conversation=done, step=step, data=data)
            for done, each in both
            for step, data in answers_of(each).items()
        )
        yield start + len(made)


def some_facts(pick: Random, codes: list[str]) -> Facts:
    answers = {
        "danger": "yes" if pick.random() < 0.05 else "unknown",
        "agreement": pick.choice(AGREEMENTS),
        "significant_harm": pick.choice(KNOWN),
        "assessment": pick.choice(KNOWN),
        "plan_tried": pick.choice(KNOWN),
        "sudden_escalation": pick.choice(KNOWN),
    }
    chosen = frozenset(pick.sample(codes, pick.choice((1, 1, 2, 2, 3, 4, 6, 12))))
    return Facts(pick.choice(PLACES), chosen, tuple(sorted(answers.items())))


def conversation_of(
    pick: Random, reader: Reader, facts: Facts, agency: Agency, author: User, edition: Edition
) -> Conversation:
    outcome, told = reader.read(facts), dict(facts.answers)
    return Conversation(
        agency=agency,
        author=author,
        edition=edition,
        place=facts.place,
        status=Conversation.Status.RECORDED,
        recorded_at=timezone.now(),
        reference=new_reference(),
        read_level=outcome.level,
        read_up_to=outcome.up_to,
        agreement=told["agreement"],
        danger=told["danger"] == "yes",
        review_state=pick.choice(Conversation.ReviewState.values),
        reaches_leads=True,
        content={"blocks": ["A line of the summary. " * 4] * 40},
    )


def answers_of(facts: Facts) -> dict[str, dict[str, object]]:
    """Return what is saved of the steps, the longer ones among them."""
    told = dict(facts.answers)
    in_place = {name: told[name] for name in ("assessment", "plan_tried", "sudden_escalation")}
    return {
        "area": {"place": facts.place},
        "concern": {"concern": "What was seen, heard and said. " * 20},
        "signs": {"codes": sorted(facts.codes), "unknown_domains": []},
        "in-place": in_place | {"discussed": "yes", "discussed_with": "A colleague"},
        "judgement": {"level": "2", "reason": "Two agencies are needed."},
        "reading": {"significant_harm": told["significant_harm"], "seen": sorted(facts.codes)},
    }


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory(peak: bool) -> float:
    """Return how many MB this process holds, or held at most."""
    wanted = "VmHWM" if peak else "VmRSS"
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(wanted):
            return int(line.split()[1]) / 1024
    return 0.0


def forget_peak() -> None:
    """Let the peak be counted from now on."""
    Path("/proc/self/clear_refs").write_text("5")
