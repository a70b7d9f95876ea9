"""Reading a file as it is: whatever its kind, it becomes one table of text cells that remembers its row numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from beizai.base.errors import Invalid
from beizai.base.progress import Progress, silent
from beizai.imports.reading.columnar import stage_parquet
from beizai.imports.reading.delimited import stage_text
from beizai.imports.reading.kinds import Kind, file_kind
from beizai.imports.reading.spreadsheet import stage_workbook
from beizai.imports.reading.staged import Options, Staged

__all__ = ["Kind", "Options", "Staged", "file_kind", "open_file", "stage"]


AS_FOUND = Options()


def stage(path: Path, folder: Path, options: Options = AS_FOUND, progress: Progress = silent) -> Staged:
    """The file as a staged table in `folder`. Invalid, with what to do, for a file that cannot be read."""
    kind = file_kind(path)
    if options.sheet is not None and kind not in (Kind.XLSX, Kind.XLS):
        raise Invalid("{file} has no sheets.", hint="Leave the sheet out.", file=path.name)
    match kind:
        case Kind.TEXT:
            return stage_text(path, folder, options, progress)
        case Kind.XLSX | Kind.XLS:
            return stage_workbook(path, folder, kind, options, progress)
        case Kind.PARQUET:
            return stage_parquet(path, folder, progress)


@contextmanager
def open_file(
    path: Path, *, work: Path, options: Options = AS_FOUND, progress: Progress = silent
) -> Iterator[Staged]:
    """The staged table while the block lasts; afterwards its copy of the cells is gone from the disk."""
    work.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="reading-", dir=work) as folder:
        yield stage(path, Path(folder), options, progress)
