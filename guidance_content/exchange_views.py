"""Editions in and out of the portal, and what differs between two: pages for editors alone."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from accounts.models import Event, User
from accounts.posted import may_post
from guidance_content import kept
from guidance_content.compare import TITLES, Comparison, compare
from guidance_content.compare_pdf import comparison_pdf
from guidance_content.editors import for_editors
from guidance_content.exchange import as_document
from guidance_content.exchange_forms import FileForm, TwoEditionsForm
from guidance_content.importing import check_document, counts_of, import_document
from guidance_content.indicators_csv import (
    check_draft,
    indicators_csv,
    replace_indicators,
    with_indicators,
)
from guidance_content.references import Document
from guidance_content.shape import SCHEMA_FILE, DocumentError, read_document
from thresholds import index
from thresholds.drafts import tell
from thresholds.load import current_edition
from thresholds.models import Area, Edition
from thresholds.open_pages import open_page

GONE = "That file is no longer kept. Choose it again"
# Characters. A PDF of more would take longer than a page may.
PRINTABLE = 300_000
# What a file of indicators can change.
BY_INDICATORS = ("indicators", "rules", "special_routes", "ladders")


@open_page
def edition_schema(request: HttpRequest) -> FileResponse:
    """The published description of the document, at an address that stays."""
    return FileResponse(SCHEMA_FILE.open("rb"), content_type="application/schema+json")


@may_post
@for_editors
def edition_import(request: HttpRequest) -> HttpResponse:
    """Bring in an edition: first what is in it, and then, once that was seen, the draft."""

    def dry_run(data: bytes) -> dict[str, Any]:
        document = check_document(read_document(data))
        current = in_force_of(document)
        counts = [(TITLES[name], count) for name, count in counts_of(document).items()]
        return {
            "counts": counts,
            "comparison": compare(as_document(current), document) if current else None,
            "compared": f"“{current.title}”, the edition in force" if current else "",
        }

    def do(data: bytes) -> HttpResponse:
        edition = import_document(read_document(data), by=request.user)
        index.refresh(edition, most=index.IN_AN_ACTION)
        messages.success(request, f"“{edition.title}” is now a draft.")
        return redirect("edition", edition.slug)

    words = {"what": "Bring in an edition", "confirm": "Make it a draft"}
    return _two_steps(request, "editors/import.html", "edition", dry_run, do, words)


@may_post
@for_editors
def edition_indicators(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring the indicators of a draft back from a spreadsheet, in the same two steps."""
    edition = get_object_or_404(Edition.objects.select_related("partnership"), slug=slug)

    def dry_run(data: bytes) -> dict[str, Any]:
        check_draft(edition)
        before = as_document(edition)
        after = with_indicators(before, data)
        return {
            "comparison": compare(before, after, BY_INDICATORS),
            "compared": "the draft as it is",
        }

    def do(data: bytes) -> HttpResponse:
        replace_indicators(edition, data, by=request.user)
        messages.success(request, f"The indicators of “{edition.title}” are changed.")
        return redirect("edition", edition.slug)

    words = {"what": f"Indicators of “{edition.title}”", "confirm": "Change the draft"}
    return _two_steps(
        request, "editors/indicators.html", f"indicators-{edition.pk}", dry_run, do,
        words | {"edition": edition},
    )  # fmt: skip


def _two_steps(
    request: HttpRequest,
    template: str,
    purpose: str,
    dry_run: Callable[[bytes], dict[str, Any]],
    do: Callable[[bytes], HttpResponse],
    words: dict[str, Any],
) -> HttpResponse:
    """Show what a file would do; do it once the same file is confirmed by its digest."""
    user: User = request.user
    form, context = FileForm(), dict(words)
    try:
        if request.method == "POST" and "digest" in request.POST:
            data = kept.take(user, purpose, request.POST["digest"])
            if data is None:
                raise DocumentError(GONE)
            done = do(data)
            kept.drop(user, purpose)
            return done
        if request.method == "POST":
            form = FileForm(request.POST, request.FILES)
            if form.is_valid():
                data = form.cleaned_data["file"]
                context |= dry_run(data)
                context["digest"] = kept.keep(user, purpose, data)
                form = FileForm()
    except DocumentError as problem:
        form = _refused(str(problem))
    return render(request, template, context | {"form": form})


def _refused(problem: str) -> FileForm:
    """Return the form with what is wrong with the file that was brought."""
    form = FileForm({}, {})
    form.errors.clear()  # instead of "choose a file"
    form.add_error("file", problem)
    return form


def in_force_of(document: Document) -> Edition | None:
    """Return the edition in force in the partnership of a document, None where there is none."""
    areas = Area.objects.filter(partnership__slug=document["edition"]["partnership_slug"])
    try:
        return current_edition(areas[0]) if areas else None
    except Edition.DoesNotExist:
        return None


@require_GET
@for_editors
def edition_indicators_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    edition = get_object_or_404(Edition.objects.select_related("partnership"), slug=slug)
    _tell_exported(request, edition, "indicators-csv")
    response = StreamingHttpResponse(
        indicators_csv(edition), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{edition.slug}-indicators.csv"'
    return response


@require_safe
@for_editors
def edition_compare(request: HttpRequest) -> HttpResponse:
    form = _two_editions(request)
    context: dict[str, object] = {"form": form}
    if form.is_bound and form.is_valid():
        before, after = form.chosen()
        query = urlencode({"from": before.slug, "to": after.slug})
        found = comparison_of(before, after)
        printable = found.length <= PRINTABLE
        context |= {
            "before": before,
            "after": after,
            "comparison": found,
            "pdf_address": f"{reverse('edition_compare_pdf')}?{query}" if printable else "",
        }
    return render(request, "editors/compare.html", context)


@require_safe
@for_editors
def edition_compare_pdf(request: HttpRequest) -> HttpResponse:
    form = _two_editions(request)
    if not (form.is_bound and form.is_valid()):
        return redirect(f"{reverse('edition_compare')}?{request.GET.urlencode()}")
    before, after = form.chosen()
    found = comparison_of(before, after)
    if found.length > PRINTABLE:
        return redirect(f"{reverse('edition_compare')}?{request.GET.urlencode()}")
    pdf = comparison_pdf(before, after, found)
    _tell_exported(request, after, "comparison")
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{before.slug}-to-{after.slug}.pdf"'
    return response


def comparison_of(before: Edition, after: Edition) -> Comparison:
    return compare(as_document(before), as_document(after))


def _two_editions(request: HttpRequest) -> TwoEditionsForm:
    editions = Edition.objects.select_related("partnership")
    return TwoEditionsForm(request.GET or None, editions)


def _tell_exported(request: HttpRequest, edition: Edition, what: str) -> None:
    tell(Event.Verb.EXPORTED, edition, request.user, what)
