"""A partnership elsewhere: its document has three levels, five domains and other names."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from guidance_content import editions
from tests.people import make_person
from thresholds.models import Edition

Row = dict[str, Any]
SOURCE = "Northshire continuum of need, 2026"
DOMAINS = {
    "body": "Body and growth",
    "learning": "Learning",
    "feelings": "Feelings",
    "home": "Home",
    "street": "Friends and streets",
}
SIGNS = (
    ("n01", 1, "body", "Grows as expected"),
    ("n02", 1, "feelings", "Has an adult to talk to"),
    ("n03", 2, "body", "Often comes hungry"),
    ("n04", 2, "learning", "Misses one lesson in ten"),
    ("n05", 2, "feelings", "Often low"),
    ("n06", 2, "home", "Adults quarrel loudly"),
    ("n07", 2, "street", "Out late without a reason"),
    ("n08", 3, "body", "Injury that nobody explains"),
    ("n09", 3, "home", "Violence at home"),
    ("n10", 3, "street", "Gifts from an unknown adult"),
    ("n11", 3, "home", "Adults quarrel loudly"),
)


def northshire() -> Row:
    """Return the whole document, new each time, in the order in which it is written out."""
    return {
        "edition": {
            "slug": "northshire-2026",
            "title": "Continuum of need, 2026",
            "partnership": "Northshire Children’s Alliance",
            "partnership_slug": "northshire",
            "status": "published",
            "source_date": "2026-04-01",
            "note": "",
            "source": SOURCE,
            "owner": "Northshire Children’s Alliance",
            "checked_on": None,
            "review_by": "2027-04-01",
        },
        "areas": [
            {"slug": "north", "name": "North", "council": "North Council", "districts": "Upton"},
            {"slug": "south", "name": "South", "council": "South Council", "districts": ""},
        ],
        "levels": [
            _level(1, "Thriving", strengths=True),
            _level(2, "Needing some help"),
            _level(3, "At risk", is_referral=True),
        ],
        "domains": [
            {"code": code, "name": name, "section": "Part 2"} for code, name in DOMAINS.items()
        ],
        "indicators": [
            {
                "code": code,
                "level": level,
                "domain": domain,
                "text": text,
                "section": "Part 2",
                "heading": DOMAINS[domain],
                "shared_key": "quarrels" if "quarrel" in text else "",
                "sayings": ["always starving", "asks for seconds"] if code == "n03" else [],
            }
            for code, level, domain, text in SIGNS
        ],
        "services": [
            {"level": 2, "name": "Family hub", "section": "Part 3"},
            {"level": 3, "name": "Children’s social care", "section": "Part 3"},
        ],
        "contacts": [
            _contact("north", "urgent", "North front door", "01000 111111"),
            _contact("north", "advice", "North advice line", "01000 222222"),
            _contact("south", "urgent", "South front door", "01000 333333"),
        ],
        "links": [_link("north-form", ["north"]), _link("alliance-site", ["north", "south"])],
        "pathway_steps": [
            {
                "area": area,
                "level": level,
                "step": step,
                "title": f"Step {step}",
                "text": f"What {area} does at level {level}",
                "section": "Part 4",
            }
            for area in ("north", "south")
            for level in (1, 2, 3)
            for step in (1, 2)
        ],
        "questions": [
            _words("voice", "What does the child say?") | {"childs_voice": True},
            _words("family", "What does the family say?") | {"childs_voice": False},
        ],
        "terms": [
            {
                "term": "Front door",
                "acronym": "FD",
                "definition": "Where a council is told of a worry.",
                "section": "Part 5",
            }
        ],
        "consent": [
            _words("ask-first", "Ask the family first.") | {"path": "always", "records": ""},
            _words("why-not", "Why was nobody asked?")
            | {"path": "not_asked", "records": "not_asked_reason"},
        ],
        "special_routes": [
            _words("gifts", "Tell the exploitation team.")
            | {"name": "Exploitation", "contact": "", "indicators": ["n10"]}
        ],
        "rules": [
            _rule("danger", "answer", about="danger", supports=3, opens=3, urgency="now",
                  child_protection=True, would_change="Danger now changes everything."),
            _rule("any-2", "count", level=2, at_least=1, supports=2, opens=2,
                  would_change="A sign of level 2."),
            _rule("any-3", "count", level=3, at_least=1, supports=3, opens=3),
            _rule("none", "count", at_least=0, level=1, supports=1, opens=1),
            _rule("same-words", "shared"),
            _rule("named-harm", "harm", opens=3, indicators=["n08", "n09"]),
            _rule("soon", "urgency", level=3, urgency="without_delay", area="north"),
            _rule("ask-harm", "ask", about="significant_harm", level=3),
        ],
        "next_steps": [
            _words("call-999", "Call 999.")
            | {"area": "", "when": {"danger": ["yes"]}, "due_hours": None, "contact": ""},
            _words("ring", "Ring the front door.")
            | {"area": "", "when": {"level": [3]}, "due_hours": 24, "contact": "urgent"},
            _words("plan", "Make a plan.")
            | {"area": "north", "when": {"level": [1, 2]}, "due_hours": None, "contact": ""},
            _words("own-council", "Ring the council there.")
            | {
                "area": "",
                "when": {"area": ["elsewhere", "unknown", "south"]},
                "due_hours": None,
                "contact": "",
            },
        ],
        "ladders": [
            {
                "code": "home",
                "name": "Home",
                "summary": "How the adults live together.",
                "indicators": ["n06", "n09", "n11"],
            }
        ],
        "pages": [
            {
                "code": "introduction",
                "title": "About this guidance",
                "summary": "What it is.",
                "body": "It **helps** you decide.",
                "section": "Part 1",
            }
        ],
    }  # fmt: skip


def _level(number: int, name: str, strengths: bool = False, is_referral: bool = False) -> Row:
    return {
        "number": number,
        "name": name,
        "description": f"Children who are {name.lower()}",
        "referral_route": "",
        "needs": "",
        "services_note": "",
        "outcome": "",
        "strengths": strengths,
        "is_referral": is_referral,
        "section": "Part 1",
        "heading": "",
    }


def _contact(area: str, purpose: str, name: str, phone: str) -> Row:
    return {
        "area": area,
        "purpose": purpose,
        "name": name,
        "phone": phone,
        "hours": "",
        "url": "",
        "source": SOURCE,
        "checked_on": None,
        "review_by": None,
        "opening": {"times": ["09:00-17:00"]},
    }


def _link(slug: str, areas: list[str]) -> Row:
    return {
        "slug": slug,
        "areas": areas,
        "kind": "form",
        "name": slug,
        "url": f"https://northshire.example/{slug}",
        "note": "",
        "section": "Part 6",
        "source": SOURCE,
        "owner": "",
        "checked_on": None,
        "review_by": None,
    }


def _words(code: str, text: str) -> Row:
    return {"code": code, "text": text, "section": "Part 4"}


def _rule(code: str, kind: str, **more: Any) -> Row:
    return {
        "code": code,
        "kind": kind,
        "text": f"What {code} says",
        "section": "Part 2",
        "about": "",
        "level": None,
        "at_least": None,
        "supports": None,
        "opens": None,
        "child_protection": False,
        "urgency": "",
        "would_change": "",
        "area": "",
        "indicators": [],
    } | more


def publish(draft: Edition) -> Edition:
    """Put a draft in force: one editor proposes it and another approves."""
    one, other = (_editor(name) for name in ("one", "other"))
    today = timezone.localdate()
    proposed = editions.propose(draft=draft, by=one, publish_from=today)
    return editions.approve(draft=proposed, by=other, reason="Nobody here has rung them yet.")


def _editor(name: str) -> User:
    editor = make_person(f"{name}@northshire.example", None)
    editor.is_editor = True
    editor.save()
    return editor
