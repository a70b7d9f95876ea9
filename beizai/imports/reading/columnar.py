"""Parquet files: typed columns become the text a person would have typed (17850, not 17850.0)."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from beizai.base.errors import Invalid
from beizai.base.progress import Progress
from beizai.imports.reading.staged import CHUNK_ROWS, Staged, columns_of, schema

_WHOLE = 2.0**53


def stage_parquet(path: Path, folder: Path, progress: Progress) -> Staged:
    """The file with every column as text; row 1 is its first row, as there is no row of names."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise Invalid(
            "{file} is a damaged Parquet file.",
            hint="Write it again. ({reason})",
            file=path.name,
            reason=_first_line(error),
        ) from None
    total = file.metadata.num_rows
    if total == 0:
        raise Invalid("{file} has no rows.", hint="Export it again.", file=path.name)
    columns = columns_of(file.schema_arrow.names)
    out = folder / "cells.parquet"
    done = 0
    with pq.ParquetWriter(out, schema(len(columns)), compression="lz4") as writer:
        for batch in file.iter_batches(CHUNK_ROWS):
            cells = [as_text(column) for column in batch.columns]
            writer.write_batch(
                pa.record_batch([*cells, pa.nulls(len(batch), pa.string())], schema=schema(len(columns)))
            )
            done += len(batch)
            progress(done, total, "reading")
    return Staged(path=out, name=path.name, kind="parquet", columns=columns, rows=total, first_row=1)


def as_text(column: pa.Array) -> pa.Array:
    """The values as text: whole floats without their point, times in ISO 8601, nested values as their repr."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return as_text(column.dictionary_decode())
    if pa.types.is_floating(kind):
        return _floats(column.cast(pa.float64()))
    if pa.types.is_decimal(kind):
        return pc.replace_substring_regex(column.cast(pa.string()), pattern=r"\.0+$", replacement="")
    if pa.types.is_timestamp(kind):
        return _times(column)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    return column.cast(pa.string())


def _floats(column: pa.Array) -> pa.Array:
    column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, pa.float64()))
    whole = pc.and_(pc.equal(column, pc.trunc(column)), pc.less(pc.abs(column), _WHOLE))
    integers = pc.if_else(whole, column, 0.0).cast(pa.int64()).cast(pa.string())
    return pc.if_else(whole, integers, column.cast(pa.string()))


def _times(column: pa.Array) -> pa.Array:
    zoned = column.type.tz is not None
    micro = column.cast(pa.timestamp("us", "UTC" if zoned else None), safe=False)
    text = pc.strftime(micro, format="%Y-%m-%d %H:%M:%S")
    return pc.binary_join_element_wise(text, "+00:00", "") if zoned else text


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
