"""The portal as in production, beside a trivial page and a bare PDF, in one run.

    make bench                                     about four minutes, at 10,000 conversations
    make bench ARGS="--quick"                      that all of it works, in half a minute
    make bench ARGS="--conversations 1000000"      also 10000000: hours, and about 40 GB of disk
    make bench ARGS="--minutes 10"                 so long at --rate conversations a second
    make bench ARGS="--requests 10000"             memory after so many requests

Only ratios count: the machine's speed swings. The figures beside them are of this hour. Nothing
here is a test, and nothing of it fails for being slow.
"""

import argparse
import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.servers import Server, environment, postgresql  # noqa: E402


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=12, help="whole journeys, in turns")
    parser.add_argument("--minutes", type=float, default=0.5, help="of steady load")
    parser.add_argument("--rate", type=float, default=3, help="whole conversations a second")
    parser.add_argument("--requests", type=int, default=1000, help="before memory is read again")
    parser.add_argument("--quick", action="store_true", help="a little of each")
    found = parser.parse_args()
    if found.quick:
        found.conversations, found.rounds, found.minutes, found.requests = 300, 1, 0.03, 40
    return found


def main() -> None:
    options = asked()
    memory = "2GB" if options.conversations > 100_000 else "512MB"
    with postgresql(memory) as address, TemporaryDirectory(prefix="bench-") as folder:
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
            _measure(options, session, trivial, servers)
        finally:
            for server in servers:
                server.stop()


def _make_databases(address: str) -> None:
    import psycopg2

    made = psycopg2.connect(f"{address}/postgres")
    made.autocommit = True
    with made.cursor() as cursor:
        cursor.execute("CREATE DATABASE portal")
        cursor.execute("CREATE DATABASE trivial")
        cursor.execute("CREATE EXTENSION pg_stat_statements")
    made.close()


def _measure(
    options: argparse.Namespace, session: str, trivial: str, servers: list[Server]
) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from accounts.models import User
    from bench import documents, fill, pages, steady
    from bench.client import Browser
    from bench.table import show
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
    large, lead = fill.fill(options.conversations)
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
    show("Pages, beside the trivial page", pages.lines_of(times, queries, ours.port))
    print(f"Steps, the slowest first: {pages.slowest(times)}")
    show("The desk's SQL", pages.desk_sql(lead, large, 1 if options.quick else 12))

    record = Conversation.objects.filter(reference__startswith="TG-").earliest("pk")
    show("The PDF, beside bare WeasyPrint", documents.measure(
        record, *((2, 1, 0) if options.quick else (15, 3, 16))
    ))  # fmt: skip
    show("Memory of the server, two workers", _memory(options, ours, author, leads, record))
    show("Steady load", steady.measure(ours.port, sessions, options.rate, options.minutes * 60))
    print(f"\nAll of it took {time.monotonic() - began:.0f} s.")


def _memory(options, server, author, leads, record) -> list:
    """Return what the server holds: as it starts, after PDFs, after many requests."""
    from bench.pages import LONG_PAGE
    from bench.table import Line

    lines = [Line("Before PDFs", server.megabytes(), 130, "MB", "shared memory counted once")]
    for _ in range(4 if options.quick else 20):
        leads.get(f"/conversations/{record.token}/pdf/")
    lines.append(Line("After PDFs", server.megabytes(), 260, "MB"))
    addresses = ["/", LONG_PAGE, "/desk/", "/conversations/", "/conversations/new/", "/grid/"]
    for number in range(options.requests):
        browser = leads if addresses[number % 6] == "/desk/" else author
        browser.get(addresses[number % 6])
    after = f"After {options.requests:,} requests more"
    lines.append(Line(after, server.megabytes(), 260, "MB"))
    author.post("/find/", {"words": "comes in hungry and dirty"})
    author.post("/find/", {"words": "comes in hungry and dirty"})
    lines.append(Line("After the finder was used", server.megabytes(), None, "MB"))
    return lines


if __name__ == "__main__":
    main()
