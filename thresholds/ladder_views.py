"""One worry across the levels, all indicators at a glance, and one indicator by itself."""

from collections import Counter

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from thresholds.guidance import Domain, Guidance, Indicator, Ladder, Level
from thresholds.ladders import rungs
from thresholds.open_pages import home, open_page
from thresholds.views import routes_of, signs_at


@open_page
def ladders(request: HttpRequest) -> HttpResponse:
    shown = home()
    context = {"shown": shown, "groups": by_main_domain(shown.guidance)}
    return render(request, "open/ladders.html", context)


@open_page
def ladder(request: HttpRequest, code: str) -> HttpResponse:
    shown = home()
    found = shown.guidance.ladder_by_code.get(code)
    if found is None:
        raise Http404(f"There is no ladder {code}.")
    steps = rungs(found, shown.guidance)
    signs = [sign for own in steps.values() for sign in own]
    context = {
        "shown": shown,
        "ladder": found,
        "groups": [(level, steps[level.number]) for level in strengths_first(shown.guidance)],
        "routes": routes_of(shown.guidance, signs),
    }
    return render(request, "open/ladder.html", context)


@open_page
def grid(request: HttpRequest) -> HttpResponse:
    shown = home()
    guidance = shown.guidance
    levels = strengths_first(guidance)
    rows = [
        (domain, [(level, signs_at(guidance, domain, level)) for level in levels])
        for domain in guidance.domains
    ]
    context = {
        "shown": shown,
        "levels": levels,
        "rows": rows,
        "routes": routes_of(guidance, list(guidance.indicators)),
    }
    return render(request, "open/grid.html", context)


@open_page
def indicator(request: HttpRequest, code: str) -> HttpResponse:
    shown = home()
    guidance = shown.guidance
    found = guidance.by_code.get(code)
    if found is None:
        raise Http404(f"There is no indicator {code}.")
    context = {
        "shown": shown,
        "sign": found,
        "level": guidance.level_by_number[found.level],
        "domain": guidance.domain_by_code[found.domain],
        "same_wording": same_wording(guidance, found),
        "ladders": guidance.ladders_of[code],
        "routes": routes_of(guidance, [found]),
    }
    return render(request, "open/indicator.html", context)


def strengths_first(guidance: Guidance) -> list[Level]:
    return sorted(guidance.levels, key=lambda level: (not level.strengths, level.number))


def by_main_domain(guidance: Guidance) -> list[tuple[Domain, list[Ladder]]]:
    """Return the ladders, each under one domain, so that forty of them can be read."""
    own = {ladder.code: main_domain(guidance, ladder) for ladder in guidance.ladders}
    grouped = [
        (domain, [ladder for ladder in guidance.ladders if own[ladder.code] == domain.code])
        for domain in guidance.domains
    ]
    return [(domain, ladders) for domain, ladders in grouped if ladders]


def main_domain(guidance: Guidance, ladder: Ladder) -> str:
    """Return the domain of most of a ladder's indicators; of equals, that of its gravest."""
    domains = [guidance.by_code[code].domain for code in reversed(ladder.indicators)]
    # A counter keeps the order in which it met things, and of equals gives the first.
    return Counter(domains).most_common(1)[0][0] if domains else guidance.domains[-1].code


def same_wording(guidance: Guidance, sign: Indicator) -> list[Indicator]:
    """Return the indicators of other levels that are worded as `sign`, as worries."""
    if sign.shared_key not in guidance.levels_of_wording:
        return []
    return [
        other
        for other in guidance.indicators
        if other.shared_key == sign.shared_key
        and other.level != sign.level
        and other.code not in guidance.strength_codes
    ]
