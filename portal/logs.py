"""What the server's log must not hold."""

import logging
import re

# Whoever has the address of an invitation or of a password reset may use it.
TOKEN = re.compile(r"(\b(?:invitation|reset/key)/+)[^/\s]+", re.IGNORECASE)


class WithoutTokens(logging.Filter):
    """Leaves out of a message what would let its reader in: Django logs whole addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = TOKEN.sub(r"\1[token]", record.getMessage()), None
        return True
