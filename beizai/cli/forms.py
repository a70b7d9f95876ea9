"""Forms: what customers are asked, published, closed, counted, drawn."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from beizai.base.errors import Invalid, NotFound
from beizai.cli.answer import answer, table
from beizai.cli.command import Noun

app = Noun("Forms: surveys, quizzes, votes, contests, sign-ups and order enquiries.")

Slug = Annotated[str, typer.Argument(metavar="FORM", help="The form's name in its address (see forms list).")]


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


def _url(slug: str) -> str:
    from beizai.forms.links import FILL_PATH
    from beizai.staff.shop import shop

    return f"{shop().public_url.rstrip('/')}{FILL_PATH}{slug}/"


@app.command("list")
def list_forms() -> None:
    """Every form with its state, how many began it and how many answers count."""
    _open()
    from beizai.forms import results
    from beizai.forms.models import Form

    counts = results.counts_of_all()
    rows: list[dict[str, Any]] = [
        {"slug": form.slug, "name": form.name, "kind": form.kind, "state": form.state,
         "version": form.version.number if form.version else None, "sheets": counts.get(form.pk, {}),
         "url": _url(form.slug)}
        for form in Form.objects.select_related("version").order_by("slug")
    ]  # fmt: skip
    shown = [
        (
            r["slug"],
            r["kind"],
            r["state"],
            r["version"] or 0,
            sum(r["sheets"].values()),
            r["sheets"].get("counted", 0),
        )
        for r in rows
    ]
    heads = ("Form", "Kind", "State", "Version", "Sheets", "Counted")
    answer({"forms": rows}, table(heads, shown) if rows else "No form yet.")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Its name, for the shop.")],
    kind: Annotated[str, typer.Option(help="survey, quiz, vote, contest, sign_up or enquiry.")] = "survey",
    languages: Annotated[str, typer.Option(help="The languages it speaks, with commas between.")] = "en",
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The whole form as JSON, as forms show prints it.")
    ] = None,
) -> None:
    """Make a form with the questions of its kind, or from a file; it is a draft until it is published."""
    _open()
    from beizai.forms import publishing
    from beizai.forms.definition import Kind
    from beizai.staff.shop import now

    definition = _definition(file) if file else None
    if kind not in list(Kind):
        raise Invalid(
            "There is no kind of form “{kind}”.", kind=kind, hint="Kinds: {kinds}.", kinds=", ".join(Kind)
        )
    chosen = tuple(part.strip() for part in languages.split(",") if part.strip())
    wish = publishing.Wish(
        name, definition.kind if definition else Kind(kind), languages=chosen, definition=definition
    )
    form = publishing.add(wish, now=now())
    answer(
        {"slug": form.slug, "url": _url(form.slug)},
        f"Made as a draft: {form.slug}. Publish it: beizai forms publish {form.slug}",
    )


def _definition(path: Path) -> Any:
    from beizai.forms.definition import read

    if not path.is_file():
        raise NotFound("There is no file {path}.", path=path, hint="Give the path of a form in JSON.")
    try:
        return read(json.loads(path.read_bytes()[:2_000_000]))
    except ValueError:
        raise Invalid("{path} is not JSON.", path=path, hint="forms show prints one to begin with.") from None


@app.command()
def show(form: Slug) -> None:
    """The form as JSON: what is published, or the draft."""
    _open()
    from beizai.forms import publishing, results
    from beizai.forms.definition import plain

    document = plain(results.current(publishing.get(form)))
    answer(document, json.dumps(document, ensure_ascii=False, indent=2))


@app.command()
def publish(form: Slug) -> None:
    """Publish the draft and open the form; what keeps it from that is named."""
    _open()
    from beizai.forms import publishing
    from beizai.staff.shop import now

    version = publishing.publish(publishing.get(form).pk, now=now())
    document = {"slug": form, "version": version.number, "sha256": version.sha256, "url": _url(form)}
    answer(document, f"Version {version.number} is open at {_url(form)}")


@app.command()
def close(form: Slug) -> None:
    """Close a form: nobody can answer any more."""
    _open()
    from beizai.forms import publishing
    from beizai.staff.shop import now

    publishing.close(publishing.get(form).pk, now=now())
    answer({"slug": form, "state": "closed"}, f"{form} is closed.")


@app.command("results")
def show_results(form: Slug) -> None:
    """How each question was answered, where people stopped, and what each counted answer cost."""
    _open()
    from beizai.forms import publishing, results

    found = publishing.get(form)
    figures = results.of(found)
    cost = results.cost(found, figures.counted)
    document = {
        "slug": form, "started": figures.started, "counted": figures.counted, "sheets": results.counts(found.pk),
        "cost_minor": cost.total_minor, "cost_each_minor": cost.each_minor, "scores": dict(figures.scores),
        "questions": {key: _figures(one) for key, one in figures.questions.items()},
    }  # fmt: skip
    shown = [
        (key, one.question.ask.value, one.shown, one.stopped, one.answered, _in_short(one))
        for key, one in figures.questions.items()
    ]
    heads = ("Question", "Kind", "Shown", "Stopped", "Answered", "Answers")
    answer(document, [f"{figures.counted} of {figures.started} count.", table(heads, shown)])


def _figures(one: Any) -> dict[str, Any]:
    return {
        "ask": one.question.ask, "shown": one.shown, "stopped": one.stopped, "answered": one.answered,
        "counts": dict(one.counts), "mean": one.mean, "median": one.median,
        "net_promoter_score": one.nps[3] if one.nps else None,
    }  # fmt: skip


def _in_short(one: Any) -> str:
    if one.nps:
        return f"net promoter score {one.nps[3]:.0f}"
    if one.mean is not None:
        return f"mean {one.mean:.2f}"
    return ", ".join(f"{key} {count}" for key, count in one.counts.most_common(4))


@app.command()
def link(
    form: Slug,
    customer: Annotated[int, typer.Argument(help="The number of the card.")],
    hidden: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A hidden field the link carries; may be given again."),
    ] = None,
) -> None:
    """A signed link by which a known customer need not say who she is."""
    _open()
    from beizai.base import clock, home
    from beizai.customers import cards
    from beizai.forms import links, publishing

    found, card = publishing.get(form), cards.get(customer)
    fields = dict(part.split("=", 1) for part in hidden or [] if "=" in part)
    token = links.personal(
        home.current().key("signing"), found.pk, card.pk, now=clock.machine_now(), hidden=fields
    )
    answer({"url": f"{_url(form)}?k={token}"}, f"{_url(form)}?k={token}")


@app.command()
def draw(
    form: Slug,
    number: Annotated[str, typer.Option(help="The outside number that was announced.")] = "",
) -> None:
    """Draw the prizes of a closed contest, once; the seed and the list of entries are published with it."""
    _open()
    from beizai.forms import drawing, publishing
    from beizai.staff.shop import now

    drawn = drawing.drawn(drawing.draw(publishing.get(form), number=number, now=now()))
    document = {
        "seed": drawn.seed,
        "number": drawn.number,
        "entries": len(drawn.codes),
        "winners": drawn.winners,
    }
    answer(document, ["Winners:", *drawn.winners, f"Published at {_url(form)}draw/"])
