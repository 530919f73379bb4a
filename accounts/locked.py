"""Fields whose values cannot be read from the database: what people write about a child.

A column holds a Fernet token (AES-128-CBC and HMAC-SHA256) under the first of DATA_KEYS; all
of them open. No database can look into it: a lookup raises FieldError instead of finding
nothing. An empty text stays empty: that nothing was written is no secret.
"""

import json
from datetime import date
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models

from accounts.keys import lock_of

SETTING, PURPOSE = "DATA_KEYS", "what people wrote"


class CannotOpen(ImproperlyConfigured):
    """None of DATA_KEYS opens a value: a key is missing, or the value was tampered with."""


def lock(text: str) -> str:
    """Return a text locked under the first of DATA_KEYS."""
    return lock_of(SETTING, PURPOSE).encrypt(text.encode()).decode()


def unlock(token: str, whose: object = "a value") -> str:
    """Return the text in a token. Raises CannotOpen, which names `whose` it is and no content."""
    try:
        return lock_of(SETTING, PURPOSE).decrypt(token.encode()).decode()
    except InvalidToken:
        raise CannotOpen(f"None of {SETTING} opens {whose}.") from None


def is_locked(text: str) -> bool:
    """Say whether a text is a token that one of DATA_KEYS opens."""
    try:
        lock_of(SETTING, PURPOSE).decrypt(text.encode())
    except InvalidToken:
        return False
    return True


class LockedField(models.TextField):
    """What all of them share. `dump` and `parse` are between a value and its text."""

    def dump(self, value: Any) -> str:
        return str(value)

    def parse(self, text: str) -> Any:
        return text

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if value is None or hasattr(value, "as_sql"):
            return super().get_db_prep_save(value, connection)
        text = self.dump(value)
        return lock(text) if text else text

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        if value is None:
            return None
        return self.parse(unlock(value, self) if value else value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self} is locked: nothing is found by {lookup_name!r} in it.")

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self} is locked: there is no {lookup_name!r} to be had from it.")


class LockedTextField(LockedField):
    """Text."""


class LockedJSONField(LockedField):
    """Anything that JSON can hold. None is no value, as in Django's own."""

    def dump(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def parse(self, text: str) -> Any:
        return json.loads(text)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> Any:
        return self.value_from_object(obj)


class LockedDateField(LockedField):
    """A day."""

    def dump(self, value: date) -> str:
        return value.isoformat()

    def parse(self, text: str) -> date:
        return date.fromisoformat(text)

    def to_python(self, value: Any) -> Any:
        return self.parse(value) if isinstance(value, str) and value else value

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return self.dump(value) if value else ""
