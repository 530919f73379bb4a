"""The pages on which editors find, reword, move, order, add and retire a draft's indicators."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.once import once
from accounts.posted import posted, typed
from guidance_content import signs as services
from guidance_content.contacts import Overtaken
from guidance_content.edition_acts import NOT_A_DRAFT, find, gone, may_post
from guidance_content.edition_state import done_to
from guidance_content.editors import for_editors
from guidance_content.sign_forms import AddSignForm, ChangeSignForm, RetireSignForm
from thresholds.models import Domain, Edition, Indicator, Level, Sayings
from thresholds.published import PublishedEdition

LONGEST_QUESTION = 200
Groups = list[tuple[Level, list[tuple[Domain, list[Indicator]]]]]


@require_safe
@for_editors
def sign_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All of them by level and domain; or those found by all words of a question, or by code."""
    edition = find(slug)
    if edition is None:
        return gone(request, slug)
    asked = " ".join(request.GET.get("q", "").split())[:LONGEST_QUESTION]
    every = services.signs_of(edition)
    found = [sign for sign in every if fits(sign, asked)]
    context = {
        "edition": edition,
        "is_draft": _is_draft(edition),
        "asked": asked,
        "found": len(found),
        "number": len(every),
        "groups": grouped(edition, found, keep_empty=not asked),
    }
    return render(request, "editors/editions/signs.html", context)


def fits(sign: Indicator, asked: str) -> bool:
    words = asked.casefold().split()
    text = sign.text.casefold()
    return all(word in text for word in words) or sign.code.startswith(asked.casefold())


def grouped(edition: Edition, signs: list[Indicator], keep_empty: bool) -> Groups:
    """Return the indicators by level, and there by domain. Empty groups are to be added to."""
    levels = list(Level.objects.filter(edition=edition))
    domains = list(Domain.objects.filter(edition=edition))
    found: dict[tuple[int, int], list[Indicator]] = {}
    for sign in signs:
        found.setdefault((sign.level_id, sign.domain_id), []).append(sign)
    groups = []
    for level in levels:
        own = [(domain, found.get((level.pk, domain.pk), [])) for domain in domains]
        own = own if keep_empty else [(domain, signs) for domain, signs in own if signs]
        if own:
            groups.append((level, own))
    return groups


@may_post
@for_editors
def sign_add(request: HttpRequest, slug: str) -> HttpResponse:
    edition = find(slug)
    if edition is None:
        return gone(request, slug)
    return once(request, lambda: _add(request, slug, edition))


def _add(request: HttpRequest, slug: str, edition: Edition) -> HttpResponse:
    form = AddSignForm(posted(request), draft=edition, initial=_beside(edition, request))
    if not form.is_valid() or not _is_draft(edition):
        return _show(request, "sign_form", edition, form)
    given = {"code": form.cleaned_data["code"], "values": form.values()}
    try:
        sign = services.add_sign(draft=edition, by=request.user, **given)
    except (PublishedEdition, ObjectDoesNotExist):
        return _again(request, slug, form)
    except IntegrityError:
        form.add_error("code", "Another editor has just used this code. Choose another")
        return _show(request, "sign_form", edition, form, 409)
    messages.success(request, f"Indicator {sign.code} is added to the draft.{_alike(sign)}")
    return _back(sign)


def _beside(edition: Edition, request: HttpRequest) -> dict[str, Any]:
    """Return the level and domain that were asked for, and where the others there are printed."""
    level = Level.objects.filter(edition=edition, pk=_number(request.GET.get("level"))).first()
    domain = Domain.objects.filter(edition=edition, pk=_number(request.GET.get("domain"))).first()
    others = Indicator.objects.filter(edition=edition)
    beside = others.filter(level=level, domain=domain).last() or others.last()
    found = {"section": beside.section if beside else ""}
    if beside and (beside.level, beside.domain) == (level, domain):
        found["heading"] = beside.heading
    return found | {"level": level, "domain": domain}


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 18 else 0


@may_post
@for_editors
def sign_change(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    def do(sign: Indicator, form: ChangeSignForm) -> str:
        given = form.cleaned_data
        changed = services.change_sign(
            sign=sign,
            read=given["read"],
            values=form.values(),
            place=given["place"],
            alike=given.get("alike", False),
            by=request.user,
        )
        sign.refresh_from_db()
        done = "moved" if changed & {"level", "domain", "position"} else "changed"
        return f"Indicator {sign.code} is {done} in the draft.{_alike(sign)}"

    return _act(request, slug, code, ChangeSignForm, "sign_form", do)


@may_post
@for_editors
def sign_retire(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    def do(sign: Indicator, form: RetireSignForm) -> str:
        services.retire_sign(sign=sign, read=form.cleaned_data["read"], by=request.user)
        return f"Indicator {code} is retired from the draft. Records keep it as they showed it."

    return _act(request, slug, code, RetireSignForm, "sign_retire", do)


def _act(
    request: HttpRequest,
    slug: str,
    code: str,
    form_class: type[Any],
    page: str,
    do: Callable[[Indicator, Any], str],
) -> HttpResponse:
    edition = find(slug)
    if edition is None:
        return gone(request, slug)
    sign = _sign(edition, code)
    if sign is None:
        return _sign_gone(request, edition, code)
    form = form_class(posted(request), sign=sign)
    if not form.is_valid() or not _is_draft(edition):
        return _show(request, page, edition, form, sign=sign)
    try:
        messages.success(request, do(sign, form))
    except services.NothingChanged:
        messages.info(request, "Nothing was changed.")
    except Overtaken:
        sign.refresh_from_db()
        form = form_class(posted(request), sign=sign)
        form.look_again()
        latest = next(iter(done_to(edition, most=1)), None)
        return _show(request, page, edition, form, 409, sign=sign, overtaken=True, latest=latest)
    except (PublishedEdition, ObjectDoesNotExist):
        return _again(request, slug, form, code)
    return _back(sign)


def _again(request: HttpRequest, slug: str, form: forms.Form, code: str = "") -> HttpResponse:
    """The draft, or its indicator, is no longer what it was: say so, and give back the words."""
    edition = find(slug)
    if edition is None:
        return gone(request, slug)
    sign = _sign(edition, code) if code else None
    if code and sign is None:
        return _sign_gone(request, edition, code)
    return _show(request, "sign_form", edition, form, 409, sign=sign)


def _sign_gone(request: HttpRequest, edition: Edition, code: str) -> HttpResponse:
    context = {"edition": edition, "code": code, "typed": _typed(request)}
    return render(request, "editors/editions/sign_gone.html", context, status=404)


def _show(
    request: HttpRequest,
    page: str,
    edition: Edition,
    form: forms.Form,
    status: int = 200,
    sign: Indicator | None = None,
    **more: object,
) -> HttpResponse:
    is_draft = _is_draft(edition)
    context: dict[str, Any] = {"edition": edition, "sign": sign, "form": form, **more}
    context["obstacle"] = "" if is_draft else NOT_A_DRAFT
    context["typed"] = [] if is_draft else _typed(request)
    if sign:
        context["named"] = services.named_by(sign)
        context["alike"] = services.said_alike(sign)
        context["sayings"] = Sayings.objects.filter(indicator=sign).first()
    if not is_draft and request.method == "POST":
        status = 409
    return render(request, f"editors/editions/{page}.html", context, status=status)


def _sign(edition: Edition, code: str) -> Indicator | None:
    rows = Indicator.objects.select_related("level", "domain", "edition")
    return rows.filter(edition=edition, code=code).first()


def _is_draft(edition: Edition) -> bool:
    return edition.status == Edition.Status.DRAFT


def _typed(request: HttpRequest) -> list[str]:
    return [text for text in typed(request) if text != request.POST.get("read")]


def _alike(sign: Indicator) -> str:
    """Say with which others the reading takes it for one worry."""
    levels = sorted({other.level.number for other in services.said_alike(sign)})
    if not levels:
        return ""
    told = " and ".join(map(str, levels))
    return f" The reading takes it for one worry with the same words at level {told}."


def _back(sign: Indicator) -> HttpResponse:
    """Go back to the list, where its level and domain stand."""
    listed = reverse("edition_signs", args=[sign.edition.slug])
    return redirect(f"{listed}#l{sign.level.number}-{sign.domain.code}")
