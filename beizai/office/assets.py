"""The style sheet and the script: packed once, named by their content, kept by the browser for a year."""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_safe

_FOLDER = Path(__file__).parent / "static" / "office"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@lru_cache(maxsize=32)
def _read(name: str) -> tuple[bytes, bytes, str]:
    found = (_FOLDER / name).resolve()
    if found.parent != _FOLDER.resolve() or not found.is_file():
        raise FileNotFoundError(name)
    content = found.read_bytes()
    return content, gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()[:10]


def asset_url(name: str) -> str:
    """The address of a file of the office; it changes when the file does."""
    return reverse("asset", args=[_read(name)[2], name])


@require_safe
def asset(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """One file, packed where the browser takes it so."""
    try:
        plain, packed, _digest = _read(name)
    except FileNotFoundError:
        raise Http404 from None
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(packed if zipped else plain, content_type=_TYPES[Path(name).suffix])
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Vary"] = "Accept-Encoding"
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    return response


urlpatterns = [path("assets/<slug:digest>/<str:name>", asset, name="asset")]
