"""Pictures that came with what somebody said: made anew without what was hidden in them; any other file is only listed."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from beizai.base import home
from beizai.base.errors import NotFound
from beizai.conversations.models import Attachment
from beizai.customers import photos

LARGEST_BYTES = 10_000_000
_NAME = 120


@dataclass(frozen=True)
class Came:
    """A file as it came: its name, its size, and its bytes where it may be a picture."""

    name: str
    size: int
    content: bytes | None = None


def folder() -> Path:
    """Where they lie: in the uploads, in a folder no public address reaches."""
    return home.current().uploads / "conversations"


def keep(came: Came, mark: str) -> Attachment:
    """The attachment (not saved) of a picture, drawn anew and kept under a name made of `mark`; Invalid where it is none.

    The same mark writes the same file, so that sending again after a crash leaves one.
    """
    assert came.content is not None
    drawn = photos.drawn(came.content)
    folder().mkdir(parents=True, exist_ok=True)
    name = f"{mark[:40]}.jpg"
    part = folder() / f"{name}.part"
    part.write_bytes(drawn)
    part.replace(folder() / name)
    return Attachment(name=plain(came.name), file=name, bytes=len(drawn))


def listed(came: Came) -> Attachment:
    """The attachment (not saved) of a file that is not kept."""
    return Attachment(name=plain(came.name), bytes=came.size)


def plain(name: str) -> str:
    """A file's name as it may be shown: without folders, control characters and what turns the direction of writing.

    >>> plain("../../etc/pass\\u202ewd\\n"), plain("C:\\\\photos\\\\shoe.jpg")
    ('passwd', 'shoe.jpg')
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in last if one.isprintable())[:_NAME].strip()


def path_of(one: Attachment) -> Path:
    """Where a picture lies; NotFound where it is none, or gone."""
    found = folder() / Path(one.file).name
    if not one.file or not found.is_file():
        raise NotFound("There is no such picture.")
    return found


def forget(attachments: Iterable[Attachment]) -> None:
    """Takes pictures off the disk."""
    for one in attachments:
        if one.file:
            (folder() / Path(one.file).name).unlink(missing_ok=True)
