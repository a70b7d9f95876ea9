"""The office as a server process of `beizai serve` runs it: the application, and an end without noise."""

import atexit
import importlib
import logging
import os

# by name: the whole is put together above the faces, and this face only names it to the server
application = importlib.import_module("beizai.asgi").application


def _leave() -> None:
    """Ends the process before Python takes itself apart.

    Requests are answered by now and what they wrote is on the disk. The server's own threads, which do not know
    that Python is going, would else end with a panic and a stack trace on the screen of whoever pressed Ctrl-C.
    """
    logging.shutdown()
    os._exit(0)


atexit.register(_leave)
