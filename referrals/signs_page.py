"""What the signs page shows: what the person's own words bring to mind, then all signs by domain.

Each sign stands on the page as one checkbox. Wherever else it is named (in its domain, once it
is suggested; or near a sign of the same worry) a link leads to that checkbox. No level stands
beside a choice: what somebody chooses is what they saw, and the reading comes later.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

from referrals import answers
from referrals.fields import StepForm
from referrals.journey import Answers
from referrals.summary import Facts
from thresholds.guidance import Domain, Guidance, Indicator
from thresholds.index import find
from thresholds.ladders import neighbours
from thresholds.lately import Lately
from thresholds.load import EDITIONS
from thresholds.phrases import sentences
from thresholds.search import Answer, Found

# One worry brings few signs to mind; a longer text may tell of several.
OF_ONE_SENTENCE, OF_MORE = 5, 8
# What may come, what was tried and what could be offered: none of it is a sign seen or heard.
NOT_ABOUT_NOW = frozenset({"if-nothing-changes", "previous-support", "what-your-agency-can-offer"})

Signs = tuple[Indicator, ...]


@dataclass(frozen=True)
class Offer:
    """What the guidance alone decides: worked out once.

    `signs` has the sign that is offered for each code, `near` the neighbours of that sign, and
    `domains` the strengths and the worries of each domain.
    """

    guidance: Guidance
    signs: dict[str, Indicator]
    near: dict[str, Signs]
    domains: dict[str, tuple[Signs, Signs]]


_lately: Lately[Offer] = Lately(EDITIONS)


@dataclass(frozen=True)
class Near:
    """A neighbour of a suggested sign. Unless `is_here`, its checkbox stands elsewhere.

    `further` are neighbours of its own that do not stand beside it.
    """

    sign: Indicator
    is_here: bool
    further: Signs = ()


@dataclass(frozen=True)
class Suggestion:
    """A sign, the piece of what was written that brought it, and its neighbours."""

    sign: Indicator
    pieces: tuple[tuple[str, bool], ...]
    near: tuple[Near, ...]


def signs(facts: Facts, form: StepForm) -> dict[str, Any]:
    """Return the suggestions, the domains with their signs, strengths first, and what is ticked."""
    guidance = facts.guidance
    offer = _offer_of(guidance)
    text = own_words(facts.known, guidance)
    most = OF_MORE if len(sentences(text)) > 1 else OF_ONE_SENTENCE
    answer = find(text, facts.conversation.edition, most) if text else Answer()
    suggestions = _suggestions(answer.found, offer.signs, offer.near)
    codes = _values(form, "codes")
    ticked = {offer.signs[code].code for code in codes if code in offer.signs}
    above = _placed(suggestions)
    unknown = set(_values(form, "unknown_domains"))
    domains = [_domain(domain, offer, ticked, above.keys(), unknown) for domain in guidance.domains]
    in_order = above | {sign.code: sign for domain in domains for sign in domain["signs"]}
    return {
        "suggestions": suggestions,
        "left_out": answer.left_out,
        "above": above,
        "near": offer.near,
        "ticked": ticked,
        "chosen": [sign for code, sign in in_order.items() if code in ticked],
        "domains": domains,
    }


def _offer_of(guidance: Guidance) -> Offer:
    kept = _lately.get(id(guidance))
    if kept is None or kept.guidance is not guidance:
        offered = offered_as(guidance)
        near = {code: _near(sign, offered, guidance) for code, sign in offered.items()}
        own: dict[str, tuple[list[Indicator], list[Indicator]]] = {}
        for sign in dict.fromkeys(offered.values()):
            strengths, worries = own.setdefault(sign.domain, ([], []))
            (strengths if sign.code in guidance.strength_codes else worries).append(sign)
        domains = {code: (tuple(first), tuple(then)) for code, (first, then) in own.items()}
        kept = _lately.put(id(guidance), Offer(guidance, offered, near, domains))
    return kept


def own_words(known: Answers, guidance: Guidance) -> str:
    """Return what was written about how the child is now, a paragraph for each question."""
    told = [answers.text(known, "concern", "concern")]
    told += [
        answers.text(known, "questions", question.code)
        for question in guidance.questions
        if question.code not in NOT_ABOUT_NOW
    ]
    return "\n".join(text for text in told if text.strip())


def offered_as(guidance: Guidance) -> dict[str, Indicator]:
    """Return for each code the sign that is offered for it.

    A wording printed at several levels is offered once, in place of all of them.
    """
    first: dict[tuple[str, str], Indicator] = {}
    return {
        sign.code: first.setdefault((sign.domain, sign.shared_key or sign.code), sign)
        for sign in guidance.indicators
    }


def _near(sign: Indicator, offered: dict[str, Indicator], guidance: Guidance) -> Signs:
    """Return the neighbours of a sign as they are offered."""
    others = (offered[other.code] for other in neighbours(sign.code, guidance))
    return tuple(dict.fromkeys(other for other in others if other != sign))


def _suggestions(
    found: Iterable[Found], offered: dict[str, Indicator], near: dict[str, Signs]
) -> list[Suggestion]:
    """Return each sign that was found, once, and its neighbours, each with one checkbox."""
    pieces: dict[str, tuple[tuple[str, bool], ...]] = {}
    for one in found:
        pieces.setdefault(offered[one.indicator.code].code, one.pieces)
    placed = set(pieces)
    suggestions = []
    for code, words in pieces.items():
        beside = {code, *(sign.code for sign in near[code])}
        group = []
        for sign in near[code]:
            further = tuple(other for other in near[sign.code] if other.code not in beside)
            group.append(Near(sign, sign.code not in placed, further))
            placed.add(sign.code)
        suggestions.append(Suggestion(offered[code], words, tuple(group)))
    return suggestions


def _placed(suggestions: Iterable[Suggestion]) -> dict[str, Indicator]:
    """Return the signs whose checkbox stands in the suggestions, by code and in their order."""
    placed: dict[str, Indicator] = {}
    for one in suggestions:
        placed[one.sign.code] = one.sign
        placed |= {near.sign.code: near.sign for near in one.near if near.is_here}
    return placed


def _domain(
    domain: Domain, offer: Offer, ticked: Set[str], above: Set[str], unknown: Set[str]
) -> dict[str, Any]:
    """Return a domain. It is met open where something in it is ticked that stands nowhere else."""
    strengths, worries = offer.domains.get(domain.code, ((), ()))
    chosen = {sign.code for sign in (*strengths, *worries)} & ticked
    return {
        "code": domain.code,
        "name": domain.name,
        "signs": [*strengths, *worries],
        "strengths": strengths,
        "worries": worries,
        "chosen": len(chosen),
        "unknown": domain.code in unknown,
        "open": domain.code in unknown or bool(chosen - above),
    }


def _values(form: StepForm, name: str) -> list[str]:
    return list(form[name].value() or [])
