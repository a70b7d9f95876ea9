"""How a process ends when its work is done: everything said and put away, nothing waited for that nobody needs."""

import atexit
import logging
import os
import sys
import threading


def leave(code: int = 0) -> None:
    """Ends this process with an exit code, as sys.exit does, but past threads that are still at work.

    A daemon thread inside a C++ library (DuckDB, Arrow) is unwound by Python's own end and aborts the whole
    process with SIGABRT (https://github.com/python/cpython/issues/87135). Where such a thread lives, what is
    to be said at the end is said, and the process ends at once.
    """
    if not any(thread.daemon for thread in threading.enumerate()):
        sys.exit(code)
    logging.shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)
