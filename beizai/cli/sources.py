"""Sources on the command line: what there is, what each brought, a new one."""

from typing import Annotated, Any

import typer

from beizai.base import clock
from beizai.cli.answer import answer, table
from beizai.cli.command import Noun

app = Noun("Where customers come from, on what ground, at what cost.")


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


def _said(figures: Any) -> dict[str, Any]:
    from beizai.sources import register

    one = figures.source
    return {
        "id": one.pk,
        "name": one.name,
        "kind": one.kind,
        "owner": one.owner,
        "basis": one.basis,
        "basis_evidence": one.basis_evidence,
        "has_basis": register.has_basis(one.pk),
        "stopped": any(source == one.pk for source, _ in register.stopped()),
        "cards": figures.records,
        "may_be_written_to": figures.usable,
        "buyers": figures.buyers,
        "cost_minor": figures.cost_minor,
        "cost_per_record_minor": figures.cost_per_record_minor,
        "contribution_12m_minor": figures.contribution_minor,
        "simulated": one.simulated,
    }


@app.command("list")
def list_sources() -> None:
    """Every source with what it brought and cost."""
    _open()
    from beizai.measurement import source_figures
    from beizai.staff.shop import now

    found = [_said(one) for one in source_figures.of_all(now()).values()]
    rows = [
        (
            one["name"],
            one["kind"],
            one["basis"] or ("" if one["has_basis"] else "none said"),
            str(one["cards"]),
            str(one["may_be_written_to"]),
            str(one["buyers"]),
            "stopped" if one["stopped"] else "",
        )
        for one in found
    ]
    answer(
        {"sources": found},
        table(("Source", "Kind", "Basis", "Cards", "May be written to", "Buyers", ""), rows),
    )


@app.command()
def show(name: Annotated[str, typer.Argument(help="Its name.")]) -> None:
    """One source in full."""
    _open()
    from beizai.measurement import source_figures
    from beizai.staff.shop import now

    one = _said(source_figures.of_all(now())[_named(name).pk])
    answer(one, [f"{key}: {value}" for key, value in one.items() if value not in ("", None)])


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    kind: Annotated[str, typer.Option(help="orders, newsletter, survey, contest, event, purchased, ...")],
    owner: Annotated[str, typer.Option(help="Who answers for it.")] = "",
    cost: Annotated[str, typer.Option(help="What it cost in all, such as 250.00.")] = "0",
    cost_per_record: Annotated[str, typer.Option(help="What each record cost beside that.")] = "",
    basis: Annotated[
        str, typer.Option(help="Lawful basis: consent, contract, soft_opt_in, legitimate_interest.")
    ] = "",
    evidence: Annotated[str, typer.Option(help="What proves the basis.")] = "",
) -> None:
    """Make a source, with its cost and lawful basis."""
    _open()
    from beizai.base import money
    from beizai.sources import register
    from beizai.staff.shop import shop

    currency, at = shop().currency, clock.machine_now()
    made = register.make(
        name,
        kind,
        owner=owner,
        cost_minor=money.to_minor(cost, currency),
        cost_per_record_minor=money.to_minor(cost_per_record, currency) if cost_per_record else None,
        now=at,
    )
    if basis:
        register.say_basis(made.pk, basis, evidence, now=at)
    answer({"id": made.pk, "name": made.name, "kind": made.kind}, f"The source “{made.name}” is made.")


def _named(name: str) -> Any:
    from beizai.base.errors import NotFound
    from beizai.sources.models import Source

    found = Source.objects.filter(name__iexact=name.strip()).first()
    if found is None:
        raise NotFound("There is no source “{name}”.", hint="See `beizai sources list`.", name=name)
    return found
