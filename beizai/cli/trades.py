"""The ready-made books: which there are, and what is in them."""

from beizai.cli.answer import answer, table
from beizai.cli.command import Noun

app = Noun("Ready-made books: a book for a trade, with what is worth knowing and whom to look at first.")


@app.command("list")
def list_trades() -> None:
    """The trades there are. 'beizai init --trade NAME' opens a book of one."""
    from beizai.homes.opening import set_up_django

    set_up_django()
    from beizai.trades import books

    found = [
        {
            "name": one.name,
            "label": one.label["en"],
            "attributes": len(one.attributes),
            "segments": len(one.segments),
            "forms": len(one.forms),
            "services": len(one.services),
            "made_to_measure": len(one.made_to_measure),
        }
        for one in books.trades()
    ]
    heads = ("Name", "For", "Attributes", "Segments", "Forms", "Services", "Made to measure")
    answer({"trades": found}, table(heads, [tuple(one.values()) for one in found]))
