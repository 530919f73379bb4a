"""The page of an agency's numbers, for its leads and readers, and what they take out of it."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_safe

from accounts.models import Agency
from referrals import exports, services
from referrals.access import agency_for, personal, show
from referrals.charts import bar_chart
from referrals.models import LEAD, READER
from referrals.numbers import numbers_of
from referrals.periods import Period, PeriodForm
from referrals.small_numbers import FEW, HELD


def address(name: str, agency: Agency, period: Period) -> str:
    return f"{reverse(name)}?{urlencode({'agency': agency.pk} | period.query)}"


@personal
@require_safe
def numbers(request: HttpRequest) -> HttpResponse:
    agency, agencies = agency_for(request, LEAD, READER, what="numbers")
    form = PeriodForm(request.GET)
    period = form.period
    found = numbers_of(agency, period)
    leads = agency in Agency.objects.of(request.user, LEAD)
    return show(
        request,
        "desk/numbers.html",
        agency=agency,
        agencies=agencies,
        period=period,
        form=form,
        numbers=found,
        few=FEW,
        held=HELD,
        # The chart is escaped as it is drawn.
        sections=[(table, SafeString(bar_chart(table))) for table in found.tables],
        counts_address=address("numbers_csv", agency, period),
        records_address=address("records_csv", agency, period) if leads else "",
    )


@personal
@require_GET
def numbers_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    agency, _ = agency_for(request, LEAD, READER, what="numbers")
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return back_to_page(request)
    period = form.period
    rows = exports.count_rows(agency, period, numbers_of(agency, period))
    services.export(actor=request.user, agency=agency, what="counts")
    return csv_file(f"numbers-{name_of(period)}", exports.csv_of(exports.COUNT_COLUMNS, rows))


@personal
@require_GET
def records_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    agency, _ = agency_for(request, LEAD, what="records")
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return back_to_page(request)
    period = form.period
    rows = exports.record_rows(exports.records_for(request.user, agency, period))
    services.export(actor=request.user, agency=agency, what="records")
    return csv_file(f"records-{name_of(period)}", exports.csv_of(exports.RECORD_COLUMNS, rows))


def back_to_page(request: HttpRequest) -> HttpResponse:
    """Send who asks for a period that makes no sense to the page, which says so."""
    return redirect(f"{reverse('numbers')}?{request.GET.urlencode()}")


def name_of(period: Period) -> str:
    return "-to-".join(period.query.values())


def csv_file(name: str, pieces: Iterable[str]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
