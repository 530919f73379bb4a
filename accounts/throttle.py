"""How tries are counted: those of allauth in the cache, under names that tell nothing about
anybody, and searches in memory.
"""

import hmac
from hashlib import sha256

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest

# Characters. To read a longer text takes up to some seconds of a processor.
LONG_TEXT = 2_000
TOO_MANY_FINDS = "Too many searches came from your network. Wait a minute, then try again"


def hidden_key(key: str, prefix: str, version: int) -> str:
    """The cache's KEY_FUNCTION: addresses and digests of emails cannot be read or guessed."""
    told = f"{prefix}:{version}:{key}"
    return hmac.new(settings.SECRET_KEY.encode(), told.encode(), sha256).hexdigest()


def may_find(request: HttpRequest, text: str) -> bool:
    """Count a search, and say whether it may be done now: anybody may search, signed in or not.

    Counted in this process's memory, a minute at a time: the finder writes nothing down, and
    goes on while the database does not. Nothing of the text counts but whether it is long.
    """
    size = "long" if len(text) > LONG_TEXT else "any"
    counts, key = caches["process"], f"find:{size}:{get_ip(request)}"
    counts.add(key, 0, timeout=60)
    return counts.incr(key) <= settings.FINDS_A_MINUTE[size]
