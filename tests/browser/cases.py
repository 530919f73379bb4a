"""The children of these tests, what is answered about them, and what the edition says."""

import json
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.settings import FIXTURE_DIRS
from tests.browser.person import Answers, squash

LONDON = ZoneInfo("Europe/London")
YESTERDAY = datetime.now(LONDON).date() - timedelta(days=1)
CALLED_AT = datetime.combine(YESTERDAY, time(17, 10), LONDON)
DUE_HOURS = 48


def rows(fixture: str, model: str) -> list[dict]:
    path = FIXTURE_DIRS[0] / f"{fixture}.json"
    return [row["fields"] for row in json.loads(path.read_text()) if row["model"] == model]


EDITION = rows("ddscp-2019-12", "thresholds.edition")[0]
SIGNS = {row["code"]: row for row in rows("ddscp-2019-12", "thresholds.indicator")}
LEVELS = {row["number"]: row for row in rows("ddscp-2019-12", "thresholds.level")}
AREAS = {row["slug"]: row for row in rows("ddscp-2019-12", "thresholds.area")}
NEXT_STEPS = {row["code"]: row for row in rows("ddscp-2019-12-rules", "thresholds.nextstep")}
VOICE = next(
    row["code"] for row in rows("ddscp-2019-12", "thresholds.question") if row["childs_voice"]
)


def contacts(area: str) -> list[dict]:
    return [row for row in rows("ddscp-2019-12", "thresholds.contact") if row["area"] == [area]]


def phones(area: str) -> set[str]:
    return {squash(row["phone"]) for row in contacts(area) if row["phone"]}


def urgent_phone(area: str) -> str:
    return next(row["phone"] for row in contacts(area) if row["purpose"] == "urgent")


def marks(area: str) -> set[str]:
    """The numbers, teams and addresses that belong to one area alone."""
    parts = {row[key] for row in contacts(area) for key in ("phone", "name", "url")}
    return {squash(part) for part in parts if part}


def seen_by(*signs: str) -> dict[str, str]:
    notes = {f"note_{code}": f"Noted about {code}: three mornings this week" for code in signs}
    return {**{f"seen_by_{code}": "me" for code in signs}, **notes}


CHILD = {
    "name": "Amina Zephyrine",
    "born_on": datetime(2017, 4, 3).date(),
    "siblings": "Brother, about four",
}
CONCERN = {
    "concern": "She came in without breakfast for the third day. She said: “Mum was asleep "
    "so I did my own hair.”"
}
LATE = "She told her teacher something else after school today."
WISHES = "She wants her gran to pick her up on Fridays."
CALL = {
    "made": "yes",
    "to_whom": "council",
    "to": "Sam at the duty desk",
    "on": CALLED_AT.date(),
    "at": CALLED_AT.strftime("%H:%M"),
    "said": "They asked for a written referral.",
}
IN_PLACE = {
    "services_now": "School nurse since spring",
    "assessment": "no",
    "plan_tried": "no",
    "sudden_escalation": "no",
    "discussed": "yes",
    "discussed_with": "Liam Birch, this morning",
    "advice": "Write it down today",
}
AGREED = {
    "agreement": "given",
    "given_by": "parent",
    "given_how": "spoken",
    "given_on": YESTERDAY,
}
SHARED = {"shares": "yes", "basis": "To keep her safe from harm.", "family_told": "yes"}
FAMILY = {
    "address": "1 Example Road",
    "household": "Mum, Amina, her brother",
    "language": "English and Somali",
    "interpreter": "no",
    "gp": "Example Surgery",
}
ALWAYS = {**CHILD, **CONCERN, **IN_PLACE, VOICE: WISHES}


@dataclass(frozen=True)
class Case:
    """One child's conversation, and the width of the window in which it is recorded.

    Answers are by the name of their field, whichever page asks it.
    """

    width: int
    answers: Answers

    @property
    def signs(self) -> list[str]:
        return list(self.answers["codes"])


DERBY_DANGER = Case(
    320,
    {
        **ALWAYS,
        "place": "derby",
        "danger": "yes",
        **CALL,
        "codes": ["dd157", "dd104"],
        **seen_by("dd157", "dd104"),
        "level": "4",
        "reason": "She is hurt and nobody explains how.",
        "plan": "Stay with her until the social worker comes.",
        "agreement": "unsafe",
        "not_asked_reason": "Asking would put her at risk tonight.",
        "advice_from": "Liam Birch, safeguarding lead",
        "advice_outcome": "Call first, ask later.",
        "what_shared": "All of it was shared by telephone.",
        **SHARED,
        "family_told": "unsafe",
        **FAMILY,
    },
)
DERBYSHIRE_REFUSED = Case(
    1280,
    {
        **ALWAYS,
        "place": "derbyshire",
        "danger": "no",
        "made": "no",
        "codes": ["dd104", "dd124", "dd128"],
        "unknown_domains": ["specific-issues"],
        **seen_by("dd104", "dd124", "dd128"),
        "level": "3",
        "reason": "Several agencies are needed together.",
        "significant_harm": "no",
        "plan": "Meet mum again on Monday.",
        "agreement": "refused",
        "advice_from": "Head teacher Bartholomew",
        "advice_outcome": "Approved: refer all the same.",
        **SHARED,
        "service_told": "yes",
        **FAMILY,
    },
)
LEVEL_2 = Case(
    768,
    {
        **ALWAYS,
        "place": "derby",
        "danger": "no",
        "made": "no",
        "assessment": "yes",
        "codes": ["dd034", "dd001"],
        **seen_by("dd034", "dd001"),
        "level": "2",
        "reason": "Some extra help will do.",
        "plan": "Breakfast club from Monday.",
        **AGREED,
        **SHARED,
    },
)
# The longest way that a Level 2 conversation can take: a sign of harm, and nobody asked yet.
LEVEL_2_LONGEST = Case(
    768,
    {
        **LEVEL_2.answers,
        "codes": ["dd058"],
        **seen_by("dd058"),
        "significant_harm": "no",
        "agreement": "not_asked",
        "not_asked_reason": "Mum comes in on Monday.",
    },
)
LEVEL_1 = Case(
    320,
    {
        **ALWAYS,
        "place": "derbyshire",
        "danger": "no",
        "made": "no",
        "codes": ["dd001"],
        "unknown_domains": ["education-learning"],
        **seen_by("dd001"),
        "level": "1",
        "reason": "The school can give what she needs.",
        "plan": "Breakfast club from Monday.",
        **AGREED,
        "shares": "no",
    },
)
ELSEWHERE_DANGER = Case(
    1280,
    {
        **ALWAYS,
        "place": "elsewhere",
        "danger": "yes",
        **CALL,
        "codes": ["dd157"],
        **seen_by("dd157"),
        "level": "2",
        "reason": "One bruise, and it has been explained.",
        "difference": "I have known this family for six years.",
        "plan": "Ring again tonight.",
        "agreement": "not_asked",
        "not_asked_reason": "There has been no time to ask.",
        **SHARED,
        **FAMILY,
    },
)
CASES = {
    "derby-danger": DERBY_DANGER,
    "derbyshire-refused": DERBYSHIRE_REFUSED,
    "level-2": LEVEL_2,
    "level-1": LEVEL_1,
    "elsewhere-danger": ELSEWHERE_DANGER,
}
