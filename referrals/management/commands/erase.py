"""manage.py erase: erases one conversation because somebody decided so. Shows it first."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Agency, Membership, User
from referrals import erasure, ledger
from referrals.kept import BY_HAND, Erasure, Hold
from referrals.models import Conversation

HELD = "It is held, or all of its agency is: nobody may erase it until the hold is lifted."


class Command(BaseCommand):
    help = (
        "Says what would go with one conversation; with --erase, asks for its reference once more "
        "and erases it. There is no way back. One that is held is never erased."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="such as TG-4K7M-Q2XD; of a draft, its token")
        parser.add_argument("--reason", required=True, choices=[str(reason) for reason in BY_HAND])
        parser.add_argument(
            "--by", required=True, help="the email address of the lead or staff who decided it"
        )
        parser.add_argument("--erase", action="store_true", help="erase, and not only show")
        parser.add_argument("--confirm", help="the reference once more, for scripts")

    def handle(self, *args: object, **options: Any) -> None:
        name = options["reference"]
        conversation = _found(name)
        by = _decider(options["by"], conversation.agency)
        if Hold.objects.on(conversation).exists():
            raise CommandError(HELD)
        for part, number in erasure.parts_of(conversation).items():
            self.stdout.write(f"{part}: {number}")
        if not options["erase"]:
            self.stdout.write("Nothing was erased. Give --erase to erase it.")
            return
        again = options["confirm"]
        if again is None:
            again = input(f"This cannot be undone. Type {name} to erase it: ")
        if again.strip() != name:
            raise CommandError("That is not what you asked to erase. Nothing was erased.")
        try:
            reason = Erasure.Reason(options["reason"])
            erasure.erase(conversation=conversation, by=by, reason=reason)
        except erasure.Held:
            raise CommandError(HELD) from None
        except erasure.NothingThere:
            raise CommandError("Somebody else has erased it meanwhile.") from None
        except (OSError, ledger.DamagedLedger) as error:
            raise CommandError(f"Nothing was erased: the ledger was not written. {error}") from None
        erasure.forget_visits([str(conversation.token)])
        self.stdout.write("Erased, and written into the ledger.")


def _found(name: str) -> Conversation:
    """Return the conversation of a reference or token. Raises CommandError for none."""
    among = Conversation.objects.select_related("agency")
    try:
        found = among.filter(token=UUID(name)).first()
    except ValueError:
        found = among.filter(reference=name).first()
    if found is None:
        raise CommandError("There is no such conversation.")
    return found


def _decider(email: str, agency: Agency) -> User:
    """Return who decided: staff, or a lead of the agency. Raises CommandError for others."""
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    leads = Membership.objects.leads().filter(agency=agency)
    if user and (user.is_staff or leads.filter(user=user, user__is_editor=False).exists()):
        return user
    raise CommandError("Only staff or a lead of its agency can decide that it is erased.")
