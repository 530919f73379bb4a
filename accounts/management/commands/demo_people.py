"""manage.py demo_people: three people to try the portal with. Development only."""

from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import salted_hmac

from accounts.models import Agency, Membership, User

PEOPLE = (
    ("teacher@example.org", "Tess Okafor", "Class teacher", Membership.Role.PRACTITIONER),
    ("lead@example.org", "Liam Birch", "Designated safeguarding lead", Membership.Role.LEAD),
    ("editor@example.org", "Edie Marsh", "Guidance editor", None),
)


class Command(BaseCommand):
    help = "Creates the demonstration people and prints their passwords. Refused in production."

    def handle(self, *args: object, **options: object) -> None:
        if not settings.DEBUG:
            raise CommandError("Demonstration people are for development: DEBUG is off.")
        agency, _ = Agency.objects.get_or_create(
            name="Demonstration Primary School", defaults={"kind": Agency.Kind.SCHOOL}
        )
        self.stdout.write("Demonstration people (development only):")
        for email, name, job_title, role in PEOPLE:
            password = demo_password(email)
            user = _person(email, name, job_title, password)
            if role:
                Membership.objects.get_or_create(user=user, agency=agency, defaults={"role": role})
            else:
                _make_editor(user)
            label = role.label if role else "Editor of the guidance"
            self.stdout.write(f"  {label:18} {email:20} {password}")


def demo_password(email: str) -> str:
    """Return the same password at every start of one installation, and no other's."""
    return salted_hmac("demo_people", email).hexdigest()[:16]


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
