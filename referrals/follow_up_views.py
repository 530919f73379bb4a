"""The follow-up of a recorded conversation: what is due, and a small page for each thing done.

The author uses them, and the leads who may see the record.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.posted import may_post, posted
from referrals import due, follow_up, review, services
from referrals.access import of_record, personal, show, tell_opened
from referrals.follow_up_forms import (
    AnswerForm,
    CouncilCallForm,
    DoneForm,
    LookedAtForm,
    ReviewDayForm,
)
from referrals.models import Conversation, CouncilAnswer, FollowUp

Data = dict[str, Any]
# The answers with which somebody may not agree.
UNWELCOME = (
    CouncilAnswer.Answer.EARLY_HELP,
    CouncilAnswer.Answer.NO_ACTION,
    CouncilAnswer.Answer.NO_REPLY,
)


@personal
@require_safe
@of_record
def follow_up_page(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """What is due, what was done, the calls and what the council answered."""
    tell_opened(request, conversation)
    still_open = due.open_of(conversation)
    kinds = {item.follow_up.kind for item in still_open}
    answers = list(conversation.council_answers.select_related("noted_by"))
    return show(
        request,
        "desk/follow_up.html",
        conversation=conversation,
        due=still_open,
        done=due.done_of(conversation),
        calls=conversation.calls.order_by("called_at", "pk"),
        answers=answers,
        disagree=disagree(conversation) if answers and answers[-1].answer in UNWELCOME else [],
        has_plan=FollowUp.Kind.PLAN in kinds,
        has_writing=FollowUp.Kind.WRITING in kinds,
    )


def disagree(conversation: Conversation) -> list[tuple[str, str]]:
    """Return what the guidance says to do where one does not agree, with its section."""
    walked = services.walk_of(conversation)
    actions = services.facts_of(conversation, walked).steps.actions
    return [(act.text, act.section) for act in actions if act.code.startswith(review.DISAGREE)]


@personal
@may_post
@of_record
def done(request: HttpRequest, conversation: Conversation, key: int) -> HttpResponse:
    """Mark a follow-up as done."""
    found = get_object_or_404(conversation.follow_ups.select_related("done_by"), pk=key)
    if found.done_at:
        return done_already(request, conversation, found)

    def save(data: Data) -> HttpResponse | None:
        more = {"next_review": data["next_review"]} if "next_review" in data else {}
        is_new = follow_up.mark_done(
            follow_up=found, by=request.user, done_at=data["moment"], note=data["note"], **more
        )
        found.refresh_from_db()
        return None if is_new else done_already(request, conversation, found)

    item = due.Due(found, timezone.now())
    is_plan = found.kind == FollowUp.Kind.PLAN
    form_class = LookedAtForm if is_plan else DoneForm
    form = form_class(
        posted(request), initial=this_minute(), earliest=follow_up.earliest(conversation)
    )
    title = "You looked at the plan again" if is_plan else "You wrote to the council"
    said = f"Noted: {title[0].lower()}{title[1:]}."
    return form_page(request, conversation, form, save, title=title, said=said, item=item)


def done_already(request: HttpRequest, conversation: Conversation, found: FollowUp) -> HttpResponse:
    """Say who did it already, and give back what was typed, unless it is the same again."""
    note = request.POST.get("note", "").strip()
    if not note or (note == found.note and found.done_by == request.user):
        return to_follow_up(conversation)
    item, typed = due.Due(found, timezone.now()), [note]
    return show(
        request, "desk/follow_up_done.html", 409, conversation=conversation, item=item, typed=typed
    )


@personal
@may_post
@of_record
def answer(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """Note what the council answered."""

    def save(data: Data) -> None:
        follow_up.note_answer(conversation=conversation, by=request.user, **data)

    form = AnswerForm(
        posted(request),
        initial={"answered_on": timezone.localdate()},
        earliest=follow_up.earliest(conversation),
    )
    said = "The council’s answer is noted."
    return form_page(request, conversation, form, save, title="The council’s answer", said=said)


@personal
@may_post
@of_record
def call(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """Tell of a call to the council that the record does not tell of."""

    def save(data: Data) -> None:
        follow_up.note_call(
            conversation=conversation,
            by=request.user,
            called_at=data["moment"],
            to=data["to"],
            said=data["said"],
        )

    # The time is asked, not offered: one that is left standing would put the deadline off.
    form = CouncilCallForm(
        posted(request),
        initial={"on": timezone.localdate()},
        earliest=follow_up.earliest_call(conversation),
    )
    title = "You phoned the council"
    return form_page(request, conversation, form, save, title=title, said="The call is noted.")


@personal
@may_post
@of_record
def review_day(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """Set a day on which to look at the plan again."""

    def save(data: Data) -> None:
        follow_up.set_review(conversation=conversation, by=request.user, on=data["on"])

    title, said = "A day to look at the plan again", "The day is set."
    form = ReviewDayForm(posted(request))
    return form_page(request, conversation, form, save, title=title, said=said)


def form_page(
    request: HttpRequest,
    conversation: Conversation,
    form: Form,
    save: Callable[[Data], HttpResponse | None],
    *,
    title: str,
    said: str,
    item: due.Due | None = None,
) -> HttpResponse:
    """Save what was posted and go back, or show the form, with what was typed."""
    if form.is_bound and form.is_valid():
        if refused := save(form.cleaned_data):
            return refused
        messages.success(request, said)
        return to_follow_up(conversation)
    return show(
        request,
        "desk/follow_up_form.html",
        conversation=conversation,
        form=form,
        title=title,
        item=item,
    )


def this_minute() -> Data:
    """Return the day and time that a form begins with: most things are told as they are done."""
    now = timezone.localtime()
    return {"on": now.date(), "at": now.time()}


def to_follow_up(conversation: Conversation) -> HttpResponse:
    return redirect("conversation_follow_up", conversation.token)
