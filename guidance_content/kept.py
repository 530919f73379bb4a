"""A file that an editor brought, kept a while between the dry run and "do it".

It is kept under the editor and its digest: what is done is what was shown. It holds guidance
and nothing personal, and only the last file of each editor and purpose is kept.
"""

import zlib
from base64 import b64decode, b64encode
from hashlib import sha256

from django.core.cache import cache

from accounts.models import User

KEPT_SECONDS = 60 * 60


def keep(user: User, purpose: str, data: bytes) -> str:
    """Keep `data` and return its digest."""
    digest = sha256(data).hexdigest()
    packed = b64encode(zlib.compress(data)).decode()
    cache.set(_key(user, purpose), (digest, packed), KEPT_SECONDS)
    return digest


def take(user: User, purpose: str, digest: str) -> bytes | None:
    """Return what was kept with this digest, None where it is gone or another came after it."""
    found = cache.get(_key(user, purpose))
    return zlib.decompress(b64decode(found[1])) if found and found[0] == digest else None


def drop(user: User, purpose: str) -> None:
    cache.delete(_key(user, purpose))


def _key(user: User, purpose: str) -> str:
    return f"kept:{user.pk}:{purpose}"
