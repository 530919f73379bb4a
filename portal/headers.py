"""Headers that no library sets."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class OwnPagesOnly:
    """Middleware: no page of another site may load ours, not even as an image or a script.

    Outermost, so that static files get it too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response
