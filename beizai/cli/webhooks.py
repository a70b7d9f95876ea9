"""Webhooks on the command line: who is told what, how it goes, tried, sent again, given a new secret."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from beizai.base import clock
from beizai.cli.answer import answer, table
from beizai.cli.command import Noun
from beizai.cli.wording import counted

if TYPE_CHECKING:
    from beizai.webhooks.models import WebhookDelivery, WebhookEndpoint

app = Noun("Webhooks: other programs that are told what happens, and how that goes.")

Endpoint = Annotated[int, typer.Argument(metavar="ENDPOINT", help="Its number, as 'webhooks list' says it.")]
Tells = Annotated[
    list[str] | None,
    typer.Option(
        "--tell",
        metavar="KIND",
        help="What it is told, such as customer.created or 'consent.*'; may be given several times.",
    ),
]
Segments = Annotated[
    list[str] | None,
    typer.Option(
        "--segment", metavar="NAME", help="Of which segments it is told who enters and leaves; none: of all."
    ),
]
ContactPoints = Annotated[
    bool | None,
    typer.Option(
        "--contact-points/--no-contact-points", help="Whether names, addresses and numbers go with it."
    ),
]
_OFF = {
    "by_hand": "switched off",
    "gone": "off: it answered that it is gone (410)",
    "failing": "off: it took nothing for three days",
    "restored": "off: this book was restored from a backup",
}


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


@app.command("list")
def list_endpoints() -> None:
    """Every endpoint: where it is, what it is told, how it is doing."""
    _open()
    from beizai.webhooks.models import WebhookEndpoint

    found = [_said(one) for one in WebhookEndpoint.objects.all()]
    rows = [
        (one["id"], one["name"], one["url"], one["how"], one["waiting"], one["taken"], one["given_up"])
        for one in found
    ]
    heads = ("Id", "Name", "Address", "How it is", "Waiting", "Taken", "Given up")
    answer({"endpoints": found}, table(heads, rows) if rows else "Nobody is told anything.")


def _said(one: "WebhookEndpoint") -> dict[str, Any]:
    from beizai.webhooks import log

    standing = log.standing(one)
    return {
        "id": one.pk,
        "name": one.name,
        "url": one.url,
        "tells": one.kinds,
        "segments": one.segments,
        "with_contact_points": one.with_contact_points,
        "state": one.state,
        "off_because": one.off_because,
        "how": _OFF[one.off_because] if one.off_because else _failing(one),
        "failing_since": one.failing_since,
        "taken_at": one.taken_at,
        "waiting": standing.waiting,
        "taken": standing.taken,
        "given_up": standing.given_up,
    }


def _failing(one: "WebhookEndpoint") -> str:
    since = one.failing_since
    return f"failing since {since:%Y-%m-%d %H:%M} UTC" if since is not None else "on"


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What it is called here.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="Where it is told, https://…")],
    tell: Tells = None,
    segment: Segments = None,
    contact_points: ContactPoints = None,
) -> None:
    """Make an endpoint that is told from now on, and show its secret, this once. Without --tell it is told everything."""
    _open()
    from beizai.staff.shop import now
    from beizai.webhooks import endpoints
    from beizai.webhooks.endpoints import Wish

    wish = Wish(name, url, tell or ["*"], _ids(segment), bool(contact_points))
    made, secret = endpoints.add(wish, now=now())
    answer(
        {"id": made.pk, "name": made.name, "tells": made.kinds, "secret": secret},
        f"{secret}\nIt is shown this once.",
    )


def _ids(names: list[str] | None) -> list[int]:
    from beizai.segments import membership

    return [membership.segment(name).pk for name in names or ()]


@app.command()
def change(
    endpoint: Endpoint,
    name: Annotated[str, typer.Option(help="What it is called here.")] = "",
    url: Annotated[str, typer.Option(help="Where it is told.")] = "",
    tell: Tells = None,
    segment: Segments = None,
    contact_points: ContactPoints = None,
) -> None:
    """Change what an endpoint is told or where it is; what is not named stays."""
    _open()
    from beizai.staff.shop import now
    from beizai.webhooks import endpoints
    from beizai.webhooks.endpoints import Wish

    row = endpoints.get(endpoint)
    wish = Wish(
        name or row.name,
        url or row.url,
        tell or row.kinds,
        row.segments if segment is None else _ids(segment),
        row.with_contact_points if contact_points is None else contact_points,
    )
    changed = endpoints.change(endpoint, wish, now=now())
    answer(_said(changed), f"“{changed.name}” is told {counted(len(changed.kinds), 'kind')} of news.")


@app.command()
def test(endpoint: Endpoint) -> None:
    """Send a ping now and say what was answered. Exits 1 where it was not taken."""
    _open()
    from beizai.webhooks import log

    row, found = log.ping(endpoint, at=clock.machine_now())
    told = {
        "webhook_id": row.webhook_id,
        "taken": found.taken,
        "status": found.status,
        "problem": found.problem,
        "ms": found.ms,
        "answer": found.first,
    }
    said = f"answered {found.status}" if found.status is not None else found.problem.replace("_", " ")
    answer(told, f"{'Taken' if found.taken else 'Not taken'}: {said}, {found.ms} ms. {found.first}".strip())
    if not found.taken:
        raise typer.Exit(1)


@app.command()
def log(
    endpoint: Annotated[
        int | None, typer.Argument(metavar="[ENDPOINT]", help="Of one endpoint alone.")
    ] = None,
    state: Annotated[str, typer.Option(help="waiting, taken, given_up or emptied.")] = "",
    kind: Annotated[str, typer.Option(help="Such as customer.created.")] = "",
    webhook_id: Annotated[str, typer.Option("--id", help="The webhook-id a receiver speaks of.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many, the latest first.")] = 20,
) -> None:
    """The delivery log: what was told, every attempt, how soon it was answered and what."""
    _open()
    from beizai.webhooks import log as delivery_log

    rows = delivery_log.deliveries(endpoint, state=state, kind=kind, webhook_id=webhook_id)
    shown = list(rows.select_related("endpoint").order_by("-pk")[:limit])
    tries = delivery_log.attempts(shown)
    found = [_delivery(row, tries[row.pk]) for row in shown]
    lines = [
        (
            one["id"],
            one["kind"],
            one["endpoint"],
            one["state"],
            one["made_at"].strftime("%m-%d %H:%M:%S"),
            _last(one),
        )
        for one in found
    ]
    heads = ("Id", "Kind", "Endpoint", "State", "Written", "Last attempt")
    answer({"deliveries": found}, table(heads, lines) if lines else "Nothing was told.")


def _delivery(row: "WebhookDelivery", tries: list[Any]) -> dict[str, Any]:
    return {
        "id": row.pk,
        "webhook_id": row.webhook_id,
        "endpoint": row.endpoint.name,
        "kind": row.kind,
        "customer_id": row.customer_id,
        "state": row.state,
        "made_at": row.made_at,
        "due_at": row.due_at if row.state == "waiting" else None,
        "ended_at": row.ended_at,
        "attempts": [
            {"at": one.at, "status": one.status, "problem": one.problem, "ms": one.ms, "answer": one.answer}
            for one in tries
        ],
    }


def _last(one: dict[str, Any]) -> str:
    if not one["attempts"]:
        return ""
    last = one["attempts"][-1]
    said = last["problem"].replace("_", " ") or str(last["status"])
    return f"{said}, {last['ms']} ms, {len(one['attempts'])}."


@app.command()
def resend(
    delivery: Annotated[
        int | None, typer.Argument(metavar="[DELIVERY]", help="Its number, as 'webhooks log' says it.")
    ] = None,
    given_up: Annotated[
        int | None,
        typer.Option(metavar="ENDPOINT", help="Everything this endpoint did not take, instead of one."),
    ] = None,
) -> None:
    """Send a delivery again, with the same id; or everything an endpoint did not take."""
    _open()
    from beizai.base.errors import Invalid
    from beizai.webhooks import log as delivery_log

    at = clock.machine_now()
    if (delivery is None) == (given_up is None):
        raise Invalid(
            "Name one delivery, or an endpoint.",
            hint="'webhooks resend 17' or 'webhooks resend --given-up 2'.",
        )
    count = 1
    if delivery is not None:
        delivery_log.resend(delivery, at=at)
    elif given_up is not None:
        count = delivery_log.resend_given_up(given_up, at=at)
    answer({"again": count}, f"{counted(count, 'delivery', 'deliveries')} will be sent again by the worker.")


@app.command()
def rotate(endpoint: Endpoint) -> None:
    """Give an endpoint a new secret and show it, this once; for 24 hours the old one signs beside it."""
    _open()
    from beizai.staff.shop import now
    from beizai.webhooks import endpoints

    at = clock.machine_now()
    secret = endpoints.rotate(endpoint, now=now(), at=at)
    until = at + endpoints.BOTH_SIGN
    words = f"{secret}\nIt is shown this once. The old one signs beside it until {until:%Y-%m-%d %H:%M} UTC."
    answer({"id": endpoint, "secret": secret, "old_until": until}, words)


@app.command()
def on(endpoint: Endpoint) -> None:
    """Switch an endpoint on: what waited goes on, and it is told what happens from now on."""
    _open()
    from beizai.staff.shop import now
    from beizai.webhooks import endpoints

    endpoints.switch_on(endpoint, now=now())
    answer({"id": endpoint, "state": "on"}, f"Endpoint {endpoint} is on.")


@app.command()
def off(endpoint: Endpoint) -> None:
    """Switch an endpoint off; what waits stays."""
    _open()
    from beizai.staff.shop import now
    from beizai.webhooks import endpoints

    endpoints.switch_off(endpoint, now=now(), at=clock.machine_now())
    answer({"id": endpoint, "state": "off"}, f"Endpoint {endpoint} is off.")


@app.command()
def remove(endpoint: Endpoint) -> None:
    """Remove an endpoint with its log and whatever waited."""
    _open()
    from beizai.staff.shop import now
    from beizai.webhooks import endpoints

    endpoints.remove(endpoint, now=now())
    answer({"removed": endpoint}, f"Endpoint {endpoint} is removed.")
