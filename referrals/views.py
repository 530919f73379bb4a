"""The pages of a conversation until it is recorded. One view serves all steps."""

import re

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Agency, Membership
from accounts.once import once
from accounts.posted import fields, may_post, posted, typed
from referrals import due, pages, retention, services, summary
from referrals.access import find, find_own, personal, show, tell_opened
from referrals.fields import StepForm
from referrals.journey import UNFINISHED, Data, Walk
from referrals.models import Conversation, Frozen
from referrals.steps import BY_SLUG, STEPS, Step
from referrals.wording import Row
from thresholds.load import load

MAY_RECORD = (Membership.Role.PRACTITIONER, Membership.Role.LEAD)
LIST_SIZE = 100


@personal
@require_safe
def conversation_list(request: HttpRequest) -> HttpResponse:
    own = Conversation.objects.own_of(request.user).for_lists().select_related("child", "area")
    drafts = list(own.drafts().select_related("agency").prefetch_related("answers")[:LIST_SIZE])
    going = retention.going(drafts, timezone.now())
    page = page_asked(request)
    recorded = list(own.recorded()[page * LIST_SIZE : (page + 1) * LIST_SIZE + 1])
    if request.method == "GET":
        retention.tell_going([draft for draft in drafts if draft.pk in going], request.user)
    return show(
        request,
        "journey/list.html",
        drafts=[
            (draft, summary.child_line(services.saved_answers(draft)), going.get(draft.pk))
            for draft in drafts
        ],
        recorded=recorded[:LIST_SIZE],
        newer=page - 1 if page else None,
        older=page + 1 if len(recorded) > LIST_SIZE else None,
        asked=own.recorded().filter(review_state=Conversation.ReviewState.ASKED)[:LIST_SIZE],
        due=due.pressing(own)[:LIST_SIZE],
    )


def page_asked(request: HttpRequest) -> int:
    """Return which page of one's own records is asked for. The first is 0."""
    text = request.GET.get("page", "")
    return int(text) if re.fullmatch("[0-9]{1,4}", text) else 0


@personal
@may_post
def conversation_new(request: HttpRequest) -> HttpResponse:
    """The first step. Nothing is kept until it is answered."""
    agencies = list(Agency.objects.of(request.user, *MAY_RECORD))
    if not agencies:
        raise PermissionDenied("Only practitioners of an agency record conversations.")
    chosen = [agency for agency in agencies if str(agency.pk) == request.GET.get("agency")]
    if len(agencies) > 1 and not chosen:
        return show(request, "journey/agencies.html", agencies=agencies)
    first = STEPS[0]
    form = first.form({}, load(services.edition_for(None)), posted=posted(request))
    if form.is_bound and form.is_valid():
        agency, data = (chosen or agencies)[0], first.data(form, {})

        def start() -> HttpResponse:
            started = services.start(author=request.user, agency=agency, data=data)
            return go_on(started, services.walk_of(started))

        return once(request, start)
    return show(request, first.template, step=first, form=form, number=1)


@personal
@require_safe
def conversation(request: HttpRequest, token: object) -> HttpResponse:
    """Where to go on: the first open step, or the summary once it is recorded.

    A lead reads the draft of somebody else as far as it has come.
    """
    found = find(request, token)
    if found.is_recorded:
        return redirect("conversation_summary", found.token)
    tell_opened(request, found)
    walked = services.walk_of(found)
    if found.author == request.user:
        return go_on(found, walked)
    facts = services.facts_of(found, walked)
    told = sections(facts, walked)
    return show(request, "desk/draft.html", conversation=found, sections=told)


def go_on(conversation: Conversation, walked: Walk) -> HttpResponse:
    if walked.is_complete:
        return redirect("conversation_check", conversation.token)
    return redirect("conversation_step", conversation.token, walked.first_open)


@personal
@may_post
def step(request: HttpRequest, token: object, slug: str) -> HttpResponse:
    conversation = find_own(request, token)
    if slug not in BY_SLUG:
        raise Http404("There is no such step.")
    if conversation.is_recorded:
        return already_recorded(request, conversation)
    walked = services.walk_of(conversation)
    if request.method == "POST":
        return save_step(request, conversation, BY_SLUG[slug], walked)
    if not walked.is_open_to(slug):
        messages.info(request, "That page comes later. Answer this one first.")
        return go_on(conversation, walked)
    tell_opened(request, conversation)
    saved = services.saved_answers(conversation).get(slug)
    form = BY_SLUG[slug].form(walked.known, services.guidance_of(conversation), saved)
    return show_step(request, conversation, BY_SLUG[slug], walked, form)


def save_step(
    request: HttpRequest, conversation: Conversation, step: Step, walked: Walk
) -> HttpResponse:
    """Save what was posted, even out of order, so that nothing typed is lost."""
    guidance = services.guidance_of(conversation)
    previous = services.saved_answers(conversation).get(step.slug, {})
    form = step.form(walked.known, guidance, previous, request.POST)
    if form.needs_earlier_answers and not walked.is_open_to(step.slug):
        context = {"conversation": conversation, "typed": typed(request)}
        return show(request, "journey/too_early.html", 409, **context)
    leaves = "leave" in request.POST
    if not form.is_valid() and not (leaves and form.is_only_unfinished()):
        return show_step(request, conversation, step, walked, form)
    data = step.data(form, previous)
    if not form.is_valid():
        data[UNFINISHED] = True
    try:
        saved = services.save_answer(
            conversation=conversation, step=step.slug, data=data, seen=request.POST.get("version")
        )
    except Frozen:
        return already_recorded(request, conversation)
    except services.Overtaken as overtaken:
        return answered_meanwhile(request, conversation, step, mine=data, now=overtaken.saved)
    if leaves:
        messages.success(request, "Your draft is saved. You can come back to it here.")
        return redirect("conversation_list")
    return go_on(conversation, services.walk_of(conversation, {step.slug: saved}))


def show_step(
    request: HttpRequest, conversation: Conversation, step: Step, walked: Walk, form: StepForm
) -> HttpResponse:
    facts = services.facts_of(conversation, walked)
    slugs = walked.slugs
    return show(
        request,
        step.template,
        step=step,
        form=form,
        conversation=conversation,
        number=slugs.index(step.slug) + 1 if step.slug in slugs else None,
        total=len(slugs),
        back=walked.before(step.slug) if step.slug in slugs else "",
        newer=services.newer_edition(conversation),
        version=request.POST.get("version", services.version_of(conversation, step.slug)),
        **pages.beside(step.slug, facts, form),
    )


def answered_meanwhile(
    request: HttpRequest, conversation: Conversation, step: Step, mine: Data, now: Data
) -> HttpResponse:
    """Show what is saved by now and what was sent, and let the person choose which to keep."""
    conversation = services.asked_again(conversation)
    both = [
        services.facts_of(conversation, services.walk_of(conversation, {step.slug: data}))
        for data in (now, mine)
    ]
    saved_rows, own_rows = (facts.rows(step.slug) for facts in both)
    return show(
        request,
        "journey/answered_meanwhile.html",
        409,
        conversation=conversation,
        step=step,
        saved_rows=saved_rows,
        own_rows=own_rows,
        typed=typed(request),
        fields=[pair for pair in fields(request) if pair[0] != "version"],
        version=services.version(now),
    )


def already_recorded(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """Say that the record is closed, and give back what was typed too late."""
    return show(
        request,
        "journey/already_recorded.html",
        status=409 if request.method == "POST" else 200,
        conversation=conversation,
        typed=typed(request),
    )


@personal
@may_post
def check(request: HttpRequest, token: object) -> HttpResponse:
    """Check your answers, and record. Recording again shows what was recorded."""
    conversation = find_own(request, token)
    if conversation.is_recorded:
        return redirect("conversation_summary", conversation.token)
    if request.method == "POST":
        try:
            recorded = services.record(conversation=conversation)
        except services.Incomplete:
            messages.info(request, "There is one more page to answer before you can record.")
            return go_on(conversation, services.walk_of(conversation))
        messages.success(request, f"Recorded. The reference is {recorded.reference}.")
        return redirect("conversation_summary", conversation.token)
    walked = services.walk_of(conversation)
    if not walked.is_complete:
        messages.info(request, "Answer this page first. Then check your answers.")
        return go_on(conversation, walked)
    tell_opened(request, conversation)
    facts = services.facts_of(conversation, walked)
    return show(
        request,
        "journey/check.html",
        conversation=conversation,
        sections=sections(facts, walked),
        facts=facts,
        newer=services.newer_edition(conversation),
        back=walked.slugs[-1],
    )


def sections(facts: summary.Facts, walked: Walk) -> list[tuple[Step, tuple[Row, ...]]]:
    """Return the steps with what was answered at each, as far as the walk has come."""
    pairs = [(BY_SLUG[slug], facts.rows(slug)) for slug in walked.slugs]
    return [(step, rows) for step, rows in pairs if rows or not step.only_shows]
