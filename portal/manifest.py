"""What a backup must hold: counts, the heads of the chains, a sample of summaries. No words.

It is sealed with the key of the events, so that nobody can change a backup and make it fit.
"""

import hmac
import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.locked import CannotOpen
from accounts.models import Chain
from referrals.models import Conversation

# The newest, and as many of all, chosen at random.
SAMPLE = 100
CLOSED = "closed"

Manifest = dict[str, Any]


class BadManifest(Exception):
    """It is not there, cannot be read, or was not sealed by this portal. The text says which."""


def take() -> Manifest:
    """Return what the database holds now. Call it in the transaction of the backup."""
    key = settings.EVENT_KEYS[0]
    return {
        "vendor": connection.vendor,
        "rows": rows(),
        "chains": chains(),
        "summaries": dict(_summaries(sample(), key)),
    }


def rows() -> dict[str, int]:
    """Return how many rows each table has."""
    counted = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            counted[table] = cursor.fetchone()[0]
    return counted


def chains() -> dict[str, list[Any]]:
    """Return the length and the head of each chain of events."""
    found = Chain.objects.order_by("key").values_list("key", "length", "head")
    return {key: [length, head] for key, length, head in found}


def sample() -> list[Any]:
    recorded = Conversation.objects.recorded()
    newest = recorded.order_by("-pk").values_list("token", flat=True)[:SAMPLE]
    any_of_them = recorded.order_by("?").values_list("token", flat=True)[:SAMPLE]
    return [*{*newest, *any_of_them}]


def _summaries(tokens: list[Any], key: str) -> Iterator[tuple[str, str]]:
    """Yield a keyed digest of each of these conversations' summaries: it tells nothing of it.

    CLOSED stands in place of one that no key opens.
    """
    for token in tokens:
        found = Conversation.objects.filter(token=token)
        try:
            for told in found.values_list("reference", "content"):
                yield str(token), _digest([str(token), *told], key)
        except CannotOpen:
            yield str(token), CLOSED


def differences(wanted: Manifest) -> list[str]:
    """Return how the database differs from what a manifest says, but for the counts of rows."""
    now = chains()
    found = [
        f"chain {name}: {wanted['chains'].get(name)} in the backup, {now.get(name)} restored"
        for name in sorted(wanted["chains"].keys() | now.keys())
        if wanted["chains"].get(name) != now.get(name)
    ]
    restored = dict(_summaries([*wanted["summaries"]], _key_of(wanted)))
    return found + [
        f"conversation {token}: its summary {_wrong_with(restored.get(token))}"
        for token, digest in wanted["summaries"].items()
        if restored.get(token) in (CLOSED, None) or restored[token] != digest
    ]


def _wrong_with(digest: str | None) -> str:
    if digest is None:
        return "is missing"
    return "cannot be opened: is a key missing (DATA_KEYS)?" if digest == CLOSED else "is another"


def row_differences(wanted: Manifest) -> list[str]:
    counted = rows()
    return [
        f"{table}: {wanted['rows'].get(table)} rows in the backup, {counted.get(table)} restored"
        for table in sorted(wanted["rows"].keys() | counted.keys())
        if wanted["rows"].get(table) != counted.get(table)
    ]


def seal(manifest: Manifest) -> str:
    """Return the manifest as text, sealed."""
    sealed = manifest | {"seal": _digest(manifest, settings.EVENT_KEYS[0])}
    return json.dumps(sealed, indent=1, sort_keys=True)


def unseal(text: str) -> Manifest:
    """Return a manifest from its text. Raises BadManifest."""
    try:
        manifest = json.loads(text)
        told = {name: value for name, value in manifest.items() if name != "seal"}
    except (ValueError, AttributeError):
        raise BadManifest("The manifest cannot be read.") from None
    if not _key_of(manifest):
        raise BadManifest("The manifest was not sealed with a key of this portal (EVENT_KEYS).")
    return told | {"seal": manifest["seal"]}


def _key_of(manifest: Manifest) -> str:
    """Return which of the keys sealed it, or ""."""
    told = {name: value for name, value in manifest.items() if name != "seal"}
    seal_of = str(manifest.get("seal", ""))
    keys = settings.EVENT_KEYS
    return next((key for key in keys if hmac.compare_digest(seal_of, _digest(told, key))), "")


def _digest(value: object, key: str) -> str:
    told = json.dumps(value, sort_keys=True, default=str)
    return hmac.new(key.encode(), told.encode(), sha256).hexdigest()
