"""What a draft would change for what is recorded: counts alone, and small ones hidden.

An editor sees no conversations. Which of them are still open is for their leads
(referrals/replay_views.py).

Very many conversations take longer than a web server lets one request take. So they are read in
sittings of a few seconds: the page says how far it came, and goes on when asked to. What was
found so far is kept meanwhile; it is counts, and nothing is written.
"""

from collections import Counter
from collections.abc import Iterable
from math import ceil
from time import monotonic
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.models import Event, User
from accounts.posted import may_post
from guidance_content.content import digest
from guidance_content.editors import for_editors
from guidance_content.kept import KEPT_SECONDS
from referrals.replay import Replay, conversations_of, replay
from referrals.small_numbers import LEAST, Row, Table, safe, shown_total
from thresholds.drafts import tell
from thresholds.guidance import Guidance
from thresholds.load import load
from thresholds.models import Edition, Indicator

# Seconds. Gunicorn ends a request after thirty.
SITTING = 8
# Conversations a second, on a slow machine: only to say beforehand how long it may take.
SPEED = 2000
COUNTED = ("rules", "indicators", "retired")


@may_post
@for_editors
def edition_replay(request: HttpRequest, slug: str) -> HttpResponse:
    """Say how long it takes, and then do it, sitting by sitting."""
    edition = get_object_or_404(Edition.objects.select_related("partnership"), slug=slug)
    total = conversations_of(edition).count()
    guidance = load(edition)
    context: dict[str, object] = {
        "edition": edition,
        "total": shown_total(total),
        "seconds": max(1, ceil(total / SPEED)),
        "sitting": SITTING,
        "can_be_read": not guidance.for_reading_only,
    }
    if request.method == "POST" and not guidance.for_reading_only:
        found = sit(request.user, edition, goes_on="go_on" in request.POST)
        if found.is_whole:
            context |= {"tables": tables_of(found, guidance), "total": shown_total(found.total)}
        else:
            context |= {"done": shown_total(found.total), "share": 100 * found.total // total}
    return render(request, "editors/replay.html", context)


def sit(user: User, edition: Edition, *, goes_on: bool) -> Replay:
    """Return what was found by the end of one more sitting, or of the first.

    It begins anew where the edition was changed, or what was found is no longer kept. The first
    one is an event.
    """
    key = f"replay:{user.pk}:{edition.pk}"
    now = digest(edition)
    before, kept = (cache.get(key) if goes_on else None) or ("", {})
    found = unpacked(kept) if before == now else None
    if found is None or found.is_whole:
        found = None
        tell(Event.Verb.OPENED, edition, user, "replay")
    ends = monotonic() + SITTING
    found = replay(edition, found, enough=lambda: monotonic() > ends)
    cache.set(key, (now, packed(found)), KEPT_SECONDS)
    return found


def packed(found: Replay) -> dict[str, object]:
    """Return what was found as the cache can keep it: pairs of levels are no keys there."""
    return vars(found) | {"levels": [[*pair, number] for pair, number in found.levels.items()]}


def unpacked(kept: dict[str, Any]) -> Replay:
    counters = {name: Counter(kept[name]) for name in COUNTED}
    counters["levels"] = Counter({(one, other): number for one, other, number in kept["levels"]})
    return Replay(**kept | counters)


def tables_of(found: Replay, guidance: Guidance) -> list[Table]:
    """Return the counts as tables in which no small one can be worked out.

    What led where is shown only of those that read differently, and only when they are not few:
    the table before it tells how many they are.
    """
    differ = {pair: n for pair, n in found.levels.items() if pair[0] != pair[1]}
    moved = sum(differ.values())
    tables = [safe(_levels(found.total, moved), found.total)]
    if moved >= LEAST:
        rows = tuple(
            Row(f"From level {before} to level {after}", number)
            for (before, after), number in sorted(differ.items())
        )
        counted = "Conversations that would read at another level."
        tables.append(
            safe(Table("moves", "From which level to which", counted, "Levels", rows), moved)
        )
    tables.append(safe(_kinds(found, moved), found.total))
    if found.changed >= LEAST:
        tables += _causes(found, guidance)
    retired = _counted(
        "retired", "Signs that this edition lacks", "Indicator", found.retired,
        words_of(found.retired),
    )  # fmt: skip
    tables.append(safe(retired, found.total))
    return [table for table in tables if table.rows]


def words_of(codes: Iterable[str]) -> dict[str, str]:
    """Return the words of indicators by code, from the latest edition that has each."""
    found = Indicator.objects.filter(code__in=list(codes)).order_by("edition")
    return dict(found.values_list("code", "text"))


def _levels(total: int, moved: int) -> Table:
    rows = (Row("The same level", total - moved), Row("Another level", moved))
    return Table("levels", "Levels", "Every recorded conversation.", "It would read", rows)


def _kinds(found: Replay, moved: int) -> Table:
    rows = (
        Row("The level", moved, elsewhere=True),
        Row("The highest level to discuss", found.up_to),
        Row("Whether it is child protection", found.child_protection),
        Row("How urgent it is", found.urgency),
    )
    counted = "A conversation can be in several rows."
    return Table("kinds", "What would be different", counted, "Difference", rows, overlaps=True)


def _causes(found: Replay, guidance: Guidance) -> list[Table]:
    rules = {rule.code: f"{rule.code}: {rule.text}" for rule in guidance.rules}
    signs = {sign.code: f"{sign.code}: {sign.text}" for sign in guidance.indicators}
    return [
        safe(table, found.changed)
        for table in (
            _counted("rules", "Rules that make the difference", "Rule", found.rules, rules),
            _counted(
                "signs", "Signs that make the difference", "Indicator", found.indicators, signs
            ),
        )
    ]


def _counted(
    slug: str, title: str, heading: str, counts: Counter[str], words: dict[str, str]
) -> Table:
    rows = tuple(Row(words.get(code, code), counts[code]) for code in sorted(counts))
    counted = "A conversation can be in several rows."
    return Table(slug, title, counted, heading, rows, overlaps=True)
