"""Pictures on a card: a look at what was sent, made anew without its hidden notes, kept in the home."""

import hashlib
import io
import uuid
import warnings
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from beizai.base import home
from beizai.base.errors import Invalid, NotFound

FOLDER = "facts"
_MOST_BYTES = 12_000_000
_MOST_PIXELS = 50_000_000
_LONGEST_SIDE = 2000


def keep(sent: bytes) -> dict[str, Any]:
    """Keeps a picture and gives the value of its fact; Invalid where it is none, too large, or made to burst.

    It is drawn anew as a JPEG of at most 2,000 pixels a side, so that nothing hidden in the file (the place it was
    taken, a program) comes along.
    """
    if len(sent) > _MOST_BYTES:
        raise Invalid(
            "This picture has {size} MB.",
            hint="At most {limit} MB.",
            size=round(len(sent) / 1e6),
            limit=_MOST_BYTES // 1_000_000,
        )
    made = drawn(sent)
    name = f"{uuid.uuid4().hex}.jpg"
    folder = home.current().uploads / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(made)
    return {"file": name, "type": "image/jpeg", "bytes": len(made)}


def drawn(sent: bytes) -> bytes:
    """The picture made anew as a JPEG, upright, without anything hidden; Invalid where it is none or made to burst."""
    out = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(sent), formats=("JPEG", "PNG", "WEBP", "GIF")) as picture:
                if picture.width * picture.height > _MOST_PIXELS:
                    raise Invalid("This picture is too large.", hint="Send it smaller.")
                upright = ImageOps.exif_transpose(picture).convert("RGB")
                upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
                upright.save(out, "JPEG", quality=85)
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):
        raise Invalid("This file is not a picture.", hint="Send a JPEG, PNG, WebP or GIF.") from None
    return out.getvalue()


def copy(drawn: Path, *, mark: str) -> dict[str, Any]:
    """Keeps a copy of a picture that was made anew already, and gives the value of its fact; one mark, one file."""
    name = f"{hashlib.blake2b(mark.encode(), digest_size=16).hexdigest()}.jpg"
    target = home.current().uploads / FOLDER / name
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(drawn.read_bytes())
    return {"file": name, "type": "image/jpeg", "bytes": target.stat().st_size}


def path_of(value: Any) -> Path:
    """Where the picture of this fact lies, or NotFound."""
    name = value.get("file", "") if isinstance(value, dict) else ""
    found = home.current().uploads / FOLDER / Path(name).name
    if not name or not found.is_file():
        raise NotFound("This picture is no longer kept.", hint="Ask for a new one.")
    return found


def forget(value: Any) -> None:
    """Takes a picture off the disk; what is no picture is left alone."""
    name = value.get("file", "") if isinstance(value, dict) else ""
    if name:
        (home.current().uploads / FOLDER / Path(name).name).unlink(missing_ok=True)
