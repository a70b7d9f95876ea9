"""Pages anybody may send something to take so much and no more: what is larger is refused while it comes in, not after."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from beizai.edge.http import Answer, Receive, Scope, Send, TooLarge, send_answer

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
FORMS, CHAT = "/f/", "/chat/"
FORM_BYTES = 12_000_000  # a photo of 10 MB and its form
_TOO_LARGE = Answer(413, b"Too large.\n")


def at_most(most: int, application: Application) -> Application:
    """The application, its bodies cut off past so many bytes with a 413; a length that was named is judged before reading."""

    async def sized(scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0
        begun = False

        async def counted() -> MutableMapping[str, Any]:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise TooLarge
            return message

        async def noted(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        if _named(scope) > most:
            await send_answer(send, _TOO_LARGE, head=False)
            return
        try:
            await application(scope, counted, noted)
        except TooLarge:
            if not begun:
                await send_answer(send, _TOO_LARGE, head=False)

    return sized


def _named(scope: Scope) -> int:
    text = next((value for name, value in scope["headers"] if name.lower() == b"content-length"), b"0")
    return int(text) if text.isdigit() and len(text) < 16 else 0
