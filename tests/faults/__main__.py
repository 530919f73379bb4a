"""python -m tests.faults: whole conversations while processes are killed. See kills.py."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from tests.faults.kills import main  # noqa: E402

sys.exit(main())
