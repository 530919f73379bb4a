"""The lead's desk: one agency's conversations, by what waits or by what is looked for."""

from functools import partial
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import Agency
from referrals import desk, standing, would_differ
from referrals.access import agency_for, personal, show
from referrals.desk_forms import TO_REVIEW, DeskForm
from referrals.models import LEAD, Conversation


@personal
@require_http_methods(["GET", "HEAD", "POST"])
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
        rows, after = page_of(form, request, agency, asked.get("after", ""))
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


def page_of(
    form: DeskForm, request: HttpRequest, agency: Agency, after: str
) -> tuple[list[Conversation], str]:
    """Return a page of rows, and where the next begins or ""."""
    if form.is_queue:
        among = form.narrow(desk.queue(request.user, agency))
        key, later = desk.key_in_queue, desk.after_in_queue
    else:
        led = Conversation.objects.led_by(request.user).filter(agency=agency)
        column = form.latest_by
        among = form.narrow(form.of_status(led)).order_by(f"-{column}", "-pk")
        key = partial(desk.key_in_list, column=column)
        later = partial(desk.after_in_list, column=column)
    rows = desk.rows_of(among.filter(later(after))[: desk.PAGE + 1], request.user)
    more = len(rows) > desk.PAGE
    return rows[: desk.PAGE], key(rows[desk.PAGE - 1]) if more else ""
