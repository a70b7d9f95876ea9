"""The doctor: looks at everything a book needs, and says what to do."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from beizai.base import clock
from beizai.cli.answer import answer
from beizai.cli.command import Noun

if TYPE_CHECKING:
    from beizai.base.home import Home
    from beizai.homes.checkup import Finding

_SIGNS = {"good": "ok   ", "look": "look ", "bad": "BAD  "}


def install(app: Noun) -> None:
    app.command("doctor")(doctor)


def doctor() -> None:
    """Look at the home, both stores, the sender and the settings; say what to do. Exits 1 where something is bad."""
    from beizai.homes.checkup import State, every_check
    from beizai.homes.opening import open_home

    home = open_home()
    findings = [*every_check(home, now=clock.machine_now()), *_workers(home)]
    bad = [one for one in findings if one.state == State.BAD]
    lines = [
        f"{_SIGNS[one.state]}{one.name}: {one.what}" + (f"\n     → {one.do}" if one.do else "")
        for one in findings
    ]
    answer({"well": not bad, "findings": [asdict(one) for one in findings]}, lines)
    if bad:
        raise typer.Exit(1)


def _workers(home: "Home") -> "list[Finding]":
    from beizai.homes.checkup import Finding, State
    from beizai.worker.beat import ALIVE_SECONDS, silent_seconds

    found = []
    for kind in ("sending", "rest"):
        silent = silent_seconds(home, kind)
        name = f"worker ({kind})"
        if silent is None:
            found.append(Finding(name, State.LOOK, "Not at work.", "'beizai serve' starts both workers."))
        elif silent > ALIVE_SECONDS:
            found.append(
                Finding(
                    name,
                    State.BAD,
                    f"Silent for {silent:.0f} seconds.",
                    "Start 'beizai serve' again; nothing is lost.",
                )
            )
        else:
            found.append(Finding(name, State.GOOD, "At work."))
    return found
