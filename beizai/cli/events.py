"""Events: keys for sites and programs, what came in, what waits to be mended."""

from pathlib import Path
from typing import Annotated, Any

import typer

from beizai.base.errors import NotFound
from beizai.cli.answer import answer, table
from beizai.cli.command import Noun
from beizai.cli.wording import counted

app = Noun("Events: what sites and programs tell, their keys, what waits to be mended.")


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


@app.command("list")
def list_events() -> None:
    """What came in under which name, and what waits."""
    _open()
    from beizai.events.models import EventName, QuarantinedEvent

    rows: list[Any] = list(
        EventName.objects.order_by("-count", "pk").values(
            "call", "name", "others", "count", "last_at", "source__name"
        )[:1_000]
    )
    waiting = QuarantinedEvent.objects.count()
    shown = [
        ("(all others)" if r["others"] else r["name"], r["call"], r["source__name"], r["count"], r["last_at"])
        for r in rows
    ]
    told = table(("Name", "Call", "Source", "Events", "Last"), shown) if rows else "Nothing has come in."
    answer({"names": rows, "waiting": waiting}, f"{told}\n{counted(waiting, 'event')} waiting to be mended.")


@app.command()
def keys() -> None:
    """The keys, without their text, which is shown only when a key is made."""
    _open()
    from beizai.events.models import WriteKey

    rows: list[Any] = list(
        WriteKey.objects.values(
            "id", "name", "beginning", "in_browser", "origins", "source__name", "made_at", "revoked_at"
        )
    )
    shown = [
        (r["id"], r["name"], f"{r['beginning']}…", r["source__name"], "revoked" if r["revoked_at"] else "")
        for r in rows
    ]
    answer({"keys": rows}, table(("Id", "Name", "Key", "Source", ""), shown) if rows else "No key yet.")


@app.command()
def key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which site or program will use it.")],
    in_browser: Annotated[
        bool, typer.Option("--in-browser", help="It will stand in the pages of a site.")
    ] = False,
    origin: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="Only heeded from this site; may be given several times."),
    ] = None,
    source: Annotated[str, typer.Option(metavar="NAME", help="Whose customer numbers it uses.")] = "",
) -> None:
    """Make a key and show it, this once."""
    _open()
    from beizai.events import keys as write_keys
    from beizai.sources.models import Source
    from beizai.staff.shop import now

    found = Source.objects.filter(name=source).first() if source else None
    if source and found is None:
        raise NotFound("There is no source “{name}”.", name=source, hint="See the list under Collection.")
    row, text = write_keys.make(name, now=now(), source=found, in_browser=in_browser, origins=origin or ())
    answer({"id": row.pk, "name": row.name, "key": text}, f"{text}\nIt is shown this once.")


@app.command()
def revoke(key_id: Annotated[int, typer.Argument(metavar="KEY", help="The number of the key.")]) -> None:
    """Nothing comes in by this key any more."""
    _open()
    from beizai.events import keys as write_keys
    from beizai.staff.shop import now

    write_keys.revoke(key_id, now=now())
    answer({"revoked": key_id}, f"Key {key_id} is revoked.")


@app.command()
def aside() -> None:
    """The events that wait to be mended, by reason and name."""
    _open()
    from django.db.models import Count

    from beizai.events.models import QuarantinedEvent

    rows: list[Any] = list(
        QuarantinedEvent.objects.values("reason", "name")
        .annotate(events=Count("pk"))
        .order_by("-events", "reason")
    )
    shown = [(r["reason"], r["name"], r["events"]) for r in rows]
    answer({"waiting": rows}, table(("Reason", "Name", "Events"), shown) if rows else "Nothing waits.")


@app.command()
def replay(
    reason: Annotated[str, typer.Argument(metavar="REASON", help="The reason, as 'events aside' says it.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the events.")] = "",
) -> None:
    """Play all events of a reason and name again; what still does not fit stays."""
    _open()
    from beizai.events import quarantine
    from beizai.staff.shop import now

    went, left = quarantine.replay_alike(reason, name, now=now())
    answer({"replayed": went, "left": left}, f"{counted(went, 'event')} played again, {left} still waiting.")


@app.command()
def schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the events.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The JSON Schema.")],
    call: Annotated[str, typer.Option(help="track, page, screen, identify or group.")] = "track",
) -> None:
    """Say what events of a name must look like."""
    _open()
    import json

    from beizai.base.errors import Invalid
    from beizai.events import schemas
    from beizai.staff.shop import now

    if not file.is_file():
        raise NotFound("There is no file {path}.", path=str(file), hint="Give the path of a JSON Schema.")
    try:
        given = json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError):
        raise Invalid("{path} is no JSON.", path=str(file), hint="Write the schema as JSON.") from None
    kept = schemas.save(call, name, given, now=now())
    answer({"id": kept.pk, "call": kept.call, "name": kept.name}, f"The schema of “{name}” is kept.")
