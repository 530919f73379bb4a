"""Make the reference's tables, its 60 rows and a person who is signed in; print their session."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["DJANGO_SETTINGS_MODULE"] = "bench.trivial.settings"

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from bench.trivial.models import Option, Sheet  # noqa: E402

call_command("migrate", run_syncdb=True, verbosity=0)
Option.objects.bulk_create(
    Option(text=f"The child is often seen alone after dark, and nobody knows where ({number})")
    for number in range(60)
)
Sheet.objects.create(pk=1)
client = Client()
client.force_login(User.objects.create_user("somebody"))
print(client.cookies["sessionid"].value)
