"""Where the commands are put together, and the edge at which refusals become words and exit codes."""

import logging
import os
import sys
import traceback
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

import beizai
from beizai.base.ending import leave
from beizai.base.errors import BeizaiError, Unavailable
from beizai.cli import answer
from beizai.cli.command import AsJson, HomeFolder, Noun

REFUSED, WRONG_USE, BROKEN, INTERRUPTED = 1, 2, 70, 130

app = Noun(
    "Database marketing in one program: know your customers, write to the right ones, see what it earned."
)


def _version(wanted: bool) -> bool:
    if wanted:
        answer.answer({"version": beizai.__version__}, f"beizai {beizai.__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def every_command(
    home: HomeFolder = None,
    as_json: AsJson = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, help="The version, and nothing else.")
    ] = False,
) -> None:
    pass


def install() -> None:
    """Hangs the nouns under the command. Each module imports Django only inside its functions."""
    from beizai.cli import (
        backups,
        branches,
        campaigns,
        consent,
        customers,
        doctor,
        events,
        forms,
        homes,
        identity,
        imports,
        mailbox,
        retention,
        segments,
        serving,
        settings,
        shops,
        sources,
        targets,
        trades,
        users,
        value,
        webhooks,
    )
    from beizai.cli.demo import command as demo

    for module in (homes, demo, imports, serving, doctor, backups):
        module.install(app)
    nouns = {
        "imports": imports,
        "customers": customers,
        "identity": identity,
        "consent": consent,
        "retention": retention,
        "value": value,
        "segments": segments,
        "events": events,
        "campaigns": campaigns,
        "forms": forms,
        "mailbox": mailbox,
        "shops": shops,
        "sources": sources,
        "branches": branches,
        "targets": targets,
        "users": users,
        "trades": trades,
        "webhooks": webhooks,
        "settings": settings,
    }
    app.add_typer(imports.bringing, name="import")
    for name, noun in nouns.items():
        app.add_typer(noun.app, name=name)


def run(arguments: list[str] | None = None) -> None:
    """Runs one command and exits: 0 done, 1 refused, 2 wrong use, 70 a fault of ours, 130 interrupted."""
    _speak_utf8()
    if "--json" in (sys.argv[1:] if arguments is None else arguments):
        answer.mode.json = True  # said before parsing, so that wrong use is answered in JSON too
    leave(_outcome(arguments))


def _outcome(arguments: list[str] | None) -> int:
    try:
        install()
        result: Any = app(args=arguments, prog_name="beizai", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except BeizaiError as error:
        answer.refuse(error)
        return REFUSED
    except TyperException as error:
        return _wrong_use(error)
    except (KeyboardInterrupt, typer.Abort):
        answer.remark("Stopped.")
        return INTERRUPTED
    except BrokenPipeError:
        _silence_stdout()
        return REFUSED
    except Exception as error:  # noqa: BLE001  (the edge: what nobody foresaw is logged and said)
        return _unforeseen(error)


def _wrong_use(error: TyperException) -> int:
    shown = getattr(error, "format_message", lambda: str(error))()
    getattr(error, "show", lambda: answer.remark(f"Error: {shown}"))()
    if answer.mode.json and not answer.mode.answered:
        answer.answer({"error": {"kind": "usage", "code": "", "message": shown, "hint": "beizai --help"}})
    return int(getattr(error, "exit_code", WRONG_USE))


def _unforeseen(error: Exception) -> int:
    if _is_database_trouble(error):
        answer.refuse(
            Unavailable(
                "The office database does not answer: {reason}",
                hint="Is the database running, and is DATABASE_URL right? 'beizai doctor' tells.",
                reason=str(error).strip(),
            )
        )
        return REFUSED
    logging.getLogger("beizai.cli").exception("a command failed")
    if os.environ.get("BEIZAI_DEBUG") == "1":
        traceback.print_exception(error)
    answer.refuse(
        BeizaiError(
            "Something went wrong inside Beizai: {kind}: {reason}",
            hint="Nothing half done was kept. BEIZAI_DEBUG=1 before the command shows where; please report it.",
            code="unforeseen",
            kind=type(error).__name__,
            reason=str(error),
        )
    )
    return BROKEN


def _is_database_trouble(error: Exception) -> bool:
    if "django.db" not in sys.modules:
        return False
    from django.db import InterfaceError, OperationalError

    return isinstance(error, OperationalError | InterfaceError)


def _speak_utf8() -> None:
    """A Windows console or a bare C locale must not fail on the first accent."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(encoding="utf-8", errors="replace")


def _silence_stdout() -> None:
    """The reader went away (beizai … | head): nothing more is written, and no complaint at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
