"""An editor begins to look at the portal as a draft, and stops."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from accounts.posted import may_post
from guidance_content import preview
from guidance_content.editors import for_editors
from thresholds.models import Edition


@may_post
@for_editors
def edition_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin a preview. Whoever signs in again after pressing the button comes to the edition."""
    edition = get_object_or_404(Edition, slug=slug)
    if request.method != "POST":
        return redirect("edition", edition.slug)
    if not preview.can_be_previewed(edition):
        messages.warning(request, f"“{edition.title}” is no draft, and not still to come.")
        return redirect("edition", edition.slug)
    preview.begin(request, edition)
    return redirect(preview.first_page(edition))


@may_post
@for_editors
def preview_stop(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("editors_home")
    edition = preview.end(request)
    messages.success(request, "You see what everyone sees.")
    return redirect("edition", edition.slug) if edition else redirect("front")
