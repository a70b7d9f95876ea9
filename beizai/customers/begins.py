"""Two ways to ask the database that its own words do not offer: by the beginning of a text, and along one index only."""

from typing import Any

from django.db.models import CharField, Field, Lookup, Transform

_LAST = chr(0x10FFFF)


@CharField.register_lookup
class Begins(Lookup):
    """`term__begins="elo"`: a range of the index in code-point order (LIKE would fold case and read the whole table)."""

    lookup_name = "begins"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return self._range(compiler, connection, "")

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return self._range(compiler, connection, ' COLLATE "C"')

    def _range(self, compiler: Any, connection: Any, collation: str) -> tuple[str, tuple[Any, ...]]:
        column, column_params = self.process_lhs(compiler, connection)
        # the column's SQL comes from Django, the collation is one of our two constants
        sql = f"({column}{collation} >= %s AND {column}{collation} < %s)"
        return sql, (*column_params, self.rhs, *column_params, f"{self.rhs}{_LAST}")


@Field.register_lookup
class Passing(Transform):
    """`tier__passing="key_account"`: looked at in passing, while another index is walked in its order.

    SQLite keeps no statistics by itself and would sort half the book to show fifty rows; its "+" before a column keeps
    the column's own index out of the plan. PostgreSQL knows better and gets the column as it is.
    """

    lookup_name = "passing"

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> tuple[str, tuple[Any, ...]]:
        sql, params = compiler.compile(self.lhs)
        return sql, tuple(params)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, tuple[Any, ...]]:
        sql, params = compiler.compile(self.lhs)
        return f"+{sql}", tuple(params)  # the column's SQL comes from Django
