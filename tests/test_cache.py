"""The cache in the database holds JSON, and reads nothing else."""

import base64
import pickle
import time
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection

pytestmark = pytest.mark.django_db


class Bomb:
    """Loaded as a pickle, it runs what it likes."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.file,)


def write(key: str, value: str) -> None:
    """Put a row into the table as somebody would who can reach the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE portal_cache SET value = %s WHERE cache_key = %s", [value, cache.make_key(key)]
        )
        assert cursor.rowcount == 1


def test_a_pickled_row_is_never_loaded(tmp_path: Path) -> None:
    file = tmp_path / "was-run"
    bomb = base64.b64encode(pickle.dumps(Bomb(file))).decode()
    pickle.loads(base64.b64decode(bomb))  # noqa: S301 (to see that it would)
    file.unlink()
    for planted in (bomb, base64.b64encode(pickle.dumps([1.5])).decode(), "", "{", "[" * 99_999):
        cache.set("planted", 1)
        write("planted", planted)
        assert cache.get("planted") is None
        assert cache.get_many(["planted"]) == {}
        cache.set("planted", 2)
        assert cache.get("planted") == 2
    assert not file.exists()


def test_what_json_knows_comes_back_and_nothing_else_is_taken() -> None:
    for value in ([1.5, 2], {"a": None}, "text", True, 0, ""):
        cache.set("kept", value)
        assert cache.get("kept") == value
    for other in (b"bytes", object(), {1, 2}):
        with pytest.raises(TypeError):
            cache.set("kept", other)
    assert cache.get("kept") == ""


def test_it_keeps_adds_touches_counts_and_forgets_as_django_says() -> None:
    assert cache.add("key", 1, 60) and not cache.add("key", 2, 60)
    assert cache.get("key") == 1 and cache.incr("key") == 2 and "key" in cache
    assert cache.touch("key", 0.01)
    time.sleep(0.02)
    assert cache.get("key", "gone") == "gone"
    assert not cache.touch("key", 60), "what is over does not come back"
    assert cache.add("key", 3, None) and cache.get("key") == 3
    assert cache.delete("key") and not cache.delete("key")
    cache.set_many({"a": 1, "b": 2}, -1)
    assert cache.get_many(["a", "b"]) == {} and cache.get_many([]) == {}


def test_a_flood_of_keys_pushes_out_what_is_over_first() -> None:
    cache.clear()
    before, cache._max_entries = cache._max_entries, 3  # type: ignore[attr-defined]
    try:
        cache.set("stays", 1, 60)
        for number in range(20):
            cache.set(f"over-{number}", 1, -1)
        assert cache.get("stays") == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM portal_cache")
            assert cursor.fetchone()[0] <= 5
    finally:
        cache._max_entries = before  # type: ignore[attr-defined]
