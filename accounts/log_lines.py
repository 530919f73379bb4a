"""Lines of the server's log that are made of fields alone. portal/logs.py writes them out."""

import logging

import structlog


def lines(name: str) -> structlog.stdlib.BoundLogger:
    """Return the log of that name. It writes every field as it is: give it nothing typed."""
    log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
    )
    return log
