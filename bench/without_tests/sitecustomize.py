"""Python runs this before all else, where this folder is in PYTHONPATH: bench/servers.py.

The libraries of the tests bring some that the portal's libraries load where they are there. In
production they are not.
"""

import sys

for name in ("chardet", "lxml", "rich"):
    sys.modules[name] = None  # type: ignore[assignment]  # as Python says that there is none
