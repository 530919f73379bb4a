"""What a person sent with a form: for the form itself, or to give back where it was not taken."""

from django.http import HttpRequest, QueryDict
from django.views.decorators.http import require_http_methods

# A page with a form: it is looked at, or what was filled in is sent.
may_post = require_http_methods(["GET", "HEAD", "POST"])
SECRETS = ("csrfmiddlewaretoken", "password", "oldpassword")
# What a page of ours says to itself, and nobody typed.
OUR_OWN = {"leave", "once", "read", "version"}


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form is bound to, or None while its page is only looked at."""
    return request.POST if request.method == "POST" else None


def typed(request: HttpRequest) -> list[str]:
    """Return the texts of a form that was not taken, to copy, without passwords."""
    return [
        text
        for name, values in request.POST.lists()
        if not name.startswith(SECRETS) and name not in OUR_OWN
        for text in values
        if text
    ]


def fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what was sent, name by name, to send it once more with a token of its own.

    Nothing where it holds a password or a file: those are given again by the person alone.
    """
    names = [name for name in request.POST if name != SECRETS[0]]
    if request.FILES or any(name.startswith(SECRETS) for name in names):
        return []
    return [(name, value) for name in names for value in request.POST.getlist(name)]
