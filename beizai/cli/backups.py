"""Backing a book up and bringing it back."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from beizai.base import clock, home
from beizai.cli.answer import answer, progress
from beizai.cli.command import Noun


def install(app: Noun) -> None:
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A new file, or a folder for one.")],
) -> None:
    """Copy the whole book into one file while it is in use; its keys into a second one."""
    from beizai.homes.backup import back_up
    from beizai.homes.opening import open_home

    opened = open_home()
    with progress() as tell:
        made = back_up(opened, target, now=clock.machine_now(), progress=tell)
    answer(
        asdict(made),
        [
            f"The book is in  {made.file}  ({made.bytes / 1e6:.1f} MB, {made.files} files).",
            f"Its keys are in {made.keys}",
            "Keep the keys elsewhere: who has both has every address; without the keys the book cannot be restored.",
        ],
    )


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A file made by 'beizai backup'.")],
    keys: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its keys. Default: …-keys.zip beside it.")
    ] = None,
) -> None:
    """Lay a backup down in a new or empty folder. It starts paused and sends nothing by itself."""
    from beizai.homes.restore import restore as lay_down

    with progress() as tell:
        done = lay_down(home.current(), source.expanduser().absolute(), keys=keys, progress=tell)
    lines = [
        f"The book of {done.made_at} is in {done.home}.",
        "It is paused: nothing is sent until you say so ('beizai settings set sending_paused no').",
    ]
    if done.paused_campaigns:
        lines += [
            f"Being sent when the backup was made, now paused: {', '.join(done.paused_campaigns)}.",
            "What they sent after the backup is not known here: resuming one would write to those people a second time.",
            "Where the shop went on after the backup, leave such a campaign as it is and plan a new one.",
        ]
    answer(asdict(done), lines)
