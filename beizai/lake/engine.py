"""The engine that answers questions: Ibis over DuckDB, held to what DuckDB 2 really offers."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import ibis.expr.schema as sch
import ibis.expr.types as ir
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.backends.duckdb import Backend


class Engine(Backend):  # type: ignore[misc]  # ibis has no types
    """Ibis' DuckDB backend where DuckDB 2.0 has left Ibis 12.0 behind.

    DuckDB 2 dropped `fetch_arrow_table` and `fetch_record_batch` from connections, and refuses work on a
    connection with an unread result. Results leave as Arrow: `execute` makes pandas of Arrow, because
    Ibis' own way sets a pandas option that pandas 3 warns of.
    """

    def get_schema(
        self, table_name: str, *, catalog: str | None = None, database: str | None = None
    ) -> sch.Schema:
        named = sge.table_(table_name, db=database, catalog=catalog, quoted=self.compiler.quoted)
        return self._described(sge.Describe(this=named).sql(self.dialect))

    def _get_schema_using_query(self, query: str) -> sch.Schema:
        # the query is the compiler's own; DESCRIBE cannot be given it as a parameter
        return self._described(f"DESCRIBE {query}")

    def _described(self, query: str) -> sch.Schema:
        meta = self.con.sql(query).to_arrow_table().to_pydict()
        types = self.compiler.type_mapper
        columns = zip(meta["column_name"], meta["column_type"], meta["null"], strict=True)
        return sch.Schema(
            {name: types.from_string(kind, nullable=null == "YES") for name, kind, null in columns}
        )

    def list_tables(self, *, like: str | None = None, database: Any = None) -> list[str]:
        found = self.con.sql(
            "SELECT DISTINCT table_name FROM information_schema.tables ORDER BY ALL"
        ).fetchall()
        return list(self._filter_with_like([name for (name,) in found], like))

    @contextlib.contextmanager
    def _safe_raw_sql(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        cursor = self.raw_sql(*args, **kwargs)
        try:
            yield cursor
        finally:
            cursor.complete()

    def to_pyarrow_batches(
        self,
        expr: ir.Expr,
        /,
        *,
        params: Mapping[ir.Scalar, Any] | None = None,
        limit: int | str | None = None,
        chunk_size: int = 100_000,
        **_: Any,
    ) -> pa.RecordBatchReader:
        self._run_pre_execute_hooks(expr)
        sql = self.compile(expr.as_table(), limit=limit, params=params)
        return self.con.sql(sql).to_arrow_reader(chunk_size)

    def execute(self, expr: ir.Expr, /, **kwargs: Any) -> Any:
        """A data frame, a series or a Python value, by way of Arrow."""
        result = self.to_pyarrow(expr, **kwargs)
        return result.as_py() if isinstance(result, pa.Scalar) else result.to_pandas()


def over(connection: duckdb.DuckDBPyConnection) -> Engine:
    """The engine over an open DuckDB connection."""
    engine: Engine = Engine.from_connection(connection)
    return engine
