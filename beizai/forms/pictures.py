"""Photos customers send with a form: made anew, smaller and without what the camera wrote into them; anything else is refused."""

import contextlib
import secrets
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from PIL import Image, ImageOps

from beizai.base import home
from beizai.base.errors import Invalid, NotFound
from beizai.forms.definition import Ask, Definition, read
from beizai.forms.models import AnswerSheet

LARGEST_BYTES = 10_000_000
_MOST_PIXELS = 50_000_000
_WIDEST = 2_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def folder(form_id: int) -> Path:
    """Where the photos of a form lie: in the uploads, in a folder the public address of pictures does not reach."""
    return home.current().uploads / "forms" / str(form_id)


def keep(given: IO[bytes], size: int, form_id: int) -> str:
    """Keeps a photo as a JPEG without its metadata and returns its name; Invalid where it is none, or too large."""
    if size > LARGEST_BYTES:
        raise Invalid("The photo is larger than 10 MB.", hint="Send a smaller one.", code="photo_large")
    try:
        picture = _opened(given)
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError, Warning):
        raise Invalid(
            "This file is not a picture.", hint="Send a JPEG, PNG, WebP or GIF.", code="not_a_photo"
        ) from None
    name = f"{secrets.token_hex(12)}.jpg"
    folder(form_id).mkdir(parents=True, exist_ok=True)
    picture.save(folder(form_id) / name, format="JPEG", quality=85)
    return name


def _opened(given: IO[bytes]) -> Image.Image:
    """The picture upright in plain colours, all metadata left behind; a file with too many pixels is not even decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(given, formats=_FORMATS) as found:
            if found.width * found.height > _MOST_PIXELS:
                raise ValueError("too many pixels")
            found.draft("RGB", (_WIDEST, _WIDEST))
            upright = ImageOps.exif_transpose(found)
            upright.thumbnail((_WIDEST, _WIDEST))
            plain = Image.new("RGB", upright.size, "white")
            shown = upright.convert("RGBA")
            plain.paste(shown, mask=shown.getchannel("A"))
            return plain


def path(form_id: int, name: str) -> Path:
    """Where a photo lies; NotFound where there is none of this name."""
    found = folder(form_id) / Path(name).name
    if not found.is_file():
        raise NotFound("There is no such photo.")
    return found


def names(form: Definition, answers: Mapping[str, Any]) -> list[str]:
    """The photos among the answers."""
    asked = [question.key for question in form.questions if question.ask is Ask.PHOTO]
    return [answers[key] for key in asked if isinstance(answers.get(key), str)]


def forget(sheet: AnswerSheet) -> None:
    """Takes the photos of an answer sheet away."""
    for name in names(read(sheet.version.definition), sheet.answers):
        with contextlib.suppress(OSError, NotFound):
            path(sheet.form_id, name).unlink()
