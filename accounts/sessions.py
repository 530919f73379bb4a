"""Django's sessions in the database, whose query is compiled once: every request asks it."""

from django.contrib.sessions.backends.db import SessionStore as Sessions
from django.contrib.sessions.models import Session
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from accounts.prepared import Given, Prepared

LIVE = Prepared(
    lambda: Session.objects.filter(
        session_key=Given(0, CharField()), expire_date__gt=Given(1, DateTimeField())
    )
)


class SessionStore(Sessions):
    def _get_session_from_db(self) -> Session | None:
        found = LIVE.first(self.session_key, timezone.now())
        if found is None:
            # What a browser made up, or what is over, becomes nobody's session.
            self._session_key = None
        return found
