"""The open pages of the guidance as data: levels, domains, contacts, words."""

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from thresholds.guidance import Domain, Guidance, Indicator, Level, SpecialRoute
from thresholds.models import Area, Link
from thresholds.open_pages import Shown, home, open_page, standing_of


@open_page
def front(request: HttpRequest) -> HttpResponse:
    return render(request, "open/front.html")


@open_page
def levels(request: HttpRequest) -> HttpResponse:
    return render(request, "open/levels.html", {"shown": home()})


@open_page
def level(request: HttpRequest, number: int) -> HttpResponse:
    shown = home()
    found = shown.guidance.level_by_number.get(number)
    if found is None:
        raise Http404(f"There is no level {number}.")
    groups = by_domain(shown.guidance, found)
    signs = [sign for _, signs in groups for sign in signs]
    context = {
        "shown": shown,
        "level": found,
        "groups": groups,
        "domain_links": [(domain.name, domain.code) for domain, _ in groups],
        "count": len(signs),
        "pathways": pathways(shown, found),
        "routes": routes_of(shown.guidance, signs),
    }
    return render(request, "open/level.html", context)


@open_page
def domains(request: HttpRequest) -> HttpResponse:
    return render(request, "open/domains.html", {"shown": home()})


@open_page
def domain(request: HttpRequest, code: str) -> HttpResponse:
    shown = home()
    found = shown.guidance.domain_by_code.get(code)
    if found is None:
        raise Http404(f"There is no domain {code}.")
    groups = by_level(shown.guidance, found)
    signs = [sign for _, signs in groups for sign in signs]
    context = {
        "shown": shown,
        "domain": found,
        "groups": groups,
        "routes": routes_of(shown.guidance, signs),
    }
    return render(request, "open/domain.html", context)


@open_page
def services(request: HttpRequest) -> HttpResponse:
    return render(request, "open/services.html", {"shown": home()})


@open_page
def questions(request: HttpRequest) -> HttpResponse:
    return render(request, "open/questions.html", {"shown": home()})


@open_page
def glossary(request: HttpRequest) -> HttpResponse:
    return render(request, "open/glossary.html", {"shown": home()})


@open_page
def contacts(request: HttpRequest) -> HttpResponse:
    in_use = Prefetch("links", Link.objects.filter(retired_on=None))
    areas = Area.objects.prefetch_related(in_use)
    links = {area.slug: [link_line(link) for link in area.links.all()] for area in areas}
    return render(request, "open/contacts.html", {"links": links})


def by_domain(guidance: Guidance, level: Level) -> list[tuple[Domain, list[Indicator]]]:
    """Return the indicators of `level`, each domain's together."""
    grouped = [(domain, signs_at(guidance, domain, level)) for domain in guidance.domains]
    return [(domain, signs) for domain, signs in grouped if signs]


def by_level(guidance: Guidance, domain: Domain) -> list[tuple[Level, list[Indicator]]]:
    """Return the indicators of `domain`, each level's together."""
    grouped = [(level, signs_at(guidance, domain, level)) for level in guidance.levels]
    return [(level, signs) for level, signs in grouped if signs]


def signs_at(guidance: Guidance, domain: Domain, level: Level) -> list[Indicator]:
    return [
        sign
        for sign in guidance.indicators
        if (sign.domain, sign.level) == (domain.code, level.number)
    ]


def pathways(shown: Shown, level: Level) -> list[dict[str, object]]:
    """Return the steps that each area prints for `level`, never mixed."""
    steps = [(area, shown.guidance.steps_of(area.slug, level.number)) for area in shown.areas]
    return [
        {"area": area.name, "slug": area.slug, "steps": own, "section": own[0].section}
        for area, own in steps
        if own
    ]


def routes_of(guidance: Guidance, signs: list[Indicator]) -> list[SpecialRoute]:
    """Return the special routes that any of `signs` has."""
    codes = {sign.code for sign in signs}
    return [route for route in guidance.special_routes if route.indicators & codes]


def link_line(link: Link) -> dict[str, str]:
    return {
        "name": link.name,
        "kind": link.get_kind_display(),
        "url": link.url,
        "note": link.note,
        "section": link.section,
        "source": link.source,
        "standing": standing_of(link),
    }
