"""The import's own working desk: the staged cells under our names, choices made, every judgement one question away."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from beizai.base import clock
from beizai.imports import statements
from beizai.imports.reading.staged import Staged
from beizai.imports.recognise import FIELDS, Kind, Mapped

Connection = duckdb.DuckDBPyConnection
_MEMORY = "900MB"
_RENAMED = {"order": "order_text", "at": "at_text"}  # `order` and `at` are words of SQL


@dataclass
class Desk:
    """One file on the desk. `con` belongs to it alone and is gone with it."""

    con: Connection
    staged: Staged
    mapped: Mapped

    def run(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> None:
        """Runs a statement that answers nothing."""
        self.con.execute(statement, parameters).complete()

    def rows(self, question: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a small answer."""
        return self.con.execute(question, parameters).fetchall()

    def one(self, question: str) -> dict[str, Any]:
        """The one row of an answer, by column."""
        result = self.con.execute(question)
        names = [column[0] for column in result.description]
        return dict(zip(names, result.fetchone() or (None,) * len(names), strict=True))

    def variables(self, **values: Any) -> None:
        """Sets variables the statements ask for (the names are ours)."""
        for name, value in values.items():
            self.run(f"set variable {name} = ?", [value])

    def fill(self, table: str, columns: pa.Table) -> None:
        """Adds rows to one of the small tables (its name is one of our constants)."""
        self.con.register("incoming", columns)
        self.run(f"insert into {table} select * from incoming")  # noqa: S608
        self.con.unregister("incoming")

    def sample(self, count: int) -> list[tuple[str | None, ...]]:
        """The first rows of the file, as they stand."""
        cells = [duckdb.ColumnExpression(f"c{column.index}") for column in self.staged.columns]
        return self.con.read_parquet(str(self.staged.path)).limit(count).select(*cells).fetchall()

    def lay_out(self) -> None:
        """The view `cells`: row number, problem, and each field of the kind as text, null where the file has none."""
        column, constant = duckdb.ColumnExpression, duckdb.ConstantExpression
        rows = self.con.read_parquet(str(self.staged.path), file_row_number=True)
        nothing = constant(None).cast("VARCHAR")
        fields = {
            name: column(f"c{self.mapped.fields[name]}") if name in self.mapped.fields else nothing
            for name in FIELDS[self.mapped.kind]
        }
        rows.select(
            (column("file_row_number") + constant(self.staged.first_row)).alias("row_no"),
            column("problem"),
            *(expression.alias(_RENAMED.get(name, name)) for name, expression in fields.items()),
            *(column(f"c{index}").alias(f"attribute_{index}") for index in self.mapped.attributes.values()),
        ).create_view("cells", replace=True)


@contextmanager
def open_desk(staged: Staged, mapped: Mapped, folder: Path) -> Iterator[Desk]:
    """A desk for a staged file; what does not fit the memory goes into `folder`."""
    con = duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(folder)})
    try:
        desk = Desk(con, staged, mapped)
        desk.run("set TimeZone = 'UTC'")
        desk.run("set enable_progress_bar = false")  # it would go into standard output
        desk.run(statements.MACROS)
        desk.run(statements.SMALL_TABLES)
        desk.lay_out()
        yield desk
    finally:
        con.close()


@dataclass(frozen=True)
class Choices:
    """What is decided about a file: by the user, else by its content.

    `repairs` says for each repair code whether it is done; what it does not name goes by its default.
    """

    currency: str
    zone: str
    now: datetime
    country: str = ""
    dates: str | None = None
    decimal: str | None = None
    repairs: Mapping[str, bool] = field(default_factory=dict)

    def does(self, code: str, *, default: bool = True) -> bool:
        """Whether this repair is to be done."""
        return self.repairs.get(code, default)

    @property
    def latest(self) -> datetime:
        """The last moment a row may bear, in the shop's zone: a day ahead of now, as clocks differ."""
        return self.now.astimezone(clock.zone(self.zone)).replace(tzinfo=None) + timedelta(days=1)


__all__ = ["Choices", "Connection", "Desk", "Kind", "open_desk"]
