"""Where requests come in: links of mails under /t/, events under /v1/, web shops under /w/, their pictures under /media/, the office under everything else."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")
django.setup()

from django.core.handlers.asgi import ASGIHandler  # noqa: E402  (after setup)
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402

from beizai.edge import collect, media, shops, sized  # noqa: E402
from beizai.edge.app import application as edge  # noqa: E402
from beizai.edge.http import Receive, Scope, Send  # noqa: E402
from beizai.edge.threads import InThreads  # noqa: E402

_office = ASGIHandler()
_forms = sized.at_most(sized.FORM_BYTES, InThreads(WSGIHandler()))


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Hands each request to its room. Nothing is done at start and end, which is said to a server that asks."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"].startswith("/t/"):
        await edge(scope, receive, send)
    elif scope["type"] == "http" and scope["path"].startswith(collect.PREFIX):
        await collect.application(scope, receive, send)
    elif scope["type"] == "http" and scope["path"].startswith(media.PREFIX):
        await media.application(scope, receive, send)
    elif scope["type"] == "http" and scope["path"].startswith(shops.PREFIX):
        await shops.application(scope, receive, send)
    elif scope["type"] == "http" and scope["path"].startswith((sized.FORMS, sized.CHAT)):
        await _forms(scope, receive, send)
    else:
        await _office(scope, receive, send)  # type: ignore[arg-type]


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
