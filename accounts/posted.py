"""What a person sent with a form: for the form itself, or to give back where it was not taken."""

from django.http import HttpRequest, QueryDict

SECRETS = ("csrfmiddlewaretoken", "password", "oldpassword")


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form is bound to, or None while its page is only looked at."""
    return request.POST if request.method == "POST" else None


def typed(request: HttpRequest) -> list[str]:
    """Return the texts of a form that was not taken, to copy, without passwords."""
    texts = request.POST.lists()
    return [
        text for name, values in texts if not name.startswith(SECRETS) for text in values if text
    ]
