"""Single sign-on: out to the provider, and back."""

from collections.abc import Callable
from functools import wraps

from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from accounts.single_sign_on import Protocol, Provider, SocialAdapter, failed

View = Callable[..., HttpResponse]


def with_provider(view: View) -> View:
    """Only providers that are set up have these pages."""

    @wraps(view)
    def wrapper(request: HttpRequest, provider_id: str) -> HttpResponse:
        try:
            provider = SocialAdapter().get_provider(request, provider=provider_id)
        except SocialApp.DoesNotExist as error:
            raise Http404("There is no such provider.") from error
        return view(request, provider)

    return wrapper


@require_POST
@with_provider
def sign_on(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Send a person to the provider, by a page that sends the browser on at once.

    A redirect would be stopped by our own content security policy, which lets no form lead
    elsewhere; a school's provider may lead on to a third site, which nobody could list.
    """
    if slowed := ratelimit.consume_or_429(request, action="login"):
        return slowed
    try:
        response = provider.redirect(request, get_next_redirect_url(request))
    except (OAuth2Error, RequestException) as error:
        return failed(request, provider, type(error).__name__)
    if "Location" not in response:
        return response
    context = {"provider": provider, "address": response["Location"]}
    return render(request, "account/sign_on.html", context)


@require_safe
@with_provider
def sign_on_back(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Where the provider sends the browser back to."""
    view = OAuth2CallbackView.adapter_view(Protocol(request, provider.app.provider_id))
    return view(request)
