"""The lead's desk: one agency's conversations, by what waits or by what is looked for."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency
from accounts.posted import may_post
from referrals import desk, standing, would_differ
from referrals.access import agency_for, personal, show
from referrals.desk_forms import TO_REVIEW, DeskForm
from referrals.desk_pages import page_of
from referrals.models import LEAD, Conversation


@personal
@may_post
def desk_page(request: HttpRequest) -> HttpResponse:
    """What waits for the lead. A search is posted, so that no name comes into an address."""
    agency, agencies = agency_for(request, LEAD, what="desk")
    asked = request.POST if request.method == "POST" else request.GET
    form = DeskForm({"status": TO_REVIEW} | asked.dict(), agency=agency)
    given = {name: value for name, value in asked.items() if name in form.fields and value}
    # What was typed may be an email: into an address comes the person's key, or nothing.
    if given.pop("author", "") and "author" not in form.errors:
        given["author"] = form.cleaned_data["author"]
    if request.method == "POST" and form.is_valid() and not form.cleaned_data["words"]:
        return redirect(address(agency, given))
    now = timezone.now()
    standing.settle(agency, now)
    rows: list[Conversation] = []
    after = ""
    if form.is_valid():
        rows, after = page_of(form, request.user, agency, asked.get("after", ""))
    return show(
        request,
        "desk/desk.html",
        agency=agency,
        agencies=agencies,
        form=form,
        rows=[(row, desk.reasons_of(row)) for row in rows],
        after=after,
        asked=given,
        is_first=not asked.get("after"),
        first_page=address(agency, given),
        next_page=address(agency, given | {"after": after}),
        waiting=desk.waiting(request.user, agency),
        counted=desk.COUNTED,
        editions=would_differ.to_tell(request.user, agency),
        today=timezone.localdate(now),
    )


def address(agency: Agency, asked: dict[str, str]) -> str:
    """Return the address of the desk with these filters, but for the words that are searched."""
    kept = {name: value for name, value in asked.items() if name != "words"}
    return f"{reverse('desk')}?{urlencode({'agency': agency.pk} | kept)}"
