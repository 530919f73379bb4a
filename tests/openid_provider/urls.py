"""The provider's pages, and the door by which a test tells it about people."""

import json

from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def person(request: HttpRequest, username: str) -> HttpResponse:
    told = json.loads(request.body)
    user, _ = User.objects.get_or_create(username=username)
    user.email, user.last_name = told["email"], told["wrong"]
    user.first_name = json.dumps(told["claims"])
    user.set_password(told["password"])
    user.save()
    return HttpResponse(status=204)


urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("sign-in/", LoginView.as_view(template_name="sign_in.html")),
    path("people/<slug:username>/", person),
]
