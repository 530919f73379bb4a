"""For leads: what an edition that is on its way would change for their open conversations."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Agency
from referrals import would_differ
from referrals.access import agency_for, personal, show
from referrals.models import LEAD
from thresholds.load import load
from thresholds.models import Edition


@personal
@require_safe
def desk_edition(request: HttpRequest, slug: str) -> HttpResponse:
    """List them. Nothing is written, and no record changes."""
    agency, _ = agency_for(request, LEAD, what="desk-edition")
    edition = next((each for each in would_differ.on_their_way() if each.slug == slug), None)
    if edition is None:
        raise Http404("No such edition is on its way.")
    can_be_read = not load(edition).for_reading_only
    page = would_differ.Page((), 0)
    if can_be_read:
        after = request.GET.get("after", "")
        page = would_differ.page_of(request.user, agency, edition, after)
    return show(
        request,
        "desk/edition.html",
        agency=agency,
        edition=edition,
        today=timezone.localdate(),
        can_be_read=can_be_read,
        rows=page.rows,
        most=would_differ.MOST,
        next_page=address(agency, edition, page.after) if page.after else "",
        first_page=address(agency, edition),
        is_first=not request.GET.get("after"),
    )


def address(agency: Agency, edition: Edition, after: int = 0) -> str:
    asked = {"agency": agency.pk} | ({"after": after} if after else {})
    return f"{reverse('desk_edition', args=[edition.slug])}?{urlencode(asked)}"
