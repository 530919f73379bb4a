"""Queries that nearly every request asks, put together and compiled once.

Django does both anew each time, which takes longer than the database takes to answer. Only the
text of a query is kept, and nothing that it finds: who may see what is asked each time. PostgreSQL
prepares it too, once for each connection: it reads and plans a long query for longer than it
looks for the rows.

    by_email = Prepared(lambda: User.objects.filter(email=Given(0, EmailField())))
    by_email("somebody@example.org")

What changes from one time to the next must be `Given`. Anything else that `make` takes from the
moment, such as today's date, would stay for ever as it was.
"""

from collections.abc import Callable
from copy import copy
from functools import cached_property, partial
from itertools import count
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import connections
from django.db.models import Field, Model, QuerySet, Value

Row = TypeVar("Row", bound=Model)
Asked = tuple[str, tuple[Any, ...], Callable[[], object]]


class Given(Value):
    """A value that is told when the query is asked: the one at `place` of those told."""

    def __init__(self, place: int, field: "Field[Any, Any]") -> None:
        super().__init__(place, output_field=field)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]

    def told(self, values: tuple[object, ...], connection: Any) -> object:
        return self.output_field.get_db_prep_value(values[self.value], connection, prepared=False)


class Text:
    """What a compiled query says, and the values that it is asked with."""

    def __init__(self, sql: str, params: tuple[Any, ...]) -> None:
        self.sql, self.params = sql, params

    def asked(self, values: tuple[object, ...], connection: Any) -> Asked:
        """Return the SQL, what to ask it with, and what to call once it was answered."""
        return self.sql, self._told(values, connection), _nothing

    def _told(self, values: tuple[object, ...], connection: Any) -> tuple[Any, ...]:
        return tuple(
            param.told(values, connection) if isinstance(param, Given) else param
            for param in self.params
        )


class ServerText(Text):
    """The same, prepared in PostgreSQL under a name. What is not `Given` stands in the text.

    A connection holds what was prepared on it until it ends, whatever becomes of a transaction.
    A proxy that hands one connection to several clients in turns would break that.
    """

    numbers = count(1)

    def __init__(self, sql: str, params: tuple[Any, ...], connection: Any, table: str) -> None:
        with connection.cursor() as cursor:
            places, told = count(1), []
            for param in params:
                is_told = isinstance(param, Given)
                told.append(f"${next(places)}" if is_told else _literal(cursor, param))
        text = (sql % tuple(told)).replace("%", "%%")
        super().__init__(text, tuple(param for param in params if isinstance(param, Given)))
        self.table = table
        self._names: WeakKeyDictionary[Any, str] = WeakKeyDictionary()

    def asked(self, values: tuple[object, ...], connection: Any) -> Asked:
        # As a cursor does: a connection that has died is replaced now, by one that knows nothing.
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        on, given = connection.connection, self._told(values, connection)
        if name := self._names.get(on):
            return _execute(name, given), given, _nothing
        # A name of its own for each try: whether one that failed was prepared, nobody knows.
        name = f"{self.table}_{next(self.numbers)}"
        sql = f"PREPARE {name} AS {self.sql}; {_execute(name, given)}"
        return sql, given, partial(self._names.setdefault, on, name)


def _execute(name: str, given: tuple[Any, ...]) -> str:
    return f"EXECUTE {name}" + (f" ({', '.join(['%s'] * len(given))})" if given else "")


def _nothing() -> None:
    pass


def _literal(cursor: Any, value: object) -> str:
    return str(cursor.mogrify("%s", [value]).decode())


class Prepared(Generic[Row]):
    """What `make` returns, for values that are told each time. It is made when first asked for.

    PostgreSQL plans it once, for values of usual frequency. Where one value has half of all rows,
    and another hardly any, there must be an index that is short for both.
    """

    def __init__(self, make: Callable[[], QuerySet[Row]]) -> None:
        self.make = make
        # By the name of the database: the text is another in another kind of database.
        self._compiled: dict[str, tuple[Any, Text]] = {}

    def __call__(self, *values: object) -> list[Row]:
        rows = self._rows
        compiler, text = self._compiled.get(rows.db) or self._compile(rows.db)
        asked, query = copy(compiler), copy(rows.query)
        asked.connection = connections[rows.db]
        sql, given, answered = text.asked(values, asked.connection)
        asked.as_sql = lambda *args, **kwargs: (sql, given)
        query.get_compiler = lambda *args, **kwargs: asked  # type: ignore[method-assign]
        found: Any = QuerySet(rows.model, query, rows.db)
        found._iterable_class, found._fields = rows._iterable_class, rows._fields  # type: ignore[attr-defined]
        answer = list(found)
        answered()
        return answer

    def first(self, *values: object) -> Row | None:
        return next(iter(self(*values)), None)

    @cached_property
    def _rows(self) -> QuerySet[Row]:
        return self.make()

    def _compile(self, name: str) -> tuple[Any, Text]:
        compiler, connection = self._rows.query.get_compiler(name), connections[name]
        sql, params = compiler.as_sql()
        if connection.vendor == "postgresql":
            table = self._rows.model._meta.db_table
            text: Text = ServerText(sql, params, connection, table)
        else:
            text = Text(sql, params)
        return self._compiled.setdefault(name, (compiler, text))
