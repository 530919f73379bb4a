"""Sign-in pages: allauth's views with our forms. None of them is ever kept by a browser."""

from allauth.account import views
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import forms


class SignIn(views.LoginView):
    form_class = forms.SignInForm


class ChangePassword(views.PasswordChangeView):
    form_class = forms.ChangePasswordForm

    def get_default_success_url(self) -> str:
        return reverse("front")


class SetPassword(views.PasswordSetView):
    form_class = forms.SetPasswordForm

    def get_default_success_url(self) -> str:
        return reverse("front")


class ResetPassword(views.PasswordResetView):
    form_class = forms.ResetPasswordForm


class ResetPasswordFromKey(views.PasswordResetFromKeyView):
    form_class = forms.ResetPasswordKeyForm


class Reauthenticate(views.ReauthenticateView):
    form_class = forms.ReauthenticateForm


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
