"""What can be told: customers, consents, segments, messages, and what came in sets."""

from collections.abc import Iterable
from typing import Final

from beizai.base.errors import Invalid

PING: Final = "ping"
CREATED, UPDATED = "customer.created", "customer.updated"
MERGED, UNMERGED = "customer.merged", "customer.unmerged"
ERASED, IMPORTED = "customer.erased", "customer.imported"
GRANTED, WITHDRAWN, REFUSED = "consent.granted", "consent.withdrawn", "consent.refused"
CONSENT_IMPORTED = "consent.imported"
UNDONE = "import.undone"
ENTERED, LEFT = "segment.entered", "segment.left"
SENT, BOUNCED, COMPLAINED = "message.sent", "message.bounced", "message.complained"
OPENED, CLICKED, UNSUBSCRIBED = "message.opened", "message.clicked", "message.unsubscribed"

KINDS: Final = (
    CREATED,
    UPDATED,
    MERGED,
    UNMERGED,
    ERASED,
    IMPORTED,
    UNDONE,
    GRANTED,
    WITHDRAWN,
    REFUSED,
    CONSENT_IMPORTED,
    ENTERED,
    LEFT,
    SENT,
    BOUNCED,
    COMPLAINED,
    OPENED,
    CLICKED,
    UNSUBSCRIBED,
)
"""Everything an endpoint can choose; a ping comes only when somebody asks for it."""

OF_THE_LAKE: Final = {kind.partition(".")[2]: kind for kind in KINDS if kind.startswith("message.")}
"""What is told of the events on their way to the lake, by their kind there."""

IN_SETS: Final = frozenset({IMPORTED, CONSENT_IMPORTED, ENTERED, LEFT})
"""Those that name many customers at once, in `customer_ids`."""

SET_SIZE: Final = 500


def chosen(names: Iterable[str]) -> list[str]:
    """The kinds that are meant, in the order of the list; a whole group as "customer.*", all as "*". Invalid for others.

    >>> chosen(["consent.*", "customer.merged"])
    ['customer.merged', 'consent.granted', 'consent.withdrawn', 'consent.refused', 'consent.imported']
    """
    wanted: set[str] = set()
    for name in names:
        group = name.removesuffix("*")
        found = [kind for kind in KINDS if kind == name or (name.endswith("*") and kind.startswith(group))]
        if not found:
            raise Invalid(
                "No webhook tells of “{name}”.",
                name=name[:60],
                hint="There are: {names}.",
                names=", ".join(KINDS),
            )
        wanted.update(found)
    return [kind for kind in KINDS if kind in wanted]
