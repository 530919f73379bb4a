"""manage.py send_alerts: sends what nobody was told yet. For cron, every five minutes."""

from django.core.management.base import BaseCommand, CommandError

from referrals import mailing, watch


class Command(BaseCommand):
    help = (
        "Looks for drafts about danger that were left and for follow-ups that are due, and "
        "sends the emails about them and those that could not be sent. Exits 1 if one could not."
    )

    def handle(self, *args: object, **options: object) -> None:
        watch.look()
        result = mailing.send_all()
        for alert in mailing.given_up():
            about = alert.conversation.reference or "a draft"
            self.stderr.write(f"Given up after 3 days: alert {alert.pk}, {alert.kind}, {about}")
        self.stdout.write(
            f"Sent {result.sent}, failed {result.failed}, no longer needed {result.dropped}."
        )
        if result.failed:
            why = ", ".join(sorted(result.why))
            raise CommandError(f"{result.failed} alerts were not sent: {why}.", returncode=1)
