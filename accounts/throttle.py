"""Where allauth counts tries: in the cache, under names that tell nothing about anybody."""

import hmac
from hashlib import sha256

from django.conf import settings


def hidden_key(key: str, prefix: str, version: int) -> str:
    """The cache's KEY_FUNCTION: addresses and digests of emails cannot be read or guessed."""
    told = f"{prefix}:{version}:{key}"
    return hmac.new(settings.SECRET_KEY.encode(), told.encode(), sha256).hexdigest()
