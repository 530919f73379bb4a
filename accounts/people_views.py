"""The pages on which leads look after their people, and on which an invitation is accepted."""

from collections.abc import Callable
from functools import wraps

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.account.utils import get_login_redirect_url
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import leads, people
from accounts.leads import NotLead, Refused
from accounts.models import Agency, Invitation, Membership
from accounts.once import once
from accounts.people_email import send_invitation
from accounts.people_forms import SEES, InviteForm, NewPersonForm, RoleForm
from accounts.posted import may_post, posted

View = Callable[..., HttpResponse]
NOT_SENT = (
    "The email could not be sent. The invitation is kept below: choose “Send again” in a few "
    "minutes."
)
TOO_LATE = "That invitation has been used or withdrawn already."


def for_leads(view: View) -> View:
    """A page for leads, behind sign-in and kept by no browser. To others it is not there."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotLead as refused:
            raise Http404("There is no such page for you.") from refused

    return never_cache(login_required(wrapper))


def back_to(agency: Agency) -> HttpResponse:
    return redirect(f"{reverse('people')}?agency={agency.pk}")


# What a lead sees and does


@for_leads
@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    """The people of one agency, those in force first, and the invitations nobody has used."""
    agency = leads.agency_for(lead=request.user, pk=request.GET.get("agency", ""))
    members = agency.memberships.select_related("user").order_by(
        F("suspended_at").asc(nulls_first=True), "user__name", "pk"
    )
    invitations = agency.invitations.filter(accepted_at=None, withdrawn_at=None)
    live = set(people.live_invitations().filter(agency=agency).values_list("pk", flat=True))
    return render(
        request,
        "people/list.html",
        {
            "agency": agency,
            "agencies": Agency.objects.of(request.user, leads.LEAD),
            "members": members,
            "invitations": [(invitation, invitation.pk in live) for invitation in invitations],
        },
    )


@for_leads
@may_post
def people_invite(request: HttpRequest) -> HttpResponse:
    agency = leads.agency_for(lead=request.user, pk=request.GET.get("agency", ""))
    form = InviteForm(posted(request))
    shown = {"agency": agency, "form": form}
    if not form.is_valid():
        return render(request, "people/invite.html", shown)
    made: list[tuple[Invitation, str]] = []

    # What is refused is answered, not raised: the note of a refusal is to be kept.
    def invite() -> HttpResponse:
        try:
            made.append(people.invite(agency=agency, invited_by=request.user, **form.cleaned_data))
        except Refused as refused:
            form.add_error("email", str(refused))
            return render(request, "people/invite.html", shown)
        except NotLead:
            return HttpResponseNotFound()
        return back_to(agency)

    response = once(request, invite)
    if response.status_code == 404:
        raise NotLead
    for invitation, token in made:
        send(request, invitation, token)
    return response


def send(request: HttpRequest, invitation: Invitation, token: str) -> None:
    """Send the letter and say how it went. An invitation that could not be sent is kept."""
    link = request.build_absolute_uri(reverse("invitation_accept", args=[token]))
    if send_invitation(invitation, link):
        messages.success(request, "We have sent the invitation.")
    else:
        messages.warning(request, NOT_SENT)


@for_leads
@may_post
def person_role(request: HttpRequest, pk: int) -> HttpResponse:
    membership = leads.membership_for(lead=request.user, pk=pk)
    form = RoleForm(posted(request), initial={"role": membership.role})
    if form.is_valid():
        return change(
            request,
            membership,
            lambda: people.change_role(membership=membership, by=request.user, **form.cleaned_data),
            "The role of {person} is now {role}.",
        )
    return render(request, "people/role.html", {"membership": membership, "form": form})


@for_leads
@may_post
def person_suspend(request: HttpRequest, pk: int) -> HttpResponse:
    membership = leads.membership_for(lead=request.user, pk=pk)
    if request.method == "POST":
        return change(
            request,
            membership,
            lambda: people.suspend(membership=membership, by=request.user),
            "{person} can no longer see anything of {agency}.",
        )
    return render(request, "people/suspend.html", {"membership": membership})


@for_leads
@may_post
def person_restore(request: HttpRequest, pk: int) -> HttpResponse:
    membership = leads.membership_for(lead=request.user, pk=pk)
    if request.method == "POST":
        return change(
            request,
            membership,
            lambda: people.restore(membership=membership, by=request.user),
            "{person} has access to {agency} again.",
        )
    hint = SEES[Membership.Role(membership.role)]
    return render(request, "people/restore.html", {"membership": membership, "sees": hint})


def change(
    request: HttpRequest, membership: Membership, service: Callable[[], None], done: str
) -> HttpResponse:
    """Call the service, say how it went, and go back to the agency's people."""
    try:
        service()
    except Refused as refused:
        messages.warning(request, f"{refused}.")
    else:
        role = membership.get_role_display().lower()
        said = done.format(person=membership.user, agency=membership.agency, role=role)
        messages.success(request, said)
    return back_to(membership.agency)


@for_leads
@may_post
def invitation_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back. A GET, such as after signing in again, only leads back to the list."""
    invitation = leads.invitation_for(lead=request.user, pk=pk)
    if request.method == "POST":
        try:
            people.withdraw(invitation=invitation, by=request.user)
            messages.success(request, "The invitation is withdrawn.")
        except people.Gone:
            messages.warning(request, TOO_LATE)
    return back_to(invitation.agency)


@for_leads
@may_post
def invitation_send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a new link in place of the old one. A GET only leads back to the list."""
    invitation = leads.invitation_for(lead=request.user, pk=pk)
    if request.method == "POST":
        try:
            send(request, *people.send_again(invitation=invitation, by=request.user))
        except people.Gone:
            messages.warning(request, TOO_LATE)
        except Refused as refused:
            messages.warning(request, f"{refused}.")
    return back_to(invitation.agency)


# What an invited person sees and does


@never_cache
@may_post
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link. Looking at it changes nothing; only its button does."""
    invitation = people.find_invitation(token=token)
    try:
        if invitation is None:
            raise people.Gone
        if request.user.is_authenticated:
            return accept_as_oneself(request, invitation)
        if people.is_known(invitation.email):
            return show_invitation(request, invitation, "sign-in")
        return accept_as_new(request, invitation)
    except people.Gone:
        return render(request, "people/gone.html", status=410)


def show_invitation(
    request: HttpRequest, invitation: Invitation, state: str, status: int = 200, **more: object
) -> HttpResponse:
    sees = SEES[Membership.Role(invitation.role)]
    context = {"invitation": invitation, "state": state, "sees": sees, **more}
    return render(request, "people/accept.html", context, status=status)


def accept_as_oneself(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if request.method != "POST":
        why_not = people.why_not(invitation, request.user)
        return show_invitation(request, invitation, why_not or "confirm")
    try:
        people.accept(invitation=invitation, user=request.user)
    except Refused as refused:
        return show_invitation(request, invitation, refused.code, status=403)
    messages.success(request, f"You have joined {invitation.agency}.")
    return redirect(get_login_redirect_url(request))


def accept_as_new(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Make the account, and sign in the way everybody signs in, second factor and all."""
    form = NewPersonForm(posted(request), email=invitation.email, agency=invitation.agency)
    if not form.is_valid():
        return show_invitation(request, invitation, "new", form=form)
    user = people.accept_as_new(invitation=invitation, **form.cleaned_data).user
    messages.success(request, f"You have joined {invitation.agency}.")
    return perform_password_login(
        request, {"email": user.email}, Login(user=user, email=user.email)
    )
