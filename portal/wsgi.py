"""The application as a web server calls it."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()

from portal import warm  # noqa: E402 (what it loads needs the settings)

if not settings.DEBUG:
    warm.up()
