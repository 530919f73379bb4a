"""The pages on which editors keep contacts and links right. What they write is shown at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.once import once
from accounts.posted import may_post, posted
from guidance_content import contacts as services
from guidance_content.contact_forms import ConfirmForm, ContactForm, LinkForm, RetireForm, RowForm
from guidance_content.contact_letters import differences, tell_editors
from guidance_content.contacts import Overtaken, Row
from guidance_content.currency_list import FINE, is_urgent, rank_of, what_of
from guidance_content.editors import for_editors
from thresholds.context import opening_of
from thresholds.models import Contact, ContactChange, Link
from thresholds.opening import state
from thresholds.opening_words import day_by_day, in_words

RETIRED = FINE + 1
NOT_TOLD = (
    "It is saved and shown to everyone. The other editors could not be emailed: please tell them."
)


@dataclass(frozen=True)
class Sort:
    """Contacts, or links: the same pages serve both."""

    word: str
    model: type[Row]
    form: type[RowForm]

    @property
    def plural(self) -> str:
        return f"{self.word}s"


SORTS = {
    "contact": Sort("contact", Contact, ContactForm),
    "link": Sort("link", Link, LinkForm),
}


@require_safe
@for_editors
def row_list(request: HttpRequest, word: str) -> HttpResponse:
    """All of them, the worst first, and the retired ones last."""
    sort, today = SORTS[word], timezone.localdate()
    rows = sort.model.objects.all()
    rows = rows.select_related("area") if word == "contact" else rows.prefetch_related("areas")
    lines = [
        {
            "row": row,
            "rank": RETIRED if row.retired_on else rank_of(row, today),
            "what": what_of(row, today),
            "urgent": is_urgent(row),
        }
        for row in rows
    ]
    lines.sort(key=lambda line: (line["rank"], not line["urgent"]))
    return show(request, "list", sort, lines=lines)


@may_post
@for_editors
def row_add(request: HttpRequest, word: str) -> HttpResponse:
    sort, made = SORTS[word], list[ContactChange]()

    # Looked at in here, so that a second click is not told of what the first has just added.
    def add() -> HttpResponse:
        form = sort.form(posted(request))
        if not form.is_valid():
            return show(request, "form", sort, form=form)
        how = form.cleaned_data["how"]
        try:
            change = services.add(model=sort.model, values=form.values(), note=how, by=request.user)
        except IntegrityError:
            return has_twin(request, sort, None, form, "form")
        made.append(change)
        return next_page(sort, change)

    response = once(request, add)
    for change in made:
        tell(request, sort, change)
    return response


@may_post
@for_editors
def row_edit(request: HttpRequest, word: str, pk: int) -> HttpResponse:
    sort, row = found(word, pk)
    form = sort.form(posted(request), row=row)
    if form.is_valid():
        return act(
            request, sort, row, form, "form",
            lambda: services.correct(values=form.values(), **said(request, row, form)),
        )  # fmt: skip
    return show_form(request, "form", sort, row, form)


@may_post
@for_editors
def row_confirm(request: HttpRequest, word: str, pk: int) -> HttpResponse:
    sort, row = found(word, pk)
    form = ConfirmForm(posted(request), row=row)
    if form.is_valid():
        day = form.cleaned_data["review_by"]
        return act(
            request, sort, row, form, "confirm",
            lambda: services.confirm(review_by=day, **said(request, row, form)),
        )  # fmt: skip
    return show_form(request, "confirm", sort, row, form)


@may_post
@for_editors
def row_retire(request: HttpRequest, word: str, pk: int) -> HttpResponse:
    """Retire it; or take a retired one back into use."""
    sort, row = found(word, pk)
    form = RetireForm(posted(request), row=row)
    if form.is_valid():
        service = services.restore if row.retired_on else services.retire
        return act(
            request, sort, row, form, "retire",
            lambda: service(**said(request, row, form)),
        )  # fmt: skip
    return show_form(request, "retire", sort, row, form)


def found(word: str, pk: int) -> tuple[Sort, Row]:
    sort = SORTS[word]
    return sort, get_object_or_404(sort.model, pk=pk)


def said(request: HttpRequest, row: Row, form: RowForm) -> dict[str, Any]:
    """Return what each service on a row must be told."""
    typed = form.cleaned_data
    return {"row": row, "read": typed["read"], "note": typed["how"], "by": request.user}


def act(
    request: HttpRequest,
    sort: Sort,
    row: Row,
    form: RowForm,
    page: str,
    service: Callable[[], ContactChange | None],
) -> HttpResponse:
    """Call the service, tell the other editors, and go on; or show again what was typed."""
    try:
        change = service()
    except Overtaken:
        row.refresh_from_db()
        form.look_again()
        return show(request, page, sort, 409, row=row, form=form, overtaken=True)
    except IntegrityError:
        return has_twin(request, sort, row, form, page)
    if change is None:
        messages.info(request, "Nothing was changed.")
        return redirect(f"editor_{sort.word}", row.pk)
    tell(request, sort, change)
    return next_page(sort, change)


def show_form(request: HttpRequest, page: str, sort: Sort, row: Row, form: RowForm) -> HttpResponse:
    """Show a form, and what another editor wrote meanwhile: it may be why one was refused."""
    if not form.is_overtaken:
        return show(request, page, sort, row=row, form=form)
    form.look_again()
    return show(request, page, sort, 409, row=row, form=form, overtaken=True)


def has_twin(
    request: HttpRequest, sort: Sort, row: Row | None, form: RowForm, page: str
) -> HttpResponse:
    form.add_error(None, "Another editor has just added one like this. Look at the list")
    return show(request, page, sort, 409, row=row, form=form)


def tell(request: HttpRequest, sort: Sort, change: ContactChange) -> None:
    """Email the other editors, and say how it went."""
    if tell_editors(change):
        messages.success(
            request,
            f"{sort.word.capitalize()} {change.get_kind_display().lower()}: everyone sees it now. "
            "The other editors are told.",
        )
    else:
        messages.warning(request, NOT_TOLD)


def next_page(sort: Sort, change: ContactChange) -> HttpResponse:
    """What is new or corrected is to be confirmed next; anything else is done."""
    row = change.contact or change.link
    if change.kind in (ContactChange.Kind.ADDED, ContactChange.Kind.CORRECTED):
        row.refresh_from_db()
        if row.checked_on is None and not row.retired_on:
            return redirect(f"editor_{sort.word}_confirm", row.pk)
    return redirect(f"editor_{sort.word}s")


def show(
    request: HttpRequest,
    page: str,
    sort: Sort,
    status: int = 200,
    row: Row | None = None,
    **more: object,
) -> HttpResponse:
    context: dict[str, object] = {"sort": sort, "row": row, **more}
    if row:
        context["what"] = what_of(row, timezone.localdate())
        context |= understood(row) if isinstance(row, Contact) else {}
        context["history"] = [
            (change, differences(change)) for change in row.changes.select_related("by")
        ]
    return render(request, f"editors/contacts/{page}.html", context, status=status)


def understood(contact: Contact) -> dict[str, object]:
    """Return what the phone card makes of the hours, so that an editor sees a slip or a gap."""
    hours, now = opening_of(contact.opening), timezone.now()
    return {"days": day_by_day(hours), "now_says": in_words(state(hours, now), hours, now)}
