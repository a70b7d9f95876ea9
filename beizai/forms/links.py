"""Signed links of forms: who answers, which sheet is gone on with, what is confirmed, what may be downloaded. None fits another's purpose."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from beizai.base.errors import NotFound
from beizai.base.tokens import seal, unseal

FILL_PATH = "/f/"
PERSONAL, PARTIAL, CONFIRM, DOWNLOAD = "form personal", "form partial", "form confirm", "form download"
PERSONAL_DAYS = 180


@dataclass(frozen=True)
class Personal:
    """What a personal link says: which form, who answers, and the hidden fields it carries."""

    form_id: int
    customer_id: int
    hidden: dict[str, str]


def personal(
    secret: bytes, form_id: int, customer_id: int, *, now: datetime, hidden: dict[str, str] | None = None
) -> str:
    """A link's token by which a known customer need not say who she is; good for 180 days."""
    until = int((now + timedelta(days=PERSONAL_DAYS)).timestamp())
    return seal(secret, PERSONAL, {"f": form_id, "c": customer_id, "h": hidden or {}, "u": until})


def read_personal(secret: bytes, text: str, form_id: int, *, now: datetime) -> Personal:
    """Who answers; NotFound where the token is another form's, too old or not ours."""
    found = unseal(secret, PERSONAL, text)
    if found["f"] != form_id or now.timestamp() > found["u"]:
        raise NotFound("This link is not known here.", hint="Ask the shop for a new one.")
    return Personal(form_id, int(found["c"]), {str(k): str(v) for k, v in found["h"].items()})


def number(secret: bytes, purpose: str, given: int) -> str:
    """A token that names one row, for a purpose."""
    return seal(secret, purpose, {"n": given})


def read_number(secret: bytes, purpose: str, text: str) -> int:
    """The row a token names; NotFound where it is not one of this purpose."""
    return int(unseal(secret, purpose, text)["n"])
