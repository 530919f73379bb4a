"""One process, as a worker is: all that the server loads before is loaded, then come PDFs.

It reads a record's key and content as JSON, and writes as JSON what its PDFs took.
"""

import json
import sys
import time
from pathlib import Path

import django

django.setup()

from portal import warm  # noqa: E402
from referrals import pdf  # noqa: E402
from referrals.models import Conversation  # noqa: E402

key, content = json.load(sys.stdin)
warm.up()
conversation = Conversation.objects.get(pk=key)
conversation.content = content
taken = []
for _ in range(6):
    began = time.perf_counter()
    pdf.render_pdf(conversation)
    taken.append(time.perf_counter() - began)
size = int(Path("/proc/self/smaps_rollup").read_text().split("Pss:")[1].split()[0])
print(json.dumps({"first": taken[0], "warm": sorted(taken[1:])[2], "megabytes": size / 1024}))
