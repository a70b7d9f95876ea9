"""The mails of one campaign as they leave: the compiled mail, filled with what is known of each person."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from beizai.base import home, tokens
from beizai.base.errors import Invalid
from beizai.base.tokens import Token
from beizai.campaigns import mail as campaign_mail
from beizai.campaigns.models import Campaign
from beizai.channels.compile import Mail, Outgoing, Recipient, Sender, outgoing
from beizai.consent.models import Purpose
from beizai.consent.rules import may_contact_many
from beizai.messages.ledger import Leased
from beizai.staff.models import Shop
from beizai.tracking import links


@dataclass(frozen=True)
class Composer:
    """Fills the mail of one campaign. Compiled once; its links are the ones fixed at approval."""

    mail: Mail
    sender: Sender
    keys: links.Keys
    public_url: str
    wording: Callable[[list[int]], Mapping[int, Mapping[str, str]]] = campaign_mail.values_for

    def __call__(self, rows: Sequence[Leased], *, at: datetime) -> Mapping[int, Outgoing | str]:
        """The mails of these rows, or "cannot_compose", or "address_not_ascii" where the address needs another server."""
        ids = [row.customer_id for row in rows]
        values = self.wording(ids)
        tracking = may_contact_many(ids, "email", Purpose.TRACKING, at)
        return {
            row.number: self._one(row, values.get(row.customer_id, {}), tracking[row.customer_id].allowed, at)
            for row in rows
        }

    def _one(self, row: Leased, values: Mapping[str, str], tracked: bool, at: datetime) -> Outgoing | str:
        try:
            return outgoing(
                self.mail, self.sender, self.recipient(row, values, tracked), number=row.number, at=at
            )
        except Invalid as error:
            return error.code if error.code == "address_not_ascii" else "cannot_compose"

    def recipient(self, row: Leased, values: Mapping[str, str], tracked: bool) -> Recipient:
        """The person with their own signed addresses; without permission to track there is no pixel.

        A click is told with its person and loses it on the way into the book where they do not allow tracking.
        """
        own = Token(self.sender.campaign_id, row.customer_id)
        return Recipient(
            customer_id=row.customer_id,
            address=row.address,
            values=values,
            click_url=links.click_url(self.keys, self.public_url, own),
            unsubscribe_url=links.unsubscribe_url(self.keys, self.public_url, own),
            pixel_url=links.pixel_url(self.keys, self.public_url, own) if tracked else "",
            preferences_url=links.preferences_url(self.keys, self.public_url, own),
        )


def composer(campaign: Campaign, shop: Shop) -> Composer:
    """The composer of a campaign; Invalid where its mail cannot be used (any more)."""
    secret = home.current().key("signing")
    sender = Sender(
        name=shop.sender_name or shop.name,
        address=shop.sender_address,
        reply_to=shop.reply_to,
        shop_name=shop.name,
        campaign_id=campaign.pk,
        key=tokens.derive_key(secret, "return path"),
    )
    return Composer(campaign_mail.compiled(campaign, shop), sender, links.keys(secret), shop.public_url)
