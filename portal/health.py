"""Is the process alive, and is it ready for people? Asked by the server itself and by monitors.

Both answer in one word, to anybody. What is wrong stands in the log.
"""

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.cache import cache
from django.core.mail import get_connection
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from health_check import checks
from health_check.base import HealthCheck
from health_check.exceptions import HealthCheckException, ServiceUnavailable
from health_check.views import HealthCheckView

from accounts.locked import CannotOpen
from portal.overdue import overdue
from referrals.models import Answer
from thresholds.open_pages import home

log = logging.getLogger(__name__)


class OwnConnection(HealthCheck):
    """A check that asks by the connection that pages use, and opens no second one."""

    async def run(self) -> None:
        try:
            await sync_to_async(self.ask)()
        except Error as error:
            raise ServiceUnavailable(type(error).__name__) from error

    def ask(self) -> None:
        """Raises a HealthCheckException, or an Error of the database, when it is not well."""
        raise NotImplementedError


@dataclass
class Database(OwnConnection, checks.Database):
    """Does it answer?"""

    def ask(self) -> None:
        checks.Database.run(self)


@dataclass
class Migrated(OwnConnection):
    """Does the database have the shape that this code needs?"""

    def ask(self) -> None:
        if not_applied():
            raise ServiceUnavailable("Migrations are not applied.")


def not_applied() -> set[tuple[str, str]]:
    """Return the migrations of this code that the database lacks."""
    return _known() - MigrationRecorder(connection).applied_migrations().keys()


@lru_cache(maxsize=1)
def _known() -> set[tuple[str, str]]:
    """Return the migrations of this code, each as app and name."""
    return set(MigrationLoader(None).disk_migrations)


@dataclass
class Guided(OwnConnection):
    """Is there guidance in force, with somebody's telephone number?"""

    def ask(self) -> None:
        try:
            home()
        except Http404:
            raise ServiceUnavailable("No guidance is loaded.") from None


@dataclass
class Counting(OwnConnection):
    """Can wrong passwords be counted? Nobody can sign in otherwise."""

    def ask(self) -> None:
        cache.get("ready")


@dataclass
class Readable(OwnConnection):
    """Do DATA_KEYS open what was written last? Otherwise nobody could go on with anything."""

    def ask(self) -> None:
        last = Answer.objects.order_by("-pk").values_list("data", flat=True)
        try:
            last.first()
        except CannotOpen as error:
            raise ServiceUnavailable(str(error)) from None


@dataclass
class Mail(OwnConnection):
    """Does the mail server answer? Asked by ?mail alone: without it the portal still serves."""

    def ask(self) -> None:
        try:
            mail = get_connection()
            mail.open()
            mail.close()
        except OSError as error:
            raise HealthCheckException(type(error).__name__) from error


@dataclass
class BackedUp(OwnConnection):
    """Are backups taken and tried? Asked by ?backups alone: the portal serves without them."""

    def ask(self) -> None:
        folder = settings.BACKUP_FOLDER
        wrong = overdue(Path(folder), timezone.now()) if folder else ["BACKUP_FOLDER is not set."]
        for problem in wrong:
            # What the library logs of it leaves the words out.
            log.error("Backups: %s", problem)
        if wrong:
            raise HealthCheckException("Backups are not taken or not tried.")


class Ready(HealthCheckView):
    """200 when all is well, and 503 when something is not."""

    http_method_names = ["get", "head"]
    checks = (Database, Migrated, Guided, Counting, Readable)

    def get_checks(self) -> Any:
        yield from super().get_checks()
        if "mail" in self.request.GET:
            yield Mail()
        if "backups" in self.request.GET:
            yield BackedUp()

    async def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # One after the other, up to the first that fails: what follows rests on it.
        for check in self.get_checks():
            if (await check.get_result()).error:
                return HttpResponse(
                    "not ready\n", content_type="text/plain; charset=utf-8", status=503
                )
        return HttpResponse("ready\n", content_type="text/plain; charset=utf-8")


ready = Ready.as_view()


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """200 while the process answers. It asks nothing of the database."""
    return HttpResponse("alive\n", content_type="text/plain; charset=utf-8")


# accounts.middleware lets them through without asking who it is.
alive.open_to_all = ready.open_to_all = True
