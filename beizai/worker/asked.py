"""What is asked for in the office and takes longer than a page: imports and approvals, done by a worker while the page looks on."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from beizai.base import home
from beizai.base.errors import Invalid
from beizai.base.progress import Progress
from beizai.campaigns import approval
from beizai.identity import looking
from beizai.imports import files
from beizai.imports.files import Wish
from beizai.imports.reading import Options
from beizai.staff.models import User
from beizai.staff.shop import now, shop
from beizai.trades import books
from beizai.trades.example import filling
from beizai.value import standings
from beizai.worker import background

IMPORT, APPROVE, LOOK, EXAMPLE = "import", "approve", "look", "example"


def enlist() -> None:
    """Registers all of it. Twice is once."""
    background.register(IMPORT, _bring_in)
    background.register(APPROVE, _approve)
    background.register(LOOK, _look)
    background.register(EXAMPLE, _example)


def _bring_in(arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """The file the arguments name comes into the book, and everybody's standing is counted anew; the upload goes."""
    result = files.bring_in(
        Path(arguments["path"]),
        kind=arguments["kind"],
        source=arguments["source"],
        now=now(),
        by=_user(arguments),
        wish=Wish(
            columns=arguments.get("columns") or None,
            dates=arguments.get("dates") or None,
            decimal=arguments.get("decimal") or None,
            repairs=arguments.get("repairs") or {},
            options=Options(sheet=arguments.get("sheet") or None),
            same_meaning=tuple(arguments.get("same_meaning") or ()),
        ),
        progress=progress,
    )
    progress(0, 0, "counting where every customer stands")
    standings.refresh(now())
    _forget_upload(Path(arguments["path"]))
    return {"import_id": result.import_id}


def _forget_upload(path: Path) -> None:
    """The upload has done its work; a file that lies elsewhere is somebody's own and stays."""
    if path.is_relative_to(home.current().uploads / "incoming"):
        shutil.rmtree(path.parent, ignore_errors=True)


def _approve(arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    campaign_id = int(arguments["campaign_id"])
    approval.approve(campaign_id, shop(), at=now(), by=_user(arguments), progress=progress)
    return {"campaign_id": campaign_id}


def _look(arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """The whole book is looked through for cards of one person."""
    found = looking.look(now=now(), by=_user(arguments), progress=progress)
    return {"pairs": found.pairs, "joined": found.joined, "proposed": found.proposed}


def _example(arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """The example of the home's trade comes in, or goes out again whole."""
    if arguments["what"] == "remove":
        done = filling.remove(now=now(), by=_user(arguments))
        return {"customers": done.customers}
    opened = books.opened(shop())
    if not opened:
        raise Invalid("No trade's book is open in this home.", hint="Open it first.")
    added = filling.add(opened[0].name, now=now(), by=_user(arguments), progress=progress)
    return {"customers": added.customers}


def _user(arguments: Mapping[str, Any]) -> User | None:
    return User.objects.filter(pk=int(arguments.get("user_id") or 0)).first()
