"""What is wrong with a draft, each in a sentence with the row and where it is mended.

An error stops publication; a warning is for the two editors to judge. Of an edition that can only
be read, without indicators, less is asked: it has no rules, no pathways and no questions.

To retire an indicator is to delete it from the draft. Its rules and routes lose it without a
sound, so the draft is set beside the edition it is based on, and each that lost one is told here:
a warning where it still rests on others, an error where nothing is left.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any

from django.utils import timezone

from guidance_content import column_problems
from guidance_content.draft_rows import Draft, missing, of
from guidance_content.draft_rows import Problem as Problem
from guidance_content.draft_rows import add_link as add_link
from guidance_content.models import Page
from referrals.journey import UNFINISHED
from thresholds import models as m
from thresholds.concern import AGREEMENTS, ELSEWHERE, UNKNOWN_AREA
from thresholds.consent import ALWAYS, SHARED_ANYWAY, SHARED_UNASKED, YOUNG_PERSON, Consent
from thresholds.currency import is_confirmed
from thresholds.next_steps import wrong_conditions
from thresholds.reading import URGENCIES

Kind = m.Rule.Kind
PATHS = {ALWAYS, SHARED_ANYWAY, SHARED_UNASKED, YOUNG_PERSON, *AGREEMENTS}
RECORDS = {"", *(field.name for field in fields(Consent))}
ANSWERS = {
    "danger",
    "significant_harm",
    "assessment",
    "plan_tried",
    "sudden_escalation",
    "agreement",
}
# Rules that say nothing without indicators.
RESTS_ON_INDICATORS = {Kind.OPENS, Kind.HARM}
# Names that the page of the questions has fields of its own by.
TAKEN = {UNFINISHED, "leave", "csrfmiddlewaretoken"}
# An address below /guidance/ that is no page of prose.
NO_PAGE = "questions"
HIGHEST_LEVEL = 20


def problems(edition: m.Edition) -> list[Problem]:
    """Return what is wrong with an edition, what stops its publication first."""
    draft = Draft(edition)
    found = [problem for check in CHECKS for problem in check(draft)]
    if not any(problem.blocks for problem in found):
        found += column_problems.document(draft)
    return sorted(found, key=lambda problem: not problem.blocks)


def blocking(edition: m.Edition) -> list[Problem]:
    return [problem for problem in problems(edition) if problem.blocks]


def unconfirmed_urgent(edition: m.Edition) -> list[m.Contact]:
    """Return the emergency contacts of the edition's areas that nobody vouches for today."""
    today = timezone.localdate()
    urgent = m.Contact.objects.filter(
        area__partnership=edition.partnership_id, purpose=m.Contact.Purpose.URGENT, retired_on=None
    ).select_related("area")
    return [row for row in urgent if not is_confirmed(row.checked_on, row.review_by, today)]


def levels(draft: Draft) -> Iterator[Problem]:
    if not draft.rows(m.Level):
        yield missing(m.Level, draft, "The edition has no levels.")
    for level in draft.rows(m.Level):
        if not 1 <= level.number <= HIGHEST_LEVEL:
            yield of(level, f"The number of a level is 1 or more, and at most {HIGHEST_LEVEL}.")
    if not draft.can_be_worked_with:
        return
    used = {sign.level_id for sign in draft.rows(m.Indicator)}
    for level in draft.rows(m.Level):
        if level.pk not in used:
            yield of(level, f"{level} has no indicators.")
    filled = {sign.domain_id for sign in draft.rows(m.Indicator)}
    for domain in draft.rows(m.Domain):
        if domain.pk not in filled:
            yield of(domain, f"{domain} has no indicators.", blocks=False)


def pathways(draft: Draft) -> Iterator[Problem]:
    if not (draft.can_be_worked_with or draft.rows(m.PathwayStep)):
        return
    there = {(step.area_id, step.level_id) for step in draft.rows(m.PathwayStep)}
    for area in draft.areas:
        for level in draft.rows(m.Level):
            if (area.pk, level.pk) not in there:
                yield missing(m.PathwayStep, draft, f"{area} has no pathway for {level}.")
    own = {area.pk for area in draft.areas}
    for step in draft.rows(m.PathwayStep):
        if step.area_id not in own:
            yield of(step, "Its area belongs to another partnership.")


def wordings(draft: Draft) -> Iterator[Problem]:
    """One wording twice within a level: nobody could tell which was meant."""
    seen: dict[tuple[int, str], m.Indicator] = {}
    for sign in draft.rows(m.Indicator):
        words = (sign.level_id, " ".join(sign.text.split()).casefold())
        if first := seen.get(words):
            yield of(sign, f"{sign.level} has this wording already, as {first.code}: “{sign}”")
        seen.setdefault(words, sign)


def off_ladders(draft: Draft) -> Iterator[Problem]:
    ladders = draft.rows(m.Ladder)
    standing = {sign.pk for ladder in ladders for sign in ladder.indicators.all()}
    for sign in draft.rows(m.Indicator):
        if ladders and sign.pk not in standing:
            yield of(sign, f"It stands on no ladder: “{sign}”", blocks=False)


def rules(draft: Draft) -> Iterator[Problem]:
    own = {area.pk for area in draft.areas}
    for rule in draft.rows(m.Rule):
        for name in ("level", "supports", "opens"):
            number = getattr(rule, name)
            if number is not None and number not in draft.numbers:
                yield of(rule, f"It names level {number}, which the edition does not have.")
        if (rule.kind == Kind.ANSWER or rule.about) and rule.about not in ANSWERS:
            yield of(rule, f"It is about “{rule.about}”, which no step of a conversation asks.")
        if (rule.kind == Kind.URGENCY or rule.urgency) and rule.urgency not in URGENCIES:
            yield of(rule, f"“{rule.urgency}” is no urgency: {', '.join(URGENCIES)}.")
        if rule.kind == Kind.COUNT and (rule.level is None or rule.at_least is None):
            yield of(rule, "A count needs a level and how many indicators.")
        if rule.kind == Kind.OPENS and rule.opens is None:
            yield of(rule, "It names no level to open for discussion.")
        if rule.kind in RESTS_ON_INDICATORS and not rule.indicators.all():
            yield of(rule, "It rests on no indicator.")
        if rule.area_id and rule.area_id not in own:
            yield of(rule, "Its area belongs to another partnership.")
    if not draft.can_be_worked_with:
        return
    if not any(r.kind == Kind.COUNT for r in draft.rows(m.Rule)):
        yield missing(m.Rule, draft, "No rule says how many indicators a level needs.")
    if not any(_hastens(rule) for rule in draft.rows(m.Rule)):
        text = "No rule says that danger now is child protection, and to act now."
        yield missing(m.Rule, draft, text)


def _hastens(rule: m.Rule) -> bool:
    """Say whether danger overrides all by this rule, at any level and everywhere."""
    about_danger = (rule.kind, rule.about, rule.level) == (Kind.ANSWER, "danger", None)
    return about_danger and rule.child_protection and rule.urgency == URGENCIES[-1]


def next_steps(draft: Draft) -> Iterator[Problem]:
    own = {area.pk for area in draft.areas}
    slugs = [area.slug for area in draft.areas]
    for step in draft.rows(m.NextStep):
        for what in wrong_conditions(step.when, draft.numbers, slugs):
            yield of(step, f"When it applies: {what}.")
        if step.area_id and step.area_id not in own:
            yield of(step, "Its area belongs to another partnership.")
    if not draft.can_be_worked_with:
        return
    if not draft.rows(m.NextStep):
        yield missing(m.NextStep, draft, "The edition says nothing to do next.")
        return
    names = {area.slug: str(area) for area in draft.areas}
    names |= {ELSEWHERE: "A child who lives elsewhere", UNKNOWN_AREA: "A place nobody knows"}
    for level in draft.rows(m.Level):
        for slug, name in names.items():
            if not any(_always(step, level.number, slug) for step in draft.rows(m.NextStep)):
                text = f"{name}, {level}: no step applies whatever else is answered."
                yield missing(m.NextStep, draft, text)


def _always(step: m.NextStep, level: int, area: str) -> bool:
    """Say whether a step applies at a level in an area, whatever else is known."""
    here, when = {"level": level, "area": area}, step.when
    if (step.area and step.area.slug != area) or not isinstance(when, dict):
        return False
    return all(
        fact in here and isinstance(values, list) and here[fact] in values
        for fact, values in when.items()
    )


def groups(draft: Draft) -> Iterator[Problem]:
    """Special routes and ladders without indicators, and points of consent on no path."""
    for row in (*draft.rows(m.SpecialRoute), *draft.rows(m.Ladder)):
        if not row.indicators.all():
            yield of(row, "It rests on no indicator.")
    for route in draft.rows(m.SpecialRoute):
        if not route.contact:
            yield of(route, "It has no contact: practitioners are told to ask.", blocks=False)
    for point in draft.rows(m.ConsentPoint):
        if point.path not in PATHS:
            yield of(point, f"“{point.path}” is no path of agreement.")
        if point.records not in RECORDS:
            yield of(point, f"“{point.records}” is nothing that a conversation records.")


def addresses(draft: Draft) -> Iterator[Problem]:
    """Codes that stand for something else where they are used."""
    for question in draft.rows(m.Question):
        if question.code in TAKEN:
            yield of(question, f"“{question.code}” cannot be the code of a question.")
    for page in draft.rows(Page):
        if page.code == NO_PAGE:
            yield of(page, f"/guidance/{NO_PAGE}/ is the page of the questions: take another code.")


def childs_voice(draft: Draft) -> Iterator[Problem]:
    questions = draft.rows(m.Question)
    if questions and not any(question.childs_voice for question in questions):
        yield missing(m.Question, draft, "No question asks for the child’s voice.")


def contacts(draft: Draft) -> Iterator[Problem]:
    """Contacts are the area's: what is wrong with one is mended outside the draft."""
    for area in draft.areas:
        there = list(area.contacts.filter(retired_on=None))
        for contact in there:
            if contact.purpose not in m.Contact.Purpose.values:
                yield of(contact, f"{contact} has no purpose.")
        purposes = {contact.purpose for contact in there}
        wanted = {m.Contact.Purpose.URGENT.value} if draft.can_be_worked_with else set()
        wanted |= {step.contact for step in draft.rows(m.NextStep) if step.contact}
        for purpose in sorted(wanted - purposes):
            label = m.Contact.Purpose(purpose).label if purpose in m.Contact.Purpose else purpose
            yield of(area, f"{area} has no contact for: {label}.", blocks=False)


def retired(draft: Draft) -> Iterator[Problem]:
    """Rules, routes and ladders that lost an indicator that the edition before had."""
    before = draft.edition.based_on
    if before is None:
        return
    codes = {sign.code for sign in draft.rows(m.Indicator)}
    for model in (m.Rule, m.SpecialRoute, m.Ladder):
        lost = _lost(model, before, codes)
        for row in draft.rows(model):
            left = bool(row.indicators.all())
            for sign in lost[row.code] if left else ():
                text = f"It named an indicator that is retired, {sign.code}: “{sign}”"
                yield of(row, text, blocks=False)
    pages = {page.code for page in draft.rows(Page)}
    for page in Page.objects.filter(edition=before).exclude(code__in=pages):
        text = f"The page “{page}” is gone. Links to /guidance/{page.code}/ lead nowhere."
        yield missing(Page, draft, text, blocks=False)


def _lost(model: type[Any], before: m.Edition, codes: set[str]) -> dict[str, list[m.Indicator]]:
    found = defaultdict(list)
    for row in model.objects.filter(edition=before).prefetch_related("indicators"):
        found[row.code] = [sign for sign in row.indicators.all() if sign.code not in codes]
    return found


CHECKS: tuple[Callable[[Draft], Iterable[Problem]], ...] = (
    levels, column_problems.wrong_edition, column_problems.wrong_columns, column_problems.twice,
    column_problems.long_sayings, column_problems.strangers, pathways, wordings, rules, next_steps,
    groups, addresses, childs_voice, contacts, retired, off_ladders,
)  # fmt: skip
