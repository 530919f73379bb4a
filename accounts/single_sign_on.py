"""Single sign-on by OpenID Connect: allauth's, with what it leaves open closed.

Nobody gets an account by it. It opens the account of a person who is known already: by the
provider's own number for them (`sub`), and the first time by an address that the provider
vouches for. docs/sign-in.md tells how providers are set up.
"""

import logging
from functools import partial
from typing import Any

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare, get_random_string

from accounts import sign_ins
from accounts.models import Membership, User

Claims = dict[str, Any]
logger = logging.getLogger(__name__)

# Signed with the provider's own key. Never with one that we share with it.
ALGORITHMS = ["RS256", "PS256", "ES256"]
NEEDED = ["iss", "sub", "aud", "exp", "iat", "nonce"]
GOOGLE = "https://accounts.google.com"


class Protocol(OpenIDConnectOAuth2Adapter):
    """How the portal talks to a provider. Every claim comes from the token, whose signature counts.

    allauth trusts the connection and skips the signature.
    """

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself, if it is the provider that is set up here."""
        config = super().openid_config
        issuer = self.get_provider().app.settings["server_url"]
        if config.get("issuer") != issuer:
            raise OAuth2Error("The provider names another issuer.")
        scheme = issuer.split(":")[0]
        used = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if not all(str(config.get(name, "")).startswith(f"{scheme}://") for name in used):
            raise OAuth2Error("The provider names an address that is not safe.")
        return config

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any
    ) -> SocialLogin:
        signed = kwargs["response"].get("id_token")
        if not isinstance(signed, str):
            raise OAuth2Error("There is no token about the person.")
        claims = self._decode_id_token(app, signed)
        return self.get_provider().sociallogin_from_response(request, {"id_token": claims})

    def _decode_id_token(self, app: SocialApp, id_token: str) -> Claims:
        with SocialAdapter().get_requests_session() as session:
            response = session.get(self.openid_config["jwks_uri"])
            response.raise_for_status()
        try:
            keys = jwt.PyJWKSet.from_dict(response.json())
            key = keys[jwt.get_unverified_header(id_token)["kid"]]
            return jwt.decode(
                id_token,
                key.key,
                algorithms=ALGORITHMS,
                audience=app.client_id,
                issuer=app.settings["server_url"],
                leeway=60,
                options={"require": NEEDED, "strict_aud": True},
            )
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
            raise OAuth2Error("The token about the person does not hold.") from error


class Provider(OpenIDConnectProvider):
    """One of OIDC_PROVIDERS. Nothing that a request asks for changes what it is asked."""

    oauth2_adapter_class = Protocol

    def redirect(self, request: HttpRequest, next_url: str | None) -> HttpResponse:
        nonce = get_random_string(32)
        return super().redirect(
            request,
            AuthProcess.LOGIN,
            next_url,
            scope=["openid", "email"],
            auth_params={"nonce": nonce},
            nonce=nonce,
        )

    def sociallogin_from_response(self, request: HttpRequest, response: Any) -> SocialLogin:
        login = super().sociallogin_from_response(request, response)
        login.claims = response["id_token"]
        return login

    def extract_uid(self, data: Any) -> str:
        """Return the person's number at this issuer: another issuer may give the same number."""
        claims = data["id_token"]
        return f"{claims['iss']} {claims['sub']}"

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """Keep nothing of what the provider tells about a person."""
        return {}


class SocialAdapter(DefaultSocialAccountAdapter):
    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return those of the settings. A row in the database must not send us anywhere."""
        return [app for app in super().list_apps(request, provider, client_id) if not app.pk]

    def get_requests_session(self) -> Any:
        session = super().get_requests_session()
        session.max_redirects = 0  # nor may a provider send us on
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Let a known person in, and link their account the first time.

        Raises ImmediateHttpResponse with the same page for all others.
        """
        nonce = str(sociallogin.state.get("nonce", ""))
        if not (nonce and constant_time_compare(str(sociallogin.claims["nonce"]), nonce)):
            raise ImmediateHttpResponse(failed(request, sociallogin.provider, "nonce"))
        is_linked = sociallogin.is_existing
        user = sociallogin.user if is_linked else person_for(sociallogin)
        if user is None or not may_come_in(user):
            raise ImmediateHttpResponse(refused(request, sociallogin.provider, user))
        if not is_linked:
            sociallogin.connect(request, user)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(redirect("account_login"))
        raise ImmediateHttpResponse(failed(request, provider, type(exception).__name__))


def person_for(sociallogin: SocialLogin) -> User | None:
    """Return the person with the address that the provider vouches for.

    Not a person who is linked to another account of this provider: their address may have
    been given to somebody else since.
    """
    email = vouched_email(sociallogin.claims, sociallogin.provider.app.settings)
    linked = SocialAccount.objects.filter(provider=sociallogin.provider.sub_id)
    return User.objects.filter(email=email).exclude(pk__in=linked.values("user")).first()


def vouched_email(claims: Claims, settings: dict[str, Any]) -> str:
    """Return the address in `claims`, if the provider may vouch for it and does; or ""."""
    email = str(claims.get("email") or "").lower()
    domain = email.rpartition("@")[2]
    if not email.isascii() or domain not in settings["domains"]:
        return ""
    if settings["emails"] == "tenant":
        # A guest of the tenant brings an address that somebody else's tenant gave. One of whom
        # nothing is told may be a guest.
        is_member = str(claims.get("acct")) == "0"
        came_by_another = claims.get("idp", claims["iss"]) != claims["iss"]
        return email if is_member and not came_by_another else ""
    if claims["iss"] == GOOGLE and claims.get("hd") != domain:
        return ""  # a private Google account, made with an address of the domain at some time
    return email if claims.get("email_verified") is True else ""


def may_come_in(user: User) -> bool:
    """Is the account open, and not suspended in every agency that it belongs to?"""
    if not user.is_active or user.is_editor or user.is_staff:
        return user.is_active
    memberships = Membership.objects.filter(user=user)
    return memberships.active().exists() or not memberships.exists()


def refused(request: HttpRequest, provider: Provider, user: User | None) -> HttpResponse:
    """Answer alike whoever it is. `user` is somebody who is known, and may not come in."""
    context = {"provider": provider}
    response = render(request, "account/sign_on_refused.html", context, status=403)
    tried = partial(sign_ins.tried, user.email if user else "", sign_ins.CLOSED)
    return sign_ins.then_do(response, tried)


def failed(request: HttpRequest, provider: Provider, why: str) -> HttpResponse:
    """Say that it did not work. The log says why, and names nobody."""
    logger.warning("Single sign-on by %s failed: %s", provider.app.provider_id, why)
    return render(request, "account/sign_on_failed.html", {"provider": provider}, status=401)
