"""How a page comes to a conversation: behind sign-in, by whom it may be seen, and noted.

Every view of a conversation goes through `personal` and `find`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache, wraps

from django.contrib.auth.decorators import login_required
from django.db.models import BigAutoField, OuterRef, UUIDField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from accounts.events import head_of, note_refusal
from accounts.models import Agency, Event, Membership
from accounts.posted import typed
from accounts.prepared import Given, Prepared
from accounts.together import listed
from referrals import services
from referrals.models import Answer, Conversation, ConversationQuerySet, subject_of

View = Callable[..., HttpResponse]
# Pages of a draft that one person reads within this time are one visit, and one event.
VISIT = timedelta(minutes=15)
VISITS_KEPT = 20
# What is fetched of each answer with its conversation: services.saved_answers reads it.
SAVED = {"step": "step", "data": "data"}


def personal(view: View) -> View:
    """A page about a person: behind sign-in, and kept by no browser and no cache.

    Whoever posts after being signed out gets back what they typed, to copy. A conversation that
    is erased while somebody acts on it is gone, as one that was never there.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method == "POST" and not request.user.is_authenticated:
            return show(request, "journey/signed_out.html", status=403, typed=typed(request))
        try:
            return login_required(view)(request, *args, **kwargs)
        except Conversation.DoesNotExist:
            raise Http404 from None

    return never_cache(wrapper)


def show(request: HttpRequest, template: str, status: int = 200, **context: object) -> HttpResponse:
    return render(request, template, {"exit_page": True, **context}, status=status)


def find(request: HttpRequest, token: object) -> Conversation:
    """Return a conversation that the person may see. Raises Http404 for any other."""
    return _found(request, token, Conversation.objects.visible_to(request.user))


def find_own(request: HttpRequest, token: object) -> Conversation:
    """Return a conversation that is the person's own. Raises Http404 for any other."""
    found = _seen(request, token, OWN.first(request.user.pk, token))
    found.author = request.user
    return found


def of_record(view: View) -> View:
    """Give a view the recorded conversation that its address names. A draft is gone on with."""

    @wraps(view)
    def wrapper(
        request: HttpRequest, token: object, *args: object, **kwargs: object
    ) -> HttpResponse:
        conversation = find(request, token)
        if not conversation.is_recorded:
            return redirect("conversation", conversation.token)
        return view(request, conversation, *args, **kwargs)

    return wrapper


def find_led(request: HttpRequest, token: object) -> Conversation:
    """Return a recorded conversation that the person may review. Raises Http404 for others."""
    return _found(request, token, Conversation.objects.led_by(request.user).recorded())


def find_seen_as_lead(request: HttpRequest, token: object) -> Conversation:
    """Return a conversation, a draft too, that the person sees as a lead. Raises Http404."""
    return _found(request, token, Conversation.objects.led_by(request.user))


def _found(request: HttpRequest, token: object, among: ConversationQuerySet) -> Conversation:
    """Return the one with this token, or note a refusal.

    One that is missing and one that is not for this person go the same way, query by
    query, so that neither the page nor its time tells them apart.
    """
    return _seen(
        request, token, _whole(among, "area", "agency", "author").filter(token=token).first()
    )


def _whole(among: ConversationQuerySet, *related: str) -> ConversationQuerySet:
    """Return them with their answers, the end of their agency's chain, and what is `related`."""
    answered = listed(Answer.objects.filter(conversation=OuterRef("pk")), "conversation", **SAVED)
    found = among.select_related("edition", *related)
    return found.annotate(answered=answered, chain_head=head_of("agency"))


def _seen(request: HttpRequest, token: object, found: Conversation | None) -> Conversation:
    """Return what was found, or note a refusal and raise Http404."""
    if found is None:
        note_refusal(actor=request.user, subject=subject_of(token))
        raise Http404("There is no such conversation.")
    request.child_area = found.area.slug if found.area else ""  # type: ignore[attr-defined]
    return found


# Every page of a journey asks it. A token is one of no other, so that it finds one at most.
OWN = Prepared(
    lambda: (
        _whole(Conversation.objects.all(), "agency", "area")
        .own_of_key(Given(0, BigAutoField()))
        .filter(token=Given(1, UUIDField()))
        .order_by()
    )
)


def none_of_theirs(request: HttpRequest, page: str) -> Http404:
    """Note that the person was refused a page of an agency; return what to raise."""
    note_refusal(actor=request.user, subject=page)
    return Http404("There is no such page.")


def tell_opened(request: HttpRequest, conversation: Conversation) -> None:
    """Note that the person reads a conversation: a record each time, a draft once a visit."""
    if not conversation.is_recorded:
        now, key = timezone.now(), str(conversation.token)
        visits = request.session.get("visits", {})
        last = visits.pop(key, "")
        if last and now - datetime.fromisoformat(last) < VISIT:
            return
        visits[key] = now.astimezone(UTC).isoformat()
        request.session["visits"] = dict(list(visits.items())[-VISITS_KEPT:])
    services.tell(Event.Verb.OPENED, conversation, request.user)


@cache
def _agencies(roles: tuple[Membership.Role, ...]) -> Prepared[Agency]:
    return Prepared(lambda: Agency.objects.held_by(Given(0, BigAutoField()), *roles))


def agency_for(
    request: HttpRequest, *roles: Membership.Role, what: str
) -> tuple[Agency, list[Agency]]:
    """Return the agency that is asked for, the first where none is, and all of theirs.

    Raises Http404, and notes a refusal, for any other and for who has none.
    """
    agencies = _agencies(roles)(request.user.pk)
    asked = request.GET.get("agency")
    chosen = [agency for agency in agencies if asked in (None, str(agency.pk))]
    if not chosen:
        raise none_of_theirs(request, what)
    return chosen[0], agencies
