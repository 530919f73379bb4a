"""Pages that fail, each with what somebody typed in hand, in every way that is likely."""

import logging
import warnings

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from accounts.models import Agency, User
from portal.urls import urlpatterns as portal_urls

CANARY = "Zinnia-Quokka"


def in_a_view(request: HttpRequest, child: str = "") -> HttpResponse:
    child = child or CANARY
    raise ValueError(f"{child} is no number")


def in_a_chain(request: HttpRequest, child: str = "") -> HttpResponse:
    try:
        {}[CANARY]  # type: ignore[index]
    except KeyError as error:
        raise RuntimeError(f"No {CANARY}") from error


def in_the_database(request: HttpRequest, child: str = "") -> HttpResponse:
    with transaction.atomic():
        for _ in range(2):
            Agency.objects.create(name=CANARY)
    return HttpResponse()


def in_a_form(request: HttpRequest, child: str = "") -> HttpResponse:
    User(email=CANARY).full_clean()
    return HttpResponse()


def in_a_template(request: HttpRequest, child: str = "") -> HttpResponse:
    page = engines.all()[0].from_string("{{ child.name.first }}")
    return HttpResponse(page.render({"child": {"name": CANARY}}) + page.render({CANARY: 1}))


def refused(request: HttpRequest, child: str = "") -> HttpResponse:
    raise PermissionDenied(CANARY)


def missing(request: HttpRequest, child: str = "") -> HttpResponse:
    raise Http404(CANARY)


def suspicious(request: HttpRequest, child: str = "") -> HttpResponse:
    raise SuspiciousOperation(CANARY)


def said_by_a_library(request: HttpRequest, child: str = "") -> HttpResponse:
    for name in ("weasyprint", "fontTools.subset", "django.somewhere", "gunicorn.error"):
        logging.getLogger(name).error(f"Invalid request: {CANARY}")
        logging.getLogger(name).error("A glyph of %s at %d", CANARY, 7)
        logging.getLogger(name).error("Too few for %s and %s", CANARY)
        logging.getLogger(name).error(ValueError(CANARY))
    warnings.warn(f"A naive time: {CANARY}", RuntimeWarning, stacklevel=1)
    return HttpResponse()


def from_an_agency(request: HttpRequest, child: str = "") -> HttpResponse:
    """What our own code says is written as it is."""
    logging.getLogger("referrals.mailing").error("Alerts were not sent: %s", "SMTPException")
    return HttpResponse()


FAIL = {
    view.__name__: view
    for view in (
        in_a_view, in_a_chain, in_the_database, in_a_form, in_a_template, refused, missing,
        suspicious, said_by_a_library, from_an_agency,
    )
}  # fmt: skip
urlpatterns = [
    path(f"{name}/{kind}", view, name=name)
    for name, view in FAIL.items()
    for kind in ("", "<slug:child>/")
] + portal_urls
