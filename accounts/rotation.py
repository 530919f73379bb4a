"""Locking again under the first key whatever an older key locked, while the portal runs.

Rows are taken some at a time, each batch in a short transaction. A row that somebody is
writing is passed over, so that nobody waits for a row that waits for them; the next pass
takes it. Killed at any time, it is simply begun again: what was done is found done. It goes
beneath the models: a record that is frozen says the same afterwards, and no date moves.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.db import transaction
from django.db.models import F, Model, QuerySet, TextField, Value
from django.db.models.functions import Cast

from accounts.keys import lock_of, locks
from accounts.locked import PURPOSE, SETTING, LockedField
from accounts.second_factor import MFA_PURPOSE, MFA_SETTING

AT_ONCE = 200
ALREADY, AGAIN, SHUT = "already", "again", "shut"
# How often each was met: under the first key already, locked again, opened by no key.
Count = Counter[str]


def in_batches(rows: QuerySet[Any, Any], change: Callable[[Any], None]) -> None:
    """Give `change` every row, whose key is its `pk` or its first value, a batch a transaction."""
    last = 0
    while True:
        with transaction.atomic():
            free = rows.select_for_update(skip_locked=True).order_by("pk")
            batch = list(free.filter(pk__gt=last)[:AT_ONCE])
            for row in batch:
                change(row)
        if not batch:
            return
        last = batch[-1].pk if isinstance(batch[-1], Model) else batch[-1][0]


class Relock:
    """Locks tokens again under the first key of a setting, and counts what it met."""

    def __init__(self, setting: str, purpose: str) -> None:
        self.first: Fernet = locks(setting, purpose)[0]
        self.all: MultiFernet = lock_of(setting, purpose)
        self.count: Count = Counter()

    def __call__(self, token: str) -> str:
        """Return the token to keep: the same one if it is under the first key, or under none."""
        try:
            self.first.decrypt(token.encode())
            self.count[ALREADY] += 1
            return token
        except InvalidToken:
            pass
        try:
            again = self.all.rotate(token.encode()).decode()
        except InvalidToken:
            self.count[SHUT] += 1
            return token
        self.count[AGAIN] += 1
        return again


def relock_columns(*, dry: bool) -> Iterator[tuple[str, Count]]:
    """Lock every locked column of the portal again. Yields each with what was met in it."""
    for model in apps.get_models():
        names = [f.name for f in model._meta.concrete_fields if isinstance(f, LockedField)]
        if names:
            yield from _relock_model(model, names, dry)


def _relock_model(model: type[Model], names: list[str], dry: bool) -> Iterator[tuple[str, Count]]:
    relocks = {name: Relock(SETTING, PURPOSE) for name in names}
    rows = model._base_manager.all()

    def change(row: tuple[Any, ...]) -> None:
        pk, *tokens = row
        pairs = zip(names, tokens, strict=True)
        kept = {name: (token, relocks[name](token)) for name, token in pairs if token}
        changed = {name: Value(new, TextField()) for name, (old, new) in kept.items() if new != old}
        if changed and not dry:
            rows.filter(pk=pk).update(**changed)

    raw = [Cast(F(name), TextField()) for name in names]
    in_batches(rows.values_list("pk", *raw), change)
    for name, relock in relocks.items():
        yield f"{model._meta.label}.{name}", relock.count


def relock_second_factors(*, dry: bool) -> Iterator[tuple[str, Count]]:
    """Lock the secrets of apps and of recovery codes again. Passkeys have none."""
    relock = Relock(MFA_SETTING, MFA_PURPOSE)

    def change(row: Authenticator) -> None:
        kept = {name: _relocked(value, relock) for name, value in row.data.items()}
        if kept != row.data and not dry:
            Authenticator.objects.filter(pk=row.pk).update(data=kept)

    secret = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
    in_batches(Authenticator.objects.filter(type__in=secret), change)
    yield "Secrets of the second factor", relock.count


def _relocked(value: Any, relock: Relock) -> Any:
    """allauth keeps a secret as a text, and codes from before it had seeds as a list of them."""
    if isinstance(value, list):
        return [relock(each) for each in value]
    return relock(value) if isinstance(value, str) else value
