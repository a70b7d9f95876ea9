"""What mails of a trade must say and never say: a lender names the risk and promises nothing."""

from beizai.campaigns.must_say import NOTHING, Rules
from beizai.staff.models import Shop
from beizai.trades import books


def of(shop: Shop) -> Rules:
    """The rules of all books this shop has opened; the sentence to write stands first in the shop's language."""
    found = [one.words for one in books.opened(shop) if one.words]
    if not found:
        return NOTHING
    language = books.language_of(shop)
    order = (language, *(other for other in books.LANGUAGES if other != language))
    must = [table["must"][tongue] for table in found if "must" in table for tongue in order]
    never = [word for table in found for tongue in order for word in table.get("never", {}).get(tongue, ())]
    return Rules(tuple(must), tuple(never))
