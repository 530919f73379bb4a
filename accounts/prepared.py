"""Queries that nearly every request asks, put together and compiled once.

Django does both anew each time, which takes longer than the database takes to answer. Only the
text of a query is kept, and nothing that it finds: who may see what is asked each time.

    by_email = Prepared(lambda: User.objects.filter(email=Given(0, EmailField())))
    by_email("somebody@example.org")

What changes from one time to the next must be `Given`. Anything else that `make` takes from the
moment, such as today's date, would stay for ever as it was.
"""

from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import Field, Model, QuerySet, Value

Row = TypeVar("Row", bound=Model)


class Given(Value):
    """A value that is told when the query is asked: the one at `place` of those told."""

    def __init__(self, place: int, field: "Field[Any, Any]") -> None:
        super().__init__(place, output_field=field)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]

    def told(self, values: tuple[object, ...], connection: Any) -> object:
        return self.output_field.get_db_prep_value(values[self.value], connection, prepared=False)


class Prepared(Generic[Row]):
    """What `make` returns, for values that are told each time. It is made when first asked for."""

    def __init__(self, make: Callable[[], QuerySet[Row]]) -> None:
        self.make = make
        # By the name of the database: the text is another in another kind of database.
        self._compiled: dict[str, tuple[Any, str, tuple[Any, ...]]] = {}

    def __call__(self, *values: object) -> list[Row]:
        rows = self._rows
        compiler, sql, params = self._compiled.get(rows.db) or self._compile(rows.db)
        asked, query = copy(compiler), copy(rows.query)
        asked.connection = connections[rows.db]
        given = tuple(
            param.told(values, asked.connection) if isinstance(param, Given) else param
            for param in params
        )
        asked.as_sql = lambda *args, **kwargs: (sql, given)
        query.get_compiler = lambda *args, **kwargs: asked  # type: ignore[method-assign]
        return list(QuerySet(rows.model, query, rows.db))

    def first(self, *values: object) -> Row | None:
        return next(iter(self(*values)), None)

    @cached_property
    def _rows(self) -> QuerySet[Row]:
        return self.make()

    def _compile(self, name: str) -> tuple[Any, str, tuple[Any, ...]]:
        compiler = self._rows.query.get_compiler(name)
        return self._compiled.setdefault(name, (compiler, *compiler.as_sql()))
