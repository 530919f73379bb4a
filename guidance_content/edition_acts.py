"""The pages on which an edition goes its way: each says what will happen, asks, and does it.

What is posted carries what the editor had before them. Who is overtaken by another editor is told
what was done meanwhile, and gets back what they typed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.events import note_refusal
from accounts.models import User
from accounts.posted import may_post, posted, typed
from guidance_content import confirming
from guidance_content import edition_forms as forms
from guidance_content import editions as services
from guidance_content.contacts import Overtaken
from guidance_content.content import row_models
from guidance_content.edition_state import (
    IN_FORCE,
    TO_COME,
    WITHDRAWN,
    day,
    done_to,
    editions,
    in_force_of,
    sentence_of,
    state_of,
    token,
)
from guidance_content.edition_words import contents_of, split
from guidance_content.editors import for_editors
from guidance_content.exchange_views import comparison_of
from guidance_content.problems import problems, unconfirmed_urgent
from thresholds.drafts import lock, subject_of
from thresholds.models import Edition

Typed = dict[str, Any]
NOT_A_DRAFT = "It is published, and can no longer be changed. Make a draft from it instead."


def nothing_more(edition: Edition) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Act:
    """A page of one form. `obstacle` says in a sentence why it cannot be done, or is "".

    `do` returns what to tell the editor. `more` is what the page shows besides.
    """

    page: str
    form: type[forms.EditionForm]
    obstacle: Callable[[Edition, User], str]
    do: Callable[[Edition, Typed, User], str]
    more: Callable[[Edition], dict[str, Any]] = nothing_more
    options: Callable[[Edition], dict[str, Any]] = field(default=nothing_more)


def find(slug: str) -> Edition | None:
    return editions().filter(slug=slug).first()


def gone(request: HttpRequest, slug: str) -> HttpResponse:
    """There is no such edition, or no longer: what was typed is given back."""
    context = {"slug": slug, "typed": _typed(request)}
    return render(request, "editors/editions/gone.html", context, status=404)


def act_on(request: HttpRequest, slug: str, act: Act) -> HttpResponse:
    """Show the page of an act, or do it. 409 says that something else was faster, or in the way."""
    edition = find(slug)
    if edition is None:
        return gone(request, slug)
    form = act.form(posted(request), edition=edition, **act.options(edition))
    if request.method != "POST" or not form.is_valid():
        return _show(request, act, edition, form)
    try:
        with transaction.atomic():
            locked = lock(edition)
            if token(locked) != form.cleaned_data["read"]:
                raise Overtaken
            said = act.do(locked, form.cleaned_data, request.user)
    except Edition.DoesNotExist:
        return gone(request, slug)
    except Overtaken:
        return _overtaken(request, slug, act)
    except services.Refused as refused:
        return _refused(request, slug, act, refused)
    messages.success(request, said)
    still_there = Edition.objects.filter(pk=edition.pk).exists()
    return redirect("edition", slug) if still_there else redirect("editors_home")


def _overtaken(request: HttpRequest, slug: str, act: Act) -> HttpResponse:
    edition = find(slug)
    if edition is None:
        return gone(request, slug)
    form = act.form(posted(request), edition=edition, **act.options(edition))
    form.look_again()
    latest = next(iter(done_to(edition, most=1)), None)
    return _show(request, act, edition, form, 409, overtaken=True, latest=latest)


def _refused(request: HttpRequest, slug: str, act: Act, refused: services.Refused) -> HttpResponse:
    """Say why it was not done. That somebody would approve their own proposal is noted."""
    edition = find(slug)
    if edition is None:
        return gone(request, slug)
    if isinstance(refused, services.SecondEditor):
        note_refusal(actor=request.user, subject=subject_of(edition), detail="own-proposal")
    form = act.form(posted(request), edition=edition, **act.options(edition))
    form.is_valid()
    by_field = isinstance(refused, services.NeedsReason) and "reason" in form.fields
    form.add_error("reason" if by_field else None, str(refused))
    return _show(request, act, edition, form, 409)


def _show(
    request: HttpRequest,
    act: Act,
    edition: Edition,
    form: forms.EditionForm,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    obstacle = act.obstacle(edition, request.user)
    state = state_of(edition, in_force_of([edition]))
    context = {
        "edition": edition,
        "state": state,
        "sentence": sentence_of(edition, state),
        "form": form,
        "obstacle": obstacle,
        "typed": _typed(request) if obstacle else [],
        **act.more(edition),
        **more,
    }
    if obstacle and request.method == "POST":
        status = 409
    return render(request, f"editors/editions/{act.page}.html", context, status=status)


def _typed(request: HttpRequest) -> list[str]:
    return [text for text in typed(request) if text != request.POST.get("read")]


# A new draft


@may_post
@for_editors
def edition_draft(request: HttpRequest, slug: str) -> HttpResponse:
    source = find(slug)
    if source is None:
        return gone(request, slug)
    form = forms.DraftForm(posted(request), source=source)
    status = 200
    if form.is_valid():
        try:
            draft = services.create_draft(source=source, by=request.user, **form.cleaned_data)
            messages.success(request, f"“{draft.title}” is begun. Nobody but editors sees it.")
            return redirect("edition", draft.slug)
        except services.Refused as refused:
            form.add_error(None, str(refused))
        except IntegrityError:
            form.add_error("slug", "Another editor has just taken this short name. Choose another")
        status = 409
    is_draft = source.status != services.PUBLISHED
    context = {
        "edition": source,
        "form": form,
        "obstacle": "It is a draft itself. A draft is made from a published edition."
        if is_draft
        else "",
        "begun": editions().filter(based_on=source, status=Edition.Status.DRAFT),
        "contents": contents_of(source),
    }
    return render(request, "editors/editions/draft.html", context, status=status)


# Proposing, and taking that back


def _only_drafts(edition: Edition, user: User) -> str:
    return NOT_A_DRAFT if edition.status == services.PUBLISHED else ""


def _propose_obstacle(edition: Edition, user: User) -> str:
    if edition.proposed_by_id and edition.status != services.PUBLISHED:
        return (
            f"{edition.proposed_by} has proposed it already, for publication from "
            f"{day(edition.publish_from)}. To propose it anew, withdraw that first."
        )
    return _only_drafts(edition, user)


def _propose(edition: Edition, given: Typed, by: User) -> str:
    if edition.proposed_by_id:
        raise Overtaken
    services.propose(draft=edition, by=by, publish_from=given["publish_from"], note=given["note"])
    return "It is proposed. Another editor must approve it before anybody goes by it."


def _withdraw_obstacle(edition: Edition, user: User) -> str:
    not_proposed = "" if edition.proposed_by_id else "It is not proposed: there is nothing to do."
    return _only_drafts(edition, user) or not_proposed


def _withdraw(edition: Edition, given: Typed, by: User) -> str:
    services.withdraw_proposal(draft=edition, by=by)
    return "The proposal is withdrawn. The draft is as it was, and can be changed."


def _with_problems(edition: Edition) -> dict[str, Any]:
    return split(edition, problems(edition)) if edition.status != services.PUBLISHED else {}


# Approving


def _approve_obstacle(edition: Edition, user: User) -> str:
    if obstacle := _withdraw_obstacle(edition, user):
        return obstacle if edition.status == services.PUBLISHED else "It is not proposed yet."
    if edition.proposed_by_id == user.pk:
        return "You proposed it, so another editor must approve it."
    if not services.is_as_proposed(edition):
        return "It was changed after it was proposed. Withdraw the proposal and propose it again."
    return ""


def _approve(edition: Edition, given: Typed, by: User) -> str:
    done = services.approve(draft=edition, by=by, reason=given.get("reason", ""))
    return f"It is published, and in force from {day(done.published_on)}."


def _for_approval(edition: Edition) -> dict[str, Any]:
    if edition.status == services.PUBLISHED:
        return {}
    starts = services.in_force_from(edition)
    others = Edition.objects.filter(partnership=edition.partnership_id)
    before = others.in_force(starts).first() or edition.based_on
    later = others.filter(status=services.PUBLISHED, withdrawn_at=None, published_on__gt=starts)
    return _with_problems(edition) | {
        "older": before,
        "later": later.order_by("published_on", "pk"),
        "comparison": comparison_of(before, edition) if before else None,
        "unconfirmed": unconfirmed_urgent(edition),
    }


# Taking a published one back


def _roll_back_obstacle(edition: Edition, user: User) -> str:
    if edition.status != services.PUBLISHED:
        return "It is a draft: nobody goes by it. Discard it if it is not needed."
    state = state_of(edition, in_force_of([edition]))
    if state == WITHDRAWN:
        return "It was taken back already."
    if state not in (IN_FORCE, TO_COME):
        return "A later edition is in force already, so there is nothing to take back."
    if state == IN_FORCE and comes_back(edition) is None:
        return (
            "There is no edition before it. Without it nobody would have any guidance, so it "
            "cannot be taken back."
        )
    return ""


def comes_back(edition: Edition) -> Edition | None:
    """Return the edition that everyone goes by once this one is taken back."""
    in_force = Edition.objects.in_force().filter(partnership=edition.partnership_id)
    return in_force.exclude(pk=edition.pk).first()


def _roll_back(edition: Edition, given: Typed, by: User) -> str:
    back = services.roll_back(edition=edition, by=by, reason=given["reason"])
    return f"It is taken back. “{back}” is in force." if back else "It is taken back."


# Discarding, and confirming


def _what_is_lost(edition: Edition) -> dict[str, Any]:
    if edition.status == services.PUBLISHED:
        return {}
    source = edition.based_on
    return {
        "comparison": comparison_of(source, edition) if source else None,
        "older": source,
        "rows": sum(model.objects.filter(edition=edition).count() for model in row_models()),
    }


def _discard(edition: Edition, given: Typed, by: User) -> str:
    services.discard(draft=edition, by=by)
    return f"“{edition.title}” is discarded."


def _confirm_obstacle(edition: Edition, user: User) -> str:
    if edition.status != services.PUBLISHED:
        return "It is a draft. Confirm it once it is published."
    return "It was taken back: nobody goes by it." if edition.withdrawn_at else ""


def _confirm(edition: Edition, given: Typed, by: User) -> str:
    confirming.confirm(
        edition=edition,
        owner=given["owner"],
        review_by=given["review_by"],
        note=given["how"],
        by=by,
    )
    return f"It is confirmed until {day(given['review_by'])}."


def _is_unconfirmed(edition: Edition) -> dict[str, Any]:
    return {"unconfirmed": bool(unconfirmed_urgent(edition))}


ACTS = {
    "propose": Act("propose", forms.ProposeForm, _propose_obstacle, _propose, _with_problems),
    "withdraw": Act("withdraw", forms.JustDoIt, _withdraw_obstacle, _withdraw),
    "approve": Act(
        "approve", forms.ApproveForm, _approve_obstacle, _approve, _for_approval, _is_unconfirmed
    ),
    "roll_back": Act(
        "roll_back",
        forms.RollBackForm,
        _roll_back_obstacle,
        _roll_back,
        lambda edition: {"back": comes_back(edition)},
    ),
    "discard": Act("discard", forms.JustDoIt, _only_drafts, _discard, _what_is_lost),
    "confirm": Act("confirm", forms.ConfirmEditionForm, _confirm_obstacle, _confirm),
}


@may_post
@for_editors
def edition_act(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    return act_on(request, slug, ACTS[name])
