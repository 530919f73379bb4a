"""What an editor does to the indicators of a draft: reword, move, put in order, add and retire.

Each is one transaction with its event, and withdraws a proposal (thresholds.drafts.changing).
Which columns were changed is kept by the admin's history, as for every other row of a draft.
"""

import json
import re
from hashlib import sha256
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry

from accounts.models import User
from guidance_content.contacts import Overtaken
from thresholds.drafts import changing
from thresholds.models import Edition, Indicator, Ladder, Rule, Sayings, SpecialRoute
from thresholds.row_admin import code_of

Values = dict[str, Any]
COLUMNS = ("level", "domain", "text", "section", "heading", "shared_key")
FIRST = "first"
NAMING = {"rules": Rule, "routes": SpecialRoute, "ladders": Ladder}
ENDS_IN_NUMBER = re.compile(r"(.*?)(\d+)")


def signs_of(edition: Edition) -> list[Indicator]:
    """Return the indicators of an edition in their order, with level and domain."""
    found = Indicator.objects.filter(edition=edition).select_related("level", "domain", "edition")
    return list(found.order_by("position", "pk"))


def digest(sign: Indicator) -> str:
    """Return what tells whether an indicator is as it was looked at. Its place does not count."""
    told = [str(getattr(sign, name)) for name in COLUMNS]
    return sha256(json.dumps(told).encode()).hexdigest()


def folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def same_words(edition: Edition, text: str, but: Indicator | None = None) -> list[Indicator]:
    """Return the other indicators of an edition that are worded like this."""
    wanted = folded(text)
    return [s for s in signs_of(edition) if folded(s.text) == wanted and s != but]


def said_alike(sign: Indicator) -> list[Indicator]:
    """Return the other indicators that the reading takes for the same worry, level by level."""
    if not sign.shared_key:
        return []
    others = signs_of(sign.edition)
    return [o for o in others if o.shared_key == sign.shared_key and o != sign]


def siblings(sign: Indicator) -> list[Indicator]:
    """Return the other indicators of its level and domain, in their order."""
    here = (sign.level_id, sign.domain_id)
    return [s for s in signs_of(sign.edition) if (s.level_id, s.domain_id) == here and s != sign]


def named_by(sign: Indicator) -> dict[str, list[tuple[Any, int]]]:
    """Return each rule, route and ladder that names it, and how many others that one rests on."""
    return {
        name: [
            (row, row.indicators.exclude(pk=sign.pk).count())
            for row in model.objects.filter(edition=sign.edition, indicators=sign)
        ]
        for name, model in NAMING.items()
    }


def free_code(edition: Edition) -> str:
    """Return the next code in the draft's own fashion, which no edition of it ever had."""
    every = Indicator.objects.filter(edition__partnership=edition.partnership_id)
    codes = set(every.values_list("code", flat=True))
    own = [sign.code for sign in signs_of(edition)]
    found = [match for code in own[::-1] if (match := ENDS_IN_NUMBER.fullmatch(code))]
    stem, digits = found[0].groups() if found else ("i", "000")
    numbers = [
        int(match[2])
        for code in codes
        if (match := ENDS_IN_NUMBER.fullmatch(code)) and match[1] == stem
    ]
    number = max(numbers, default=0) + 1
    while (code := f"{stem}{number:0{len(digits)}d}") in codes:
        number += 1
    return code


def change_sign(
    *, sign: Indicator, read: str, values: Values, place: str, alike: bool, by: User
) -> set[str]:
    """Write the values; return the names of what changed. `place` is "" for where it is.

    `alike` says whether it still means the same as those worded like it at other levels. Raises
    NotEditor, PublishedEdition, Overtaken, and Indicator.DoesNotExist for one that is gone.
    """
    with changing(sign.edition, by=by, what=code_of(sign)) as draft:
        sign = Indicator.objects.select_related("level", "domain").get(pk=sign.pk)
        if digest(sign) != read:
            raise Overtaken
        before = {name: getattr(sign, name) for name in COLUMNS}
        for name, value in values.items():
            setattr(sign, name, value)
        sign.shared_key = _shared(draft, sign, alike)
        changed = {name for name in COLUMNS if getattr(sign, name) != before[name]}
        sign.save()
        if changed & {"level", "domain"}:
            _put(draft, sign, "")
        elif place:
            _put(draft, sign, place)
            changed.add("position")
        if not changed:
            raise NothingChanged
        _log(sign, by, CHANGE, [{"changed": {"fields": sorted(changed)}}])
    return changed


class NothingChanged(Exception):
    """It was as it is. No proposal is withdrawn, and no event written."""


def add_sign(*, draft: Edition, code: str, values: Values, by: User) -> Indicator:
    """Add an indicator at the end of its level and domain. An empty code is given by the system.

    Raises NotEditor, PublishedEdition, and IntegrityError for a code that is taken.
    """
    code = code or free_code(draft)
    sign = Indicator(edition=draft, code=code, **values)
    with changing(draft, by=by, what=code_of(sign)) as locked:
        last = max((s.position for s in signs_of(locked)), default=0)
        sign.edition, sign.position = locked, last + 1
        sign.shared_key = _shared(locked, sign, True)
        sign.save(force_insert=True)
        _put(locked, sign, "")
        _log(sign, by, ADDITION, [{"added": {}}])
    return sign


def retire_sign(*, sign: Indicator, read: str, by: User) -> None:
    """Take it out of the draft. Its rules, routes and ladders lose it. Raises as change_sign."""
    with changing(sign.edition, by=by, what=code_of(sign)):
        sign = Indicator.objects.get(pk=sign.pk)
        if digest(sign) + naming_digest(sign) != read:
            raise Overtaken
        _log(sign, by, DELETION, "")
        sign.delete()


def naming_digest(sign: Indicator) -> str:
    """Return what tells whether other rows name an indicator since it was looked at."""
    told = {name: [row.code for row, _ in rows] for name, rows in named_by(sign).items()}
    told["sayings"] = list(Sayings.objects.filter(indicator=sign).values_list("lines", flat=True))
    return sha256(json.dumps(told).encode()).hexdigest()


def _shared(draft: Edition, sign: Indicator, alike: bool) -> str:
    """Return the key that it shares with what is worded alike at other levels, "" for none.

    One wording at several levels must never lead to the highest by itself, so what is worded
    alike is one worry to the reading, without an editor having to know of it.
    """
    if sign.shared_key and alike:
        return sign.shared_key
    others = same_words(draft, sign.text, but=sign if sign.pk else None)
    elsewhere = [other for other in others if other.level_id != sign.level_id]
    if not elsewhere:
        return ""
    key = next((o.shared_key for o in elsewhere if o.shared_key), elsewhere[0].code)
    for other in elsewhere:
        if not other.shared_key:
            Indicator.objects.filter(pk=other.pk).update(shared_key=key)
    return key


def _put(draft: Edition, sign: Indicator, place: str) -> None:
    """Put it first, after the one with this code, or ("") last of its level and domain."""
    every = [other for other in signs_of(draft) if other.pk != sign.pk]
    here = [s for s in every if (s.level_id, s.domain_id) == (sign.level_id, sign.domain_id)]
    if not here:
        return
    if place == FIRST:
        at = every.index(here[0])
    else:
        after = next((other for other in here if other.code == place), here[-1])
        at = every.index(after) + 1
    every.insert(at, sign)
    moved = []
    for position, other in enumerate(every, start=1):
        if other.position != position:
            other.position = position
            moved.append(other)
    Indicator.objects.bulk_update(moved, ["position"], batch_size=200)


def _log(sign: Indicator, by: User, flag: int, message: object) -> None:
    LogEntry.objects.log_actions(
        user_id=by.pk,
        queryset=[sign],
        action_flag=flag,
        change_message=message,
        single_object=True,
    )
