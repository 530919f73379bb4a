"""Keys from the settings: what locks, what opens, and digests by which locked words are found.

Such a setting is a list of long texts. The first locks; all of them open, so that a key can be
changed while the portal runs: `manage.py rotate_keys` locks everything again under the first.
Each use draws a key of its own from the text, so one text can serve several.
"""

import hmac
from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def locks(setting: str, purpose: str) -> tuple[Fernet, ...]:
    """Return a lock for each key of a setting, the one that locks first.

    Raises ImproperlyConfigured, which names the setting, where it holds no key.
    """
    return _locks(_keys(setting), purpose)


def lock_of(setting: str, purpose: str) -> MultiFernet:
    """Return the first key of a setting to lock with, and all of them to open with."""
    return _lock(_keys(setting), purpose)


def digests(setting: str, purpose: str, text: str) -> list[bytes]:
    """Return the digest of a text under each key of a setting, the first key's first."""
    return [hmac.digest(_drawn(key, purpose), text.encode(), "sha256") for key in _keys(setting)]


def _keys(setting: str) -> tuple[str, ...]:
    keys = tuple(key for key in getattr(settings, setting) if key)
    if not keys:
        raise ImproperlyConfigured(f"{setting} holds no key.")
    return keys


@lru_cache(maxsize=64)
def _locks(keys: tuple[str, ...], purpose: str) -> tuple[Fernet, ...]:
    return tuple(Fernet(urlsafe_b64encode(_drawn(key, purpose))) for key in keys)


@lru_cache(maxsize=64)
def _lock(keys: tuple[str, ...], purpose: str) -> MultiFernet:
    return MultiFernet(_locks(keys, purpose))


@lru_cache(maxsize=64)
def _drawn(key: str, purpose: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.encode())
