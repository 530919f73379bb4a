"""manage.py demo_people: three people to try the portal with. Development only.

The lead and the editor must give a code after their password. Nobody has their phone, so
the command is the phone: `demo_people --code lead@example.org` prints the code of now.
"""

from argparse import ArgumentParser
from base64 import b32encode
from time import time

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import salted_hmac

from accounts.models import Agency, Membership, User
from accounts.second_factor import is_compulsory_for

PEOPLE = (
    ("teacher@example.org", "Tess Okafor", "Class teacher", Membership.Role.PRACTITIONER),
    ("lead@example.org", "Liam Birch", "Designated safeguarding lead", Membership.Role.LEAD),
    ("editor@example.org", "Edie Marsh", "Guidance editor", None),
)


class Command(BaseCommand):
    help = "Creates the demonstration people and prints their passwords. Refused in production."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--code", metavar="EMAIL", help="print the code of one person, now")

    def handle(self, *args: object, **options: object) -> None:
        if not settings.DEBUG:
            raise CommandError("Demonstration people are for development: DEBUG is off.")
        if options.get("code"):
            self.stdout.write(demo_code(str(options["code"])))
        else:
            self.create()

    def create(self) -> None:
        agency, _ = Agency.objects.get_or_create(
            name="Demonstration Primary School", defaults={"kind": Agency.Kind.SCHOOL}
        )
        self.stdout.write("Demonstration people (development only):")
        codes = []
        for email, name, job_title, role in PEOPLE:
            password = demo_password(email)
            user = _person(email, name, job_title, password)
            if role:
                Membership.objects.get_or_create(user=user, agency=agency, defaults={"role": role})
            else:
                _make_editor(user)
            label = role.label if role else "Editor of the guidance"
            self.stdout.write(f"  {label:24} {email:20} {password}")
            if is_compulsory_for(user):
                _give_app(user)
                codes.append(f"{label.lower()} {demo_code(email)}")
        self.stdout.write(f"After the password comes a code. Now: {', '.join(codes)}.")
        self.stdout.write("For the next: .venv/bin/python manage.py demo_people --code EMAIL")


def demo_password(email: str) -> str:
    """Return the same password at every start of one installation, and no other's."""
    return salted_hmac("demo_people", email).hexdigest()[:16]


def demo_secret(email: str) -> str:
    """Return the secret of a demonstration person's authenticator app."""
    digest = salted_hmac("demo_people.app", email, algorithm="sha256").digest()
    return b32encode(digest[:20]).decode()


def demo_code(email: str) -> str:
    """Return the code that a demonstration person's app shows now. Raises CommandError."""
    if email not in {person[0] for person in PEOPLE}:
        raise CommandError("That is none of the demonstration people.")
    return format_hotp_value(
        hotp_value(demo_secret(email), int(time()) // app_settings.TOTP_PERIOD)
    )


def _give_app(user: User) -> None:
    """Set up the app whose codes the command prints, in place of any other."""
    Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()
    TOTP.activate(user, demo_secret(user.email))


def _person(email: str, name: str, job_title: str, password: str) -> User:
    user = User.objects.filter(email=email).first() or User(email=email)
    user.name, user.job_title, user.is_active = name, job_title, True
    # Setting the same password again would sign the person out.
    if not user.check_password(password):
        user.set_password(password)
    user.save()
    return user


def _make_editor(user: User) -> None:
    user.is_editor = user.is_staff = True
    user.save()
    guidance = Permission.objects.filter(
        content_type__app_label__in=["thresholds", "guidance_content"], codename__startswith="view_"
    )
    user.user_permissions.set(guidance)
