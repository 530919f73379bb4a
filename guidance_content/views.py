"""The open pages of prose, of other areas' guidance, and about the portal itself."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from guidance_content.models import Page
from guidance_content.prose import render_prose, split_title
from referrals.quick_check_views import COOKIE
from thresholds.models import Area
from thresholds.open_pages import Shown, home, open_page, other_areas, shown_in


@open_page
def guidance(request: HttpRequest) -> HttpResponse:
    shown = home()
    context = {"shown": shown, "pages": pages_of(shown), "other_areas": other_areas()}
    return render(request, "open/guidance.html", context)


@open_page
def guidance_page(request: HttpRequest, code: str) -> HttpResponse:
    return _prose(request, home(), code, None)


@open_page
def area_guidance(request: HttpRequest, slug: str) -> HttpResponse:
    area = _other_area(request, slug)
    shown = shown_in(area)
    context = {"shown": shown, "area": area, "pages": pages_of(shown)}
    return render(request, "open/area.html", context)


@open_page
def area_page(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    area = _other_area(request, slug)
    return _prose(request, shown_in(area), code, area)


@open_page
def about(request: HttpRequest, name: str) -> HttpResponse:
    """A page about the portal itself, kept as Markdown with the templates."""
    title, body = split_title(text_of(name))
    return render(request, "open/about.html", {"title": title, "body": render_prose(body)})


def text_of(name: str) -> str:
    """Return the Markdown of such a page, with the names that cookies have in these settings."""
    path = settings.BASE_DIR / "templates" / "site" / f"{name}.md"
    text = path.read_text(encoding="utf-8").replace("(session)", settings.SESSION_COOKIE_NAME)
    return text.replace("(csrf)", settings.CSRF_COOKIE_NAME).replace("(carried)", COOKIE)


def pages_of(shown: Shown) -> list[Page]:
    return list(Page.objects.filter(edition=shown.edition))


def _prose(request: HttpRequest, shown: Shown, code: str, area: Area | None) -> HttpResponse:
    page = get_object_or_404(Page, edition=shown.edition, code=code)
    context = {"shown": shown, "page": page, "area": area, "body": render_prose(page.body)}
    return render(request, "open/prose.html", context)


def _other_area(request: HttpRequest, slug: str) -> Area:
    """Return an area that has pages of its own, with no other area's telephone numbers."""
    area = next((area for area in other_areas() if area.slug == slug), None)
    if area is None:
        raise Http404(f"{slug} has no guidance of its own.")
    request.child_area = area.slug
    return area
