"""How gunicorn serves the portal. nginx stands before it, on the same machine."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from gunicorn.glogging import Logger

from portal.logs import as_json

bind = "unix:/run/portal/gunicorn.sock"
umask = 0o007  # nginx reaches it as a member of the group portal
workers = int(os.environ.get("WEB_CONCURRENCY") or min(2 * (os.cpu_count() or 1) + 1, 9))
# Loaded once and shared: less memory, and a portal that cannot start says so before it serves.
preload_app = True
# A statement of the database ends after 20 seconds, nginx waits 40.
timeout = 30
graceful_timeout = 30
# What leaks, if something does, ends with its process. Not all on the same request.
max_requests = 5000
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm"  # noqa: S108  # a full disk must not look like a worker that hangs
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
# Only nginx can reach the socket.
forwarded_allow_ips = "*"
# Addresses of pages and of people: portal/request_log.py writes a line without them.
accesslog = None
errorlog = "-"


class logger_class(Logger):  # noqa: N801
    """What gunicorn itself says, as the portal's other lines are."""

    def setup(self, cfg: object) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(as_json())
