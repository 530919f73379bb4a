"""The pages of a recorded conversation: what it says, what came later, a lead's review."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from accounts.models import Event, User
from accounts.once import once
from accounts.posted import may_post, posted
from referrals import desk, due, later, review, services, summary
from referrals.access import find_led, of_record, personal, show, tell_opened
from referrals.kept import Hold
from referrals.models import Conversation, Review
from referrals.pdf import render_pdf
from referrals.printable import lacking
from referrals.review_forms import (
    AdditionForm,
    EscalationForm,
    KeepFromForm,
    KeepFromOneForm,
    ReviewForm,
)


@personal
@require_safe
@of_record
def summary_page(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """The summary as it was recorded, and what came later. A lead finds the review below it."""
    tell_opened(request, conversation)
    blocks = conversation.content["blocks"]
    leads = Conversation.objects.led_by(request.user).filter(pk=conversation.pk).exists()
    since = history(conversation)
    return show(
        request,
        "journey/summary.html",
        conversation=conversation,
        content=conversation.content,
        texts={block["slug"]: summary.as_text(block) for block in blocks},
        leads=leads,
        unseen=not leads and not services.leads_for(conversation),
        due=due.open_of(conversation),
        answer=conversation.council_answers.last(),
        boxes=lacking(conversation.content, [vars(entry) for entry in since["later"]]),
        **since,
        **(beside_review(request, conversation) if leads else {}),
    )


def history(conversation: Conversation) -> dict[str, object]:
    """Return what came after the record, and what a reader of it must be told first."""
    signed = conversation.reviews.filter(decision=Review.Decision.SIGN_OFF).last()
    return {
        "later": later.entries_of(conversation),
        "changed_since_signed": signed is not None and not review.is_as_signed(signed),
        "asked": _open_question(conversation),
    }


def _open_question(conversation: Conversation) -> Review | None:
    """Return what a lead asked for that nobody has answered yet."""
    if conversation.review_state != Conversation.ReviewState.ASKED:
        return None
    return conversation.reviews.filter(decision=Review.Decision.ASK).last()


def beside_review(request: HttpRequest, conversation: Conversation) -> dict[str, object]:
    """Return what a lead needs beside the summary: other conversations, events, the form."""
    return {
        "earlier": desk.about_same_child(request.user, conversation),
        "events": desk.events_of(conversation),
        "did": desk.did,
        "escalations": conversation.escalations.select_related("author"),
        "kept_from": conversation.kept_from.all(),
        "holds": Hold.objects.on(conversation).select_related("placed_by"),
        "form": review_form(conversation),
    }


def review_form(conversation: Conversation, data: dict[str, object] | None = None) -> ReviewForm:
    return ReviewForm(
        data,
        initial={"read": review.digest(conversation)},
        levels=services.guidance_of(conversation).levels,
        judged=conversation.judged_level,
    )


@personal
@require_safe
@of_record
def summary_pdf(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    services.tell(Event.Verb.PRINTED, conversation, request.user)
    response = HttpResponse(render_pdf(conversation, request.user), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{conversation.reference}.pdf"'
    return response


@personal
@may_post
@of_record
def add(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """Add to a recorded conversation: its author, or a lead."""
    form = AdditionForm(posted(request))
    if form.is_bound and form.is_valid():

        def keep() -> HttpResponse:
            review.add(conversation=conversation, author=request.user, **form.cleaned_data)
            messages.success(request, "Your addition is kept. It comes before a lead again.")
            return to_record(conversation)

        return once(request, keep)
    asked = _open_question(conversation)
    return show(request, "desk/add.html", conversation=conversation, form=form, asked=asked)


@personal
@may_post
def review_page(request: HttpRequest, token: object) -> HttpResponse:
    """Keep a lead's decision, or show the form again with what they wrote."""
    conversation = find_led(request, token)
    if request.method != "POST":
        return redirect(f"{to_record(conversation).url}#review")
    form = review_form(conversation, request.POST.dict())
    if not form.is_valid():
        return show_review(request, conversation, form)
    return once(request, lambda: keep_review(request, conversation, form))


def keep_review(request: HttpRequest, conversation: Conversation, form: ReviewForm) -> HttpResponse:
    try:
        made = review.review(conversation=conversation, reviewer=request.user, **form.cleaned_data)
    except review.ReadSomethingElse:
        now_read = request.POST.dict() | {"read": review.digest(conversation)}
        again = review_form(conversation, now_read)
        return show_review(request, conversation, again, status=409, overtaken=True)
    messages.success(request, "Your review is kept.")
    author = conversation.author
    if made.decision == Review.Decision.ASK and not conversation.may_be_opened_by(author):
        messages.warning(
            request,
            f"{author} can no longer open this record, so they get no email and cannot answer "
            "here. Ask them or somebody else in another way, and add what you learn.",
        )
    if made.decision == Review.Decision.OTHER_LEVEL:
        review.escalate(conversation=conversation, author=request.user)
        messages.info(request, "A draft of an escalation is ready below, for you to finish.")
    return to_record(conversation)


def show_review(
    request: HttpRequest,
    conversation: Conversation,
    form: ReviewForm,
    status: int = 200,
    overtaken: bool = False,
) -> HttpResponse:
    return show(
        request,
        "desk/review.html",
        status,
        conversation=conversation,
        form=form,
        overtaken=overtaken,
        **history(conversation),
    )


@personal
@may_post
@of_record
def keep_from(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """Close a record to somebody whom it is about: its author, or a lead."""
    kept = list(conversation.kept_from.order_by("name", "pk"))
    form = keep_from_form(request, conversation, kept)
    if form.is_bound and form.is_valid():
        review.keep_from(conversation=conversation, people=form.chosen, by=request.user)
        messages.success(request, "They cannot open this record any more.")
        # Where people are named one by one, the next may be named at once.
        one_by_one = isinstance(form, KeepFromOneForm)
        return redirect(request.path) if one_by_one else to_record(conversation)
    return show(request, "desk/keep_from.html", conversation=conversation, form=form, kept=kept)


def keep_from_form(
    request: HttpRequest, conversation: Conversation, kept: list[User]
) -> KeepFromForm | KeepFromOneForm:
    """Return a list of people to tick where they are few, and else a field for an address."""
    people = desk.people_beside(conversation, request.user)
    if people is None:
        return KeepFromOneForm(
            posted(request), conversation=conversation, kept=kept, by=request.user
        )
    return KeepFromForm(posted(request), people=[one for one in people if one not in kept])


@personal
@may_post
def escalation_new(request: HttpRequest, token: object) -> HttpResponse:
    """Begin a draft. Whoever signs in again after pressing the button comes to the record."""
    conversation = find_led(request, token)
    if request.method != "POST":
        return to_record(conversation)

    def begin() -> HttpResponse:
        draft = review.escalate(conversation=conversation, author=request.user)
        return redirect("conversation_escalation", conversation.token, draft.pk)

    return once(request, begin)


@personal
@may_post
def escalation(request: HttpRequest, token: object, key: int) -> HttpResponse:
    """A draft to finish here and to send outside the portal."""
    conversation = find_led(request, token)
    draft = get_object_or_404(conversation.escalations, pk=key)
    read = review.version_of(draft)
    form = EscalationForm(posted(request), initial={"text": draft.text, "read": read})
    if form.is_bound and form.is_valid():
        try:
            review.save_escalation(escalation=draft, by=request.user, **form.cleaned_data)
        except review.ReadSomethingElse:
            return written_meanwhile(request, conversation, form.cleaned_data["text"], key)
        messages.success(request, "The draft is saved.")
        return redirect("conversation_escalation", conversation.token, draft.pk)
    if request.method != "POST":
        tell_opened(request, conversation)
    return show(request, "desk/escalation.html", conversation=conversation, form=form)


def written_meanwhile(
    request: HttpRequest, conversation: Conversation, mine: str, key: int
) -> HttpResponse:
    """Show what somebody has made of the draft meanwhile, above what was typed."""
    draft = get_object_or_404(conversation.escalations, pk=key)
    form = EscalationForm({"text": mine, "read": review.version_of(draft)})
    return show(
        request, "desk/escalation.html", 409, conversation=conversation, form=form, saved=draft
    )


def to_record(conversation: Conversation) -> HttpResponse:
    return redirect("conversation_summary", conversation.token)
