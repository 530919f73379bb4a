"""Sign-in pages: allauth's views with our forms. None of them is ever kept by a browser."""

import logging
from functools import partial
from smtplib import SMTPException
from typing import Any

from allauth.account import views
from allauth.core import context, ratelimit
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.csrf import csrf_failure
from django.views.decorators.http import require_POST, require_safe

from accounts import forms, places, sign_ins
from accounts.middleware import extend
from accounts.posted import may_post

logger = logging.getLogger(__name__)
ENDED = (
    "You were not signed in there any more.",
    "You are signed out there.",
    "You are signed out everywhere else.",
)


class SignIn(views.LoginView):
    """A try that failed is told after the answer, which must not be slower for known people."""

    form_class = forms.SignInForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().dispatch(request, *args, **kwargs)
        tried = getattr(request, "tried", None)
        return sign_ins.then_do(response, partial(sign_ins.tried, *tried)) if tried else response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        providers = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
        return {**super().get_context_data(**kwargs), "providers": providers}


class ChangePassword(views.PasswordChangeView):
    form_class = forms.ChangePasswordForm

    def form_invalid(self, form: forms.ChangePasswordForm) -> HttpResponse:
        if form.has_error("oldpassword", "enter_current_password"):
            sign_ins.failed(self.request.user, sign_ins.PASSWORD)
        return super().form_invalid(form)

    def get_default_success_url(self) -> str:
        return reverse("front")


class SetPassword(views.PasswordSetView):
    form_class = forms.SetPasswordForm

    def get_default_success_url(self) -> str:
        return reverse("front")


class ResetPassword(views.PasswordResetView):
    """Known and unknown addresses get the same answer, and wait for it equally long.

    An email goes to known addresses alone, so it is written and sent after the answer: a mail
    server takes long enough to be noticed.
    """

    form_class = forms.ResetPasswordForm

    def form_valid(self, form: forms.ResetPasswordForm) -> HttpResponse:
        address = form.cleaned_data["email"].lower()
        refused = ratelimit.consume_or_429(self.request, action="reset_password", key=address)
        answer = redirect(self.get_success_url())
        return refused or sign_ins.then_do(answer, partial(self.send, form))

    def send(self, form: forms.ResetPasswordForm) -> None:
        """Nobody is there to be told of a failure, and the log must not name the address."""
        try:
            with context.request_context(self.request):
                form.save(self.request)
        except (OSError, SMTPException) as error:
            logger.error("A password could not be reset by email: %s", type(error).__name__)


class ResetPasswordFromKey(views.PasswordResetFromKeyView):
    form_class = forms.ResetPasswordKeyForm


class Reauthenticate(views.ReauthenticateView):
    form_class = forms.ReauthenticateForm


@login_required
@may_post
def where_signed_in(request: HttpRequest) -> HttpResponse:
    """Where somebody is signed in; a post ends one of these sessions, or all but this one."""
    all_places = places.places_of(request.user, request.session.session_key)
    others = [place for place in all_places if not place.is_here]
    if request.method != "POST":
        context = {"places": all_places, "others": others}
        return render(request, "account/places.html", context)
    wanted = request.POST.get("end", "")
    chosen = [place for place in others if wanted in ("others", place.name)]
    ended = places.end(request.user, chosen)
    messages.success(request, ENDED[min(ended, 2)])
    return redirect("account_places")


def no_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a form without its token, as Django does, and write it down."""
    sign_ins.forged(request)
    return csrf_failure(request, reason=reason)


@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say so to whoever signs out. The front page is the same for those who are signed in."""
    if request.user.is_authenticated:
        return redirect("front")
    return render(request, "account/signed_out.html")


@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Keep a session alive while somebody types, or when they answer the warning.

    Says in how many seconds it ends now: 0 for a session that has ended already.
    """
    if not request.user.is_authenticated:
        return JsonResponse({"seconds": 0}, status=403)
    return JsonResponse({"seconds": extend(request)})


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Send whoever opens the admin to our own sign-in page, then on to where they were going.

    Raises PermissionDenied for a person who is signed in and has no place in the admin.
    """
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        wanted = reverse("admin:index")
    if admin.site.has_permission(request):
        return redirect(wanted)
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(wanted, resolve_url("account_login"))
