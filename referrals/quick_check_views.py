"""The pages of the quick check, and the one that turns it into a conversation."""

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.defaults import permission_denied

from accounts.models import Agency
from accounts.once import once
from accounts.posted import may_post
from accounts.throttle import TOO_MANY_FINDS, may_find
from referrals import pages, services
from referrals.access import personal, show
from referrals.quick_check import (
    CARRY_SECONDS,
    TEMPLATES,
    Check,
    WorryForm,
    carry_over,
    is_whole,
    read_again,
    sealed,
    unsealed,
)
from referrals.steps import Step
from referrals.views import MAY_RECORD, go_on
from thresholds.load import as_if_in_force
from thresholds.open_pages import Shown, home_area

# It has a path of its own, and so cannot be called __Host-.
COOKIE = "__Secure-quick_check" if settings.SESSION_COOKIE_SECURE else "quick_check"
FRAME = "quick_check/step.html"
TOLD = ("area", "danger", "signs", "judgement", "reading")


# A page of another site may post here: nothing is kept and nothing changes, so there is nothing
# to protect, and the token that protects other forms would be a cookie.
@csrf_exempt
@sensitive_post_parameters()
@never_cache
@may_post
def quick_check(request: HttpRequest) -> HttpResponse:
    """Every page of the quick check. What was answered comes with the page, and leaves with it."""
    check = _read(request.POST)
    if _is_to_be_carried(request, check):
        return _take_along(request, check)
    request.child_area = check.area.slug if check.area else ""  # type: ignore[attr-defined]
    step = check.shown
    if check.guidance.for_reading_only and step.slug != "area":
        is_home = home_area().partnership_id == check.edition.partnership_id
        context = {"area": check.area, "is_home": is_home, **_edition(check)}
        return show(request, "quick_check/reading_only.html", **context)
    worry = check.worry_form if step.slug == "signs" else None
    refused = _finds(worry) and not may_find(request, worry.cleaned_data["worry"])
    if refused:
        worry.add_error("worry", TOO_MANY_FINDS)
    context, status = _context(check, step, worry), 429 if refused else 200
    return show(request, TEMPLATES.get(step.slug, step.template), status, **context)


quick_check.open_to_all = True  # accounts.middleware lets it through


def _read(posted: QueryDict) -> Check:
    try:
        return read_again(posted)
    except ObjectDoesNotExist:
        raise Http404("No guidance is loaded.") from None


def _context(check: Check, step: Step, worry: WorryForm | None) -> dict[str, object]:
    facts = check.facts(worry.cleaned_data["worry"] if _finds(worry) else "")
    form = check.form_of(step)
    return {
        "frame": FRAME,
        "step": step,
        "form": form,
        "worry_form": worry,
        "conversation": facts.conversation,
        "carried": check.carried(step),
        "number": check.slugs.index(step.slug) + 1,
        "total": len(check.steps),
        "previous": _previous(check, step),
        "is_sent_back": check.is_sent_back,
        **_edition(check),
        **pages.beside(step.slug, facts, form),
        **(_result(check) if step.slug == "next-steps" else {}),
    }


def _finds(worry: WorryForm | None) -> bool:
    return worry is not None and worry.is_bound and worry.is_valid()


def _previous(check: Check, step: Step) -> str:
    place = check.slugs.index(step.slug)
    return check.slugs[place - 1] if place else ""


def _result(check: Check) -> dict[str, object]:
    """Return what the last page holds besides the next steps, so that it can be printed alone."""
    facts = check.facts()
    return {
        "read": pages.reading(facts, check.forms["reading"]),
        "rows": facts.rows(*TOLD),
        "today": timezone.localdate(),
    }


def _edition(check: Check) -> dict[str, object]:
    areas = tuple(check.edition.partnership.areas.all())
    return {"shown": Shown(check.edition, check.guidance, areas)}


def _is_to_be_carried(request: HttpRequest, check: Check) -> bool:
    """Say whether it may become a conversation: nothing does that was seen in a preview."""
    asked = "carry" in request.POST and not as_if_in_force.get()
    return asked and is_whole(check) and _is_from_here(request)


def _is_from_here(request: HttpRequest) -> bool:
    """Say whether a page of ours asks for the cookie: no other site shall put answers into it."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"


def _take_along(request: HttpRequest, check: Check) -> HttpResponse:
    """Put what is carried over into a cookie that only its own page gets."""
    address = reverse("quick_check_carry_on")
    response = redirect(address)
    response.set_cookie(
        COOKIE,
        sealed(check),
        max_age=CARRY_SECONDS,
        path=address,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@personal
@may_post
def carry_on(request: HttpRequest) -> HttpResponse:
    """Show what is carried over, and begin a conversation with it when that is asked for."""
    agencies = list(Agency.objects.of(request.user, *MAY_RECORD))
    if not agencies:
        refusal = PermissionDenied("Only practitioners of an agency record conversations.")
        return _without_cookie(request, permission_denied(request, refusal))
    check = unsealed(request.COOKIES.get(COOKIE, ""))
    if check is None or "clear" in request.POST:
        status = 409 if request.method == "POST" and check is None else 200
        page = show(request, "quick_check/nothing_to_carry.html", status, cleared=check)
        return _without_cookie(request, page)
    request.child_area = check.area.slug if check.area else ""  # type: ignore[attr-defined]
    chosen = [agency for agency in agencies if str(agency.pk) == request.GET.get("agency")]
    if request.method == "POST" and (chosen or len(agencies) == 1):
        agency = (chosen or agencies)[0]

        def begin() -> HttpResponse:
            started = carry_over(author=request.user, agency=agency, check=check)
            return go_on(started, services.walk_of(started))

        return _without_cookie(request, once(request, begin))
    return show(
        request,
        "quick_check/carry_on.html",
        rows=check.facts().rows("area", "danger", "signs"),
        agencies=agencies,
        chosen=chosen,
    )


def _without_cookie(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if COOKIE in request.COOKIES:
        response.delete_cookie(COOKIE, path=reverse("quick_check_carry_on"), samesite="Lax")
    return response
