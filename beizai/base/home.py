"""The home: the one folder that holds a whole book."""

import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from beizai.base.errors import NotFound


@dataclass(frozen=True)
class Home:
    """Where the parts of a book lie. Nothing is created by asking for a path."""

    root: Path

    @property
    def office_db(self) -> Path:
        return self.root / "office.db"

    @property
    def inbox_db(self) -> Path:
        return self.root / "inbox.db"

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def uploads(self) -> Path:
        return self.root / "uploads"

    @property
    def analysis(self) -> Path:
        """Copies made for counting; nothing is lost with them, they are made anew."""
        return self.root / "analysis"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def log(self) -> Path:
        return self.root / "log"

    def make(self) -> None:
        """Creates the folders and the secret keys that are missing; keys are readable by their owner alone."""
        for folder in (self.root, self.lake, self.uploads, self.keys, self.log):
            folder.mkdir(parents=True, exist_ok=True)
        if os.name == "posix":
            self.keys.chmod(0o700)
        for name in ("django", "signing", "suppression"):
            self._make_key(name)

    def _make_key(self, name: str) -> None:
        path = self.keys / f"{name}.key"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())

    @cached_property
    def _keys_read(self) -> dict[str, bytes]:
        return {}

    def key(self, name: str) -> bytes:
        """The secret key of this name (32 bytes), made by `make`."""
        if name not in self._keys_read:
            path = self.keys / f"{name}.key"
            if not path.exists():
                raise NotFound(
                    "The key {file} is missing in {folder}.",
                    hint="Restore the keys folder from its backup, or run 'beizai init' for a new home.",
                    file=path.name,
                    folder=self.keys,
                )
            self._keys_read[name] = bytes.fromhex(path.read_text(encoding="ascii").strip())
        return self._keys_read[name]


def current() -> Home:
    """The home of this process: BEIZAI_HOME, or beizai-home in the working folder."""
    return Home(Path(os.environ.get("BEIZAI_HOME", "beizai-home")).expanduser().absolute())
