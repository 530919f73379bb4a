"""The portal as in production, beside a trivial page and a bare PDF, in one run.

    make bench                                     about four minutes, at 10,000 conversations
    make bench ARGS="--quick"                      that all of it works, in half a minute
    make bench ARGS="--conversations 1000000"      four minutes more and 2.5 GB of disk; ten times
                                                   both for 10000000
    make bench ARGS="--minutes 10"                 so long at --rate conversations a second
    make bench ARGS="--requests 10000"             memory after so many requests
    make bench ARGS="--kept FOLDER"                fill a database there, or use the one that is
    make bench ARGS="--json FILE"                  the figures to keep; --against FILE, beside them

Only ratios count: the machine's speed swings. The figures beside them are of this hour. Nothing
here is a test, and nothing of it fails for being slow.
"""

import argparse
import logging
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.servers import Server, environment, postgresql  # noqa: E402
from bench.table import Report, values_in  # noqa: E402

# Of its processors: with more in use when it begins, a run is of no use for its figures.
BUSY = 0.25
FILES = ("json", "against", "kept")


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=12, help="whole journeys, in turns")
    parser.add_argument("--minutes", type=float, default=0.5, help="of steady load")
    parser.add_argument("--rate", type=float, default=3, help="whole conversations a second")
    parser.add_argument("--requests", type=int, default=1000, help="before memory is read again")
    parser.add_argument("--quick", action="store_true", help="a little of each")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="of a database to use again")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures in it")
    parser.add_argument("--against", type=Path, metavar="FILE", help="an earlier --json")
    found = parser.parse_args()
    if found.quick:
        found.conversations, found.rounds, found.minutes, found.requests = 300, 1, 0.03, 40
    return found


def main() -> None:
    options = asked()
    report = Report(values_in(options.against) if options.against else {})
    load, processors = os.getloadavg(), os.cpu_count() or 1
    print(f"Load average {load[0]:.2f}, {load[1]:.2f}, {load[2]:.2f} on {processors} processors")
    if load[0] > processors * BUSY:
        print("WARNING: others are at work here. Only ratios of one run say anything, if these do.")
    memory = "2GB" if options.conversations > 100_000 else "512MB"
    with postgresql(memory, options.kept) as address, TemporaryDirectory(prefix="bench-") as folder:
        portal, trivial = f"{address}/portal", f"{address}/trivial"
        _make_databases(address)
        os.environ |= environment(portal, folder) | {"TRIVIAL_DATABASE_URL": trivial}
        os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
        # Filling takes as long as it takes; the servers keep to the portal's own limit.
        os.environ["STATEMENT_TIMEOUT"] = "0"
        session = subprocess.run(
            [sys.executable, str(ROOT / "bench" / "trivial" / "set_up.py")],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip
        servers = []
        try:
            _measure(options, report, session, trivial, servers)
        finally:
            for server in servers:
                server.stop()
    if options.json:
        report.keep(
            options.json, at=datetime.now(UTC).isoformat(timespec="seconds"),
            load_before=load, load_after=os.getloadavg(), processors=processors,
            asked={name: value for name, value in vars(options).items() if name not in FILES},
        )  # fmt: skip


def _make_databases(address: str) -> None:
    import psycopg2

    made = psycopg2.connect(f"{address}/postgres")
    made.autocommit = True
    with made.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'portal'")
        if not cursor.fetchone():
            cursor.execute("CREATE DATABASE portal")
            cursor.execute("CREATE EXTENSION pg_stat_statements")
        cursor.execute("DROP DATABASE IF EXISTS trivial")
        cursor.execute("CREATE DATABASE trivial")
    made.close()


def _measure(
    options: argparse.Namespace, report: Report, session: str, trivial: str, servers: list[Server]
) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.urls import reverse

    from accounts.models import User
    from bench import desk, documents, fill, many, pages, steady
    from bench.client import Browser
    from referrals.models import Conversation
    from tests.people import signed_in

    def session_of(user: User) -> str:
        return signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value

    # The requests that make the templates are none of anybody's.
    logging.disable(logging.INFO)
    began = time.monotonic()
    call_command("migrate", verbosity=0)
    call_command("load_guidance", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    large, lead = fill.filled(options.conversations)
    print(f"{options.conversations:,} conversations stand after {time.monotonic() - began:.0f} s")
    sessions = [
        session_of(user)
        for user in User.objects.filter(email__startswith="author-").order_by("pk")[:20]
    ]
    servers.append(Server("portal.wsgi", STATEMENT_TIMEOUT="20"))
    servers.append(
        Server("django.core.wsgi:get_wsgi_application()", TRIVIAL_DATABASE_URL=trivial,
               DJANGO_SETTINGS_MODULE="bench.trivial.settings")
    )  # fmt: skip
    ours, theirs = servers
    author = Browser(ours.port, sessions[0])
    leads = Browser(ours.port, session_of(lead))
    reference = Browser(theirs.port, session, cookies=("sessionid", "csrftoken"))
    times = pages.in_turns(author, leads, reference, options.rounds)
    queries = pages.queries_of_posts(author)
    report.show("Pages, beside the trivial page", pages.lines_of(times, queries, ours.port))
    print(f"Steps, the slowest first: {pages.slowest(times)}")
    report.show("The desk, asked by several", many.desk_at_once(leads, 5 if options.quick else 50))
    times = 1 if options.quick else 12
    report.show("The desk's SQL", [*desk.sql(lead, large, times), *desk.pairs(lead, times)])
    report.show("Its text search", desk.search(lead, large, options.conversations, times))

    record = Conversation.objects.filter(reference__startswith="TG-").earliest("pk")
    report.show("The PDF, beside bare WeasyPrint", documents.measure(
        record, *((2, 1, 0) if options.quick else (15, 3, 16))
    ))  # fmt: skip
    report.show("Memory of the server, two workers", many.memory(
        ours, author, leads, reverse("conversation_pdf", args=[record.token]), options.requests,
        4 if options.quick else 20,
    ))  # fmt: skip
    report.show("Steady load", steady.measure(ours, sessions, options.rate, options.minutes * 60))
    print(f"\nAll of it took {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
