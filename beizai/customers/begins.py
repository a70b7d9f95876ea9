"""Looking words up by their beginning, with an index, on SQLite and on PostgreSQL."""

from typing import Any

from django.db.models import CharField, Lookup

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
