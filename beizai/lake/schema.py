"""What is kept of an order, of its lines and of everything else that happened: the columns, the same on every engine."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from beizai.base.errors import Invalid

ORDERS, LINES, EVENTS = "orders", "lines", "events"

_TIME = pa.timestamp("us")
_PARTITION = "period"


@dataclass(frozen=True)
class Table:
    """One table of the lake: its Arrow schema (a field that is not nullable must be given), and the order a sealed month lies in."""

    name: str
    schema: pa.Schema
    sorted_by: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.schema.names)


def _schema(*fields: tuple[str, pa.DataType] | tuple[str, pa.DataType, bool]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable=bool(rest and rest[0])) for name, kind, *rest in fields])


_NULL = True
_INT, _TEXT, _DATE, _BOOL = pa.int64(), pa.string(), pa.date32(), pa.bool_()

TABLES: dict[str, Table] = {
    ORDERS: Table(
        ORDERS,
        _schema(
            ("order_id", _INT),
            ("customer_id", _INT, _NULL),  # null: an anonymous sale
            ("source_id", _INT),
            ("number", _TEXT),
            ("occurred_at", _TIME),
            ("occurred_on", _DATE),
            ("received_at", _TIME),
            ("kind", _TEXT),  # sale | return
            ("amount_minor", _INT),  # net after discount, the sum of the lines; returns negative
            ("discount_minor", _INT),  # positive: given
            ("line_count", _INT),
            ("store", _TEXT, _NULL),
            ("staff", _TEXT, _NULL),
            ("country", _TEXT, _NULL),
            ("currency", _TEXT),
            ("original_currency", _TEXT, _NULL),
            ("original_amount_minor", _INT, _NULL),
            ("content_hash", _INT, _NULL),  # of an imported order: equal where nothing in it changed
            ("simulated", _BOOL),
            ("batch_id", _INT),
            ("period", _TEXT),
        ),
        ("customer_id", "occurred_at", "order_id"),
    ),
    LINES: Table(
        LINES,
        _schema(
            ("order_id", _INT),
            ("line_no", _INT),
            ("customer_id", _INT, _NULL),
            ("source_id", _INT),
            ("occurred_at", _TIME),
            ("occurred_on", _DATE),
            ("product_id", _INT, _NULL),
            ("product", _TEXT, _NULL),
            ("category", _TEXT, _NULL),
            ("quantity_milli", _INT),  # quantity x 1000; returns negative
            ("amount_minor", _INT),
            ("discount_minor", _INT),
            ("cost_minor", _INT, _NULL),  # of the goods of this line, in total
            ("simulated", _BOOL),
            ("batch_id", _INT),
            ("period", _TEXT),
        ),
        ("customer_id", "occurred_at", "order_id", "line_no"),
    ),
    EVENTS: Table(
        EVENTS,
        _schema(
            ("event_id", _INT),
            ("customer_id", _INT, _NULL),
            ("anonymous_id", _TEXT, _NULL),
            ("kind", _TEXT),
            ("occurred_at", _TIME),
            ("occurred_on", _DATE),
            ("received_at", _TIME),
            ("source_id", _INT, _NULL),
            ("campaign_id", _INT, _NULL),
            ("link_no", _INT, _NULL),
            ("verdict", _TEXT, _NULL),  # person | machine
            ("reason", _TEXT, _NULL),
            ("props", _TEXT, _NULL),  # JSON
            ("simulated", _BOOL),
            ("batch_id", _INT),
            ("period", _TEXT),
        ),
        ("customer_id", "occurred_at", "event_id"),
    ),
}

_DEFAULTS: dict[str, object] = {"simulated": False, "batch_id": 0, "discount_minor": 0}


def table(name: str) -> Table:
    """The table of this name, or Invalid."""
    if name not in TABLES:
        raise Invalid(
            "The lake has no table “{name}”.",
            hint="Its tables: {tables}.",
            name=name,
            tables=", ".join(TABLES),
        )
    return TABLES[name]


def conform(name: str, rows: pa.Table) -> pa.Table:
    """The rows with exactly the columns and types of the table.

    A nullable column may be left out, and so may `simulated`, `batch_id`, `discount_minor` and `period`
    (which is the month of `occurred_at`, always worked out here). Invalid where a column is unknown,
    missing, empty where it must not be, or does not fit its type without loss.
    """
    wanted = table(name)
    unknown = sorted(set(rows.column_names) - set(wanted.columns))
    if unknown:
        raise Invalid(
            "The table {name} has no column {columns}.",
            hint="Its columns: {known}.",
            name=name,
            columns=", ".join(unknown),
            known=", ".join(wanted.columns),
        )
    columns = [_column(rows, field, name) for field in wanted.schema if field.name != _PARTITION]
    months = _months(columns[wanted.schema.get_field_index("occurred_at")])
    return pa.table([*columns, months], schema=wanted.schema)


def _months(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """The month of each time as text; written once for each month, not for each row."""
    months = pc.floor_temporal(times, unit="month").combine_chunks().dictionary_encode()
    text = pc.strftime(months.dictionary, format="%Y-%m").cast(_TEXT)
    return pa.chunked_array([text.take(months.indices)], _TEXT)


def _column(rows: pa.Table, field: pa.Field, table_name: str) -> pa.ChunkedArray:
    if field.name not in rows.column_names:
        return _left_out(field, rows.num_rows, table_name)
    try:
        column = rows.column(field.name).cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise Invalid(
            "The column {column} of {table} does not fit {type}: {reason}",
            column=field.name,
            table=table_name,
            type=field.type,
            reason=str(error),
        ) from None
    if column.null_count and not field.nullable:
        raise Invalid(
            "The column {column} of {table} is empty in {n} rows.",
            column=field.name,
            table=table_name,
            n=column.null_count,
        )
    return column


def _left_out(field: pa.Field, count: int, table_name: str) -> pa.ChunkedArray:
    if field.nullable:
        return pa.chunked_array([pa.nulls(count, field.type)])
    if field.name in _DEFAULTS:
        return pa.chunked_array([pa.repeat(pa.scalar(_DEFAULTS[field.name], field.type), count)])
    raise Invalid("The column {column} of {table} is missing.", column=field.name, table=table_name)


def empty(name: str) -> pa.Table:
    """No row of this table."""
    return table(name).schema.empty_table()
