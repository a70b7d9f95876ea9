"""Opening the office: the pages, the public addresses, and the workers beside them."""

import multiprocessing
import signal
import socket
import threading
from pathlib import Path
from typing import Annotated

import typer

from beizai.base import clock
from beizai.base.errors import Unavailable
from beizai.cli.answer import answer, progress, remark
from beizai.cli.command import Noun

PORT = 8765
SENDING, REST = "sending", "rest"


def install(app: Noun) -> None:
    app.command("serve")(serve)
    app.command("worker")(worker)


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port.")] = PORT,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Server processes.")] = 1,
) -> None:
    """Open the office, with two workers beside it. Ctrl-C closes it when what is under way is done."""
    _bring_up_to_date()
    refuse_taken(host, port)
    url = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104  (a comparison)
    answer({"url": url}, f"The office is open at {url}   (Ctrl-C closes it)")
    run(host, port, processes)
    remark("The office is closed.")


def _bring_up_to_date() -> None:
    """An older book is upgraded first, after a backup."""
    from beizai.homes.opening import open_home
    from beizai.homes.upgrade import upgrade

    with progress() as tell:
        done = upgrade(now=clock.machine_now(), progress=tell)
    if done.applied:
        remark(f"The book was brought up to date; its backup: {done.backup}")
    open_home()


def refuse_taken(host: str, port: int) -> None:
    """Unavailable where something else listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(
                "Port {port} of {host} cannot be had: {reason}.",
                hint="Choose another: --port 8766.",
                port=port,
                host=host,
                reason=error.strerror,
            ) from None


def run(host: str, port: int, processes: int = 1) -> None:
    """Serves until it is told to stop, the workers watched beside it; returns when all have ended."""
    from granian import Granian
    from granian.constants import Interfaces

    from beizai.base import home
    from beizai.worker.process import Watch

    multiprocessing.set_start_method("spawn", force=True)  # the lake's library does not survive a fork
    with Watch(home.current().root):
        Granian(
            "beizai.cli.served:application",
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            workers=processes,
            websockets=False,
            respawn_failed_workers=True,
            log_enabled=False,
        ).serve()


def worker(
    kind: Annotated[str, typer.Option(help="sending, rest, or both.")] = "both",
    once: Annotated[bool, typer.Option("--once", help="Until there is nothing left to do.")] = False,
) -> None:
    """Only the workers, without the office: what runs by itself."""
    from beizai.homes.opening import open_home

    opened = open_home()
    if kind not in (SENDING, REST, "both"):
        raise typer.BadParameter("Use sending, rest or both.", param_hint="--kind")
    kinds = (SENDING, REST) if kind == "both" else (kind,)
    if once:
        from beizai.worker import duties, loop

        duties.enlist()
        loop.run(kinds)
        answer({"done": True, "kinds": kinds}, "Nothing is left to do.")
        return
    answer({"kinds": kinds}, f"At work: {' and '.join(kinds)}   (Ctrl-C ends it)")
    _watch(opened.root, kinds)


def _watch(root: Path, kinds: tuple[str, ...]) -> None:
    """Watches over one process for each kind until it is told to stop."""
    from beizai.worker.process import Watch

    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with Watch(root, [(kind,) for kind in kinds]):
        while not stopping.wait(0.5):  # with a pause: on Windows a wait without end hears no Ctrl-C
            pass
