"""What belongs to a row, fetched in the same query as the row: each query is a journey to the
database and back, and a page waits for all of them.
"""

from typing import Any

from django.db.models import Aggregate, JSONField, QuerySet, Subquery
from django.db.models.functions import JSONObject


class AsList(Aggregate):
    """The values of all rows as one list, in no order."""

    function = "JSONB_AGG"
    output_field = JSONField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **context)


def listed(rows: QuerySet[Any], by: str, **columns: str) -> Subquery:
    """Return these columns of `rows` for the query around it, as a list of dictionaries.

    All rows have the same `by`. Without any, it is None.
    """
    grouped = rows.order_by().values(by).annotate(together=AsList(JSONObject(**columns)))
    return Subquery(grouped.values("together"))
