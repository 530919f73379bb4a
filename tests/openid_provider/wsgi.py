"""The provider as a program. It makes its tables and its one client when it starts."""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.openid_provider.settings"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402

call_command("migrate", run_syncdb=True, verbosity=0)
Application.objects.create(
    name="portal",
    client_id=os.environ["PROVIDER_CLIENT"],
    client_secret=os.environ["PROVIDER_SECRET"],
    redirect_uris=os.environ["PROVIDER_BACK"],
    client_type="confidential",
    authorization_grant_type="authorization-code",
    algorithm="RS256",
    skip_authorization=True,
)
application = get_wsgi_application()
