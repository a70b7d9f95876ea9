"""A PostgreSQL of the tests' own: made in a temporary folder, reached by a unix socket, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

_SETTINGS = "-c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=60"
UNPRIVILEGED = "nobody"


def binaries() -> Path | None:
    """The folder that holds initdb and pg_ctl, the newest version first; None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return installed[-1].parent if installed else None


def _as_unprivileged(command: list[str]) -> list[str]:
    """initdb and the server refuse root: then they run as nobody."""
    if os.name != "posix" or os.geteuid() != 0:
        return command
    return ["runuser", "-u", UNPRIVILEGED, "--", *command]


def _run(command: list[str]) -> None:
    done = subprocess.run(
        _as_unprivileged(command),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")


@contextmanager
def cluster() -> Iterator[str]:
    """Starts a cluster and gives its DATABASE_URL (database postgres, user beizai); stops and removes it at the end."""
    found = binaries()
    if found is None:
        raise RuntimeError("PostgreSQL is not installed.")
    folder = Path(tempfile.mkdtemp(prefix="bz-pg-"))  # short: a socket's path has room for 107 bytes
    if os.geteuid() == 0:
        shutil.chown(folder, UNPRIVILEGED)
    folder.chmod(0o755)
    data = str(folder / "data")
    try:
        _run(
            [
                str(found / "initdb"),
                "-D",
                data,
                "-A",
                "trust",
                "-U",
                "beizai",
                "--no-sync",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            ]
        )
        options = f"-k {folder} {_SETTINGS}"
        # The server's own output goes to a file: a pipe that it inherits would never close.
        _run([str(found / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start"])
        try:
            yield f"postgresql://beizai@/postgres?host={quote(str(folder), safe='')}"
        finally:
            _run([str(found / "pg_ctl"), "-D", data, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
