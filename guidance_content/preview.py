"""An editor sees the whole portal as if a draft, or an edition to come, were in force.

Only the open pages and the quick check follow: they keep nothing. Conversations, records and the
desk never do, nor does what anybody else sees. The session says which edition; `Preview` puts it
into `thresholds.load.as_if_in_force` for one request, and takes it back whatever happens.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from guidance_content.problems import blocking
from thresholds.drafts import may_edit
from thresholds.load import as_if_in_force
from thresholds.models import Area, Edition
from thresholds.open_pages import home_area

KEY = "previewed_edition"
GONE = "The draft that you were looking at was discarded. You see what everyone sees."
OVER = "“{}” is published now, or was withdrawn. You see what everyone sees."
# What Django answers by itself: it is no fault of the draft.
ANSWERED = (Http404, PermissionDenied, SuspiciousOperation, BadRequest)

log = logging.getLogger(__name__)


def can_be_previewed(edition: Edition) -> bool:
    """Say whether it is still to come: a draft, or published from a later day."""
    if edition.status == Edition.Status.DRAFT:
        return True
    to_come = edition.published_on and edition.published_on > timezone.localdate()
    return bool(to_come) and edition.withdrawn_at is None


def begin(request: HttpRequest, edition: Edition) -> None:
    request.session[KEY] = edition.pk


def end(request: HttpRequest) -> Edition | None:
    """Show the editor what everyone sees again. Return what they were looking at."""
    return Edition.objects.filter(pk=request.session.pop(KEY, None)).first()


def first_page(edition: Edition) -> str:
    """Return where its preview begins: the front page, or its area's where that is another's."""
    areas = Area.objects.filter(partnership=edition.partnership_id)
    if areas and home_area() not in areas:
        return reverse("area_guidance", args=[areas[0].slug])
    return reverse("front")


class Preview:
    """Middleware. A view marked `open_to_all` gets what the editor's session asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # What process_view sets is undone with this, also when something is raised.
        before = as_if_in_force.set(None)
        try:
            response = self.get_response(request)
        finally:
            as_if_in_force.reset(before)
        if previewed_on(request):
            add_never_cache_headers(response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *args: Any
    ) -> None:
        if getattr(view, "open_to_all", False) and KEY in request.session:
            edition = _still_asked_for(request)
            if edition:
                request.preview = edition  # type: ignore[attr-defined]
                as_if_in_force.set(edition)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A draft may be unfinished in a way that a page cannot bear: say so, and what is wrong."""
        edition = previewed_on(request)
        if edition is None or isinstance(exception, ANSWERED):
            return None
        log.error("A page could not show edition %s", edition.pk, exc_info=exception)
        context = {"edition": edition, "problems": blocking(edition)}
        return render(request, "editors/pages/broken.html", context, status=409)


def previewed_on(request: HttpRequest) -> Edition | None:
    """Return the edition that this very page shows as if it were in force."""
    return getattr(request, "preview", None)


def _still_asked_for(request: HttpRequest) -> Edition | None:
    """Return the edition of the session, or end a preview that is over, and say why."""
    found = Edition.objects.select_related("partnership").filter(pk=request.session[KEY]).first()
    if not may_edit(request.user):
        del request.session[KEY]
    elif found is None:
        del request.session[KEY]
        messages.info(request, GONE)
    elif not can_be_previewed(found):
        del request.session[KEY]
        messages.info(request, OVER.format(found.title))
    else:
        return found
    return None
