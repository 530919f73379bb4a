"""What the server writes down: a line a request, and what failed, with nothing about anybody.

In production every line is JSON. Of a message only what stands in the code is kept: numbers are
filled in, texts are not, for a text may be what somebody typed. Of an error its type and the
places in the code are kept, never its message: a database's error prints the row, a form's what
was typed. docs/decisions/0015 tells why.
"""

import logging
import re
import sys
import threading
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from structlog.typing import EventDict, ExcInfo, WrappedLogger

ROOT = str(Path(__file__).resolve().parent.parent) + "/"
# Whoever has the address of an invitation or of a password reset may use it.
TOKEN = re.compile(r"(\b(?:invitation|reset/key)/+)[^/\s]+", re.IGNORECASE)
OUR_OWN = ("accounts", "guidance_content", "portal", "referrals", "thresholds")
# Their messages are known to be constant before texts are filled in. Others' may not be.
KNOWN = ("django", "gunicorn", "health_check")
LEFT_OUT = "…"
MOST_FRAMES = 40


class WithoutTokens(logging.Filter):
    """Leaves out of a message what would let its reader in: Django logs whole addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if TOKEN.search(message):
            record.msg, record.args = TOKEN.sub(r"\1[token]", message), None
        return True


def as_json() -> logging.Formatter:
    """Return the formatter of production, and send it what nobody catches as well."""
    sys.excepthook = uncaught
    threading.excepthook = lambda failed: uncaught(
        failed.exc_type, failed.exc_value, failed.exc_traceback
    )
    # Logging itself would print a message that it cannot format, with all that was to fill it.
    logging.raiseExceptions = False
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars],
        use_get_message=False,
        pass_foreign_args=True,
        processors=[
            _as_said_in_the_code,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", key="at"),
            structlog.processors.ExceptionRenderer(places),
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(default=lambda thing: type(thing).__name__),
        ],
    )


def uncaught(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    """Log what ended a command: Python itself would print its message."""
    if issubclass(kind, KeyboardInterrupt):
        return
    if issubclass(kind, CommandError | ImproperlyConfigured):
        # Written for whoever typed the command.
        print(f"{kind.__name__}: {error}", file=sys.stderr)
        return
    told = (kind, error or kind(), trace)
    logging.getLogger("portal.uncaught").critical("Nobody caught this", exc_info=told)


def places(raised: ExcInfo) -> list[dict[str, Any]]:
    """Return an error and what it came from, each as its type and its places in the code."""
    told: list[dict[str, Any]] = []
    error: BaseException | None = raised[1]
    while error is not None and len(told) < 10:
        frames = [
            f"{frame.f_code.co_filename.removeprefix(ROOT)}:{line} {frame.f_code.co_name}"
            for frame, line in walk_tb(error.__traceback__)
        ]
        one: dict[str, Any] = {
            "type": f"{type(error).__module__}.{type(error).__qualname__}",
            "at": frames[-MOST_FRAMES:],
        }
        # PostgreSQL's code for what was wrong, and the rule that was broken: of the schema.
        if code := getattr(error, "pgcode", None):
            rule = getattr(getattr(error, "diag", None), "constraint_name", None)
            one |= {"sqlstate": code} | ({"constraint": rule} if rule else {})
        told.append(one)
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)
    return told


def _as_said_in_the_code(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Put in place of a message what of it stands in the code, or else where it was said."""
    record: logging.LogRecord = event["_record"]
    args = event.pop("positional_args", ())
    event.pop("stack_info", None)
    if event["_from_structlog"]:
        return event  # our own, made of known fields alone
    is_ours = record.name.split(".")[0] in OUR_OWN
    is_known = record.name.split(".")[0] in KNOWN and args
    if isinstance(event["event"], str) and (is_ours or is_known):
        event["event"] = _filled(event["event"], args, whole=is_ours)
    else:
        event["event"] = "left out"
        event["said_at"] = f"{record.pathname.removeprefix(ROOT)}:{record.lineno}"
    return event


def _filled(template: str, args: Any, *, whole: bool) -> str:
    """Return a message with its numbers; with its texts too only if all of it is `whole`.

    What our own code fills in is read by tests/test_logs.py: names of types, keys of rows.
    """
    if not args:
        return template
    values = args if isinstance(args, tuple) else (args,)
    kept = tuple(value if whole or isinstance(value, int | float) else LEFT_OUT for value in values)
    try:
        return template % kept
    except (TypeError, ValueError, KeyError):
        return template
