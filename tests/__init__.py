"""All tests. This is read before any of them, and so before NumPy loads."""

import os

# As each worker of the portal does (portal/wsgi.py): with two lanes of tests on two processors,
# threads of both wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
