"""The pages about how long an agency keeps its records, and about holding one of them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency
from accounts.once import once
from accounts.posted import may_post
from referrals import holding, retention
from referrals.access import agency_for, find_seen_as_lead, personal, show
from referrals.keeping_forms import PROPOSED, HoldForm, ScheduleForm
from referrals.kept import Hold, Schedule
from referrals.models import LEAD, Conversation
from referrals.wording import long_day

LIST_SIZE = 100


@personal
@may_post
def keeping(request: HttpRequest) -> HttpResponse:
    """An agency's schedule, its hold on everything, and drafts that somebody left behind."""
    agency, agencies = agency_for(request, LEAD, what="keeping")
    act = request.POST.get("act", "") if request.method == "POST" else ""
    schedule = ScheduleForm(request.POST if act == "schedule" else None, initial=_proposed(agency))
    hold = HoldForm(request.POST if act == "hold" else None)
    if act == "schedule" and schedule.is_valid():
        return once(request, lambda: _set_schedule(request, agency, schedule))
    if act == "hold" and hold.is_valid():
        holding.hold_all(agency=agency, by=request.user, **hold.cleaned_data)
        messages.success(request, "Nothing of your agency is erased from now on.")
        return _back(agency)
    if act == "lift":
        if holding.lift_all(agency=agency, by=request.user):
            messages.success(request, "The hold is lifted.")
        return _back(agency)
    return _show_keeping(request, agency, agencies, schedule, hold)


def _set_schedule(request: HttpRequest, agency: Agency, schedule: ScheduleForm) -> HttpResponse:
    made = retention.set_schedule(agency=agency, by=request.user, **schedule.cleaned_data)
    day = timezone.localdate(made.in_force_from)
    messages.success(request, f"Saved. It is in force from {long_day(day.isoformat())}.")
    return _back(agency)


def _show_keeping(
    request: HttpRequest,
    agency: Agency,
    agencies: list[Agency],
    schedule: ScheduleForm,
    hold: HoldForm,
) -> HttpResponse:
    now = timezone.now()
    left = list(retention.left_behind(request.user, agency).select_related("agency")[:LIST_SIZE])
    going = retention.going(left, now)
    shown = [draft for draft in left if draft.pk in going]
    if request.method != "HEAD":
        retention.tell_going(shown, request.user)
    binding = Schedule.objects.binding(agency, now)
    return show(
        request,
        "desk/keeping.html",
        agency=agency,
        agencies=agencies,
        form=schedule,
        hold_form=hold,
        in_force=binding[0] if binding else None,
        coming=Schedule.objects.filter(agency=agency, in_force_from__gt=now),
        hold=Hold.objects.open().filter(agency=agency, conversation=None).first(),
        held=_held(request, agency),
        left=[(draft, going[draft.pk]) for draft in shown],
    )


def _held(request: HttpRequest, agency: Agency) -> list[Hold]:
    """Return the open holds on single records that the lead may see."""
    led = Conversation.objects.led_by(request.user).filter(agency=agency)
    held = Hold.objects.open().filter(conversation__in=led)
    return list(held.select_related("conversation", "placed_by")[:LIST_SIZE])


def _proposed(agency: Agency) -> dict[str, object]:
    """Return what the form begins with: what was set last, or a long schedule to start from."""
    last = Schedule.objects.filter(agency=agency).last()
    return {name: getattr(last, name) for name in PROPOSED} if last else dict(PROPOSED)


def _back(agency: Agency) -> HttpResponse:
    return redirect(f"{reverse('keeping')}?agency={agency.pk}")


@personal
@may_post
def hold_page(request: HttpRequest, token: object) -> HttpResponse:
    """Hold one conversation, a draft too, or lift its hold: a lead."""
    conversation = find_seen_as_lead(request, token)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    form = HoldForm(request.POST if act == "hold" else None)
    if act == "hold" and form.is_valid():
        holding.hold(conversation=conversation, by=request.user, **form.cleaned_data)
        messages.success(request, "It is held: nobody can erase it.")
        return redirect("conversation_hold", conversation.token)
    if act == "lift":
        if holding.lift(conversation=conversation, by=request.user):
            messages.success(request, "The hold is lifted.")
        return redirect("conversation_hold", conversation.token)
    return show(
        request,
        "desk/hold.html",
        conversation=conversation,
        form=form,
        hold=conversation.holds.open().select_related("placed_by").first(),
        all_held=Hold.objects.on(conversation).filter(conversation=None).exists(),
        before=conversation.holds.exclude(lifted_at=None).select_related("placed_by", "lifted_by"),
    )
