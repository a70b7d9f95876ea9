"""What the imports hold of a person."""

from datetime import datetime
from typing import Any

from beizai.base.keeping import Stays
from beizai.base.personal import Holding, register
from beizai.imports import ageing  # noqa: F401  (registers how long files are kept)
from beizai.imports.models import CardBefore


def _give_out(customer_id: int) -> list[dict[str, Any]]:
    rows = CardBefore.objects.filter(customer_id=customer_id)
    return [dict(row) for row in rows.values("import_id", "facts", "changed_at")]


def _erase(customer_id: int, at: datetime) -> int:
    return CardBefore.objects.filter(customer_id=customer_id).delete()[0]


register(
    Holding(
        CardBefore._meta.db_table,
        "what the card said before a file completed it, so that the file can be undone",
        _give_out,
        _erase,
        kept=Stays.AS_THE_CARD,
    )
)
