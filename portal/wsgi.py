"""The application as a web server calls it: it gets what is sent whole, or not at all."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# Each worker multiplies on one processor. Threads of several that wait for each other took eight
# times as long, and a request does not get quicker by what another one loses. Before NumPy loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


class WholeBody:
    """What a browser sends, of which less may come than it said.

    A web server only says that nothing more comes. A form that was cut off would be taken for a
    whole one, and half of what was typed be saved in place of all. So that is an error here:
    OSError, as Django knows it from a broken connection.
    """

    def __init__(self, stream: Any, length: int) -> None:
        self.stream, self.left = stream, length

    def read(self, size: int) -> bytes:
        return self._checked(self.stream.read(size), size)

    def readline(self, size: int) -> bytes:
        line = self.stream.readline(size)
        return self._checked(line, 0 if line.endswith(b"\n") else size)

    def _checked(self, data: bytes, wanted: int) -> bytes:
        self.left -= len(data)
        if self.left > 0 and len(data) < wanted:
            raise OSError("The connection was closed before all was sent.")
        return data


def whole(portal: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Return the portal, which gets what is sent to it whole or not at all."""

    def checked(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal():
            environ["wsgi.input"] = WholeBody(environ["wsgi.input"], int(length))
        return portal(environ, start_response)

    return checked


application = whole(get_wsgi_application())

from portal import warm  # noqa: E402 (what it loads needs the settings)

if not settings.DEBUG:
    warm.up()
