"""The pages of the second factor: allauth's views with our forms and our rules."""

import json
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.mfa.webauthn.internal import auth
from csp.decorators import csp_update
from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.generic.edit import FormMixin

from accounts import second_factor
from accounts.middleware import PROVEN, WANTED

Context = dict[str, Any]
NOT_TAKEN = "That passkey did not work here. Try again, or use your password."


def as_json(options: Any) -> str:
    """What the browser needs to make or to use a passkey, for an attribute of the page."""
    return json.dumps(options, cls=DjangoJSONEncoder)


class Security(base.IndexView):
    """Account security: what the person has, and the way to set up what they must have."""

    def get_context_data(self, **kwargs: Any) -> Context:
        user = self.request.user
        return {
            **super().get_context_data(**kwargs),
            "is_compulsory": second_factor.is_compulsory_for(user),
            "sees_others": second_factor.has_power(user),
            "has_one": bool(second_factor.factors_of(user)),
        }


class Authenticate(base.AuthenticateView):
    """The second step of signing in. It offers what this person has."""

    def get_context_data(self, **kwargs: Any) -> Context:
        context = super().get_context_data(**kwargs)
        own = Authenticator.objects.filter(user=self.stage.login.user)
        kinds = set(own.values_list("type", flat=True))
        return {
            **context,
            "has_app": Authenticator.Type.TOTP in kinds,
            "has_passkey": Authenticator.Type.WEBAUTHN in kinds,
            "passkey_options": as_json(context["js_data"]["request_options"]),
        }


class TellsFactors(FormMixin):
    """What a person sets up or removes here is told in the chain of their agency."""

    def form_valid(self, form: Any) -> HttpResponse:
        user = self.request.user
        with second_factor.told(user, by=user):
            return super().form_valid(form)


class SetsUp(TellsFactors):
    """The session in which a factor is set up goes on; others, begun without it, end."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        self.request.session[PROVEN] = True
        return response


# Its picture for the app's camera stands in the page itself. No other page may hold one so.
@method_decorator(csp_update({"img-src": ["data:"]}), name="dispatch")
class SetUpApp(SetsUp, totp.ActivateTOTPView):
    def get_context_data(self, **kwargs: Any) -> Context:
        context = super().get_context_data(**kwargs)
        secret = context["form"].secret
        groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
        return {**context, "secret": " ".join(groups)}


class RemoveApp(TellsFactors, totp.DeactivateTOTPView):
    pass


class AddPasskey(SetsUp, webauthn.AddWebAuthnView):
    def get_context_data(self, **kwargs: Any) -> Context:
        context = super().get_context_data(**kwargs)
        options = auth.begin_registration(self.request.user, passwordless=True)
        return {**context, "passkey_options": as_json(options)}


class RenamePasskey(webauthn.EditWebAuthnView):
    success_url = reverse_lazy("mfa_index")


class RemovePasskey(TellsFactors, webauthn.RemoveWebAuthnView):
    """allauth would remove the last one of somebody who must have one."""

    success_url = reverse_lazy("mfa_index")

    def get_context_data(self, **kwargs: Any) -> Context:
        must_stay = second_factor.is_last_and_compulsory(self.request.user)
        return {**super().get_context_data(**kwargs), "must_stay": must_stay}

    def form_valid(self, form: Any) -> HttpResponse:
        if second_factor.is_last_and_compulsory(self.request.user):
            return self.render_to_response(self.get_context_data(form=form), status=409)
        return super().form_valid(form)


class ReauthenticateByPasskey(webauthn.ReauthenticateWebAuthnView):
    def get_context_data(self, **kwargs: Any) -> Context:
        context = super().get_context_data(**kwargs)
        return {**context, "passkey_options": as_json(context["js_data"]["request_options"])}


class SignInByPasskey(webauthn.LoginWebAuthnView):
    def form_invalid(self, form: Any) -> HttpResponse:
        messages.error(self.request, NOT_TAKEN)
        return redirect("account_login")


class NewRecoveryCodes(TellsFactors, codes.GenerateRecoveryCodesView):
    pass


class RecoveryCodes(codes.ViewRecoveryCodesView):
    """Where setting up ends: on to what the person wanted when they were asked to."""

    def get_context_data(self, **kwargs: Any) -> Context:
        home = get_account_adapter().get_login_redirect_url(self.request)
        go_on = self.request.session.get(WANTED, "")
        return {**super().get_context_data(**kwargs), "go_on": go_on or home}
