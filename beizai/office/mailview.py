"""A mail as its reader sees it: shown in a frame that runs nothing, loads nothing from elsewhere and knows nobody."""

from django.http import HttpRequest, HttpResponse
from django.utils.html import escape

from beizai.office.frame import frame


def page(request: HttpRequest, html: str) -> HttpResponse:
    """The mail's HTML as a document for a sandboxed frame. Only our own pictures load: looking is not an open."""
    response = HttpResponse(html, content_type="text/html; charset=utf-8")
    return _closed(response, pictures=_pictures(request))


def words(text: str) -> HttpResponse:
    """The mail's text part, as a plain reader shows it."""
    return _closed(HttpResponse(_PLAIN.format(text=escape(text)), content_type="text/html; charset=utf-8"))


def _pictures(request: HttpRequest) -> str:
    own = request.build_absolute_uri("/media/")
    public = frame().shop.public_url.rstrip("/") + "/media/"
    return f"{own} {public} data:"


def _closed(response: HttpResponse, pictures: str = "'none'") -> HttpResponse:
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; img-src {pictures}; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


_PLAIN = (
    '<!doctype html><meta charset="utf-8"><style>:root{{color-scheme:light dark}}'
    "body{{font:14px/1.5 ui-monospace,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:16px}}</style>{text}"
)
