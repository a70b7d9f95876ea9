"""What the edge must know of the office, asked in a thread and remembered: the shop, its clock, where links lead."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import close_old_connections, connection

from beizai.base import clock, home
from beizai.campaigns.models import CampaignLink
from beizai.staff import shop as shops
from beizai.staff.models import Shop
from beizai.tracking import links

_T = TypeVar("_T")
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="edge")
_SHOP_SECONDS = 1.0
_TARGET_SECONDS = 60.0  # a campaign's links are fixed at approval; a link not yet known is asked for again
_MAX_CAMPAIGNS = 1_000


@dataclass(frozen=True)
class Facts:
    """The shop as the edge needs it. `clock_at` is the home's own clock, where it has one."""

    keys: links.Keys
    shop_name: str
    brand_colour: str
    simulated: bool
    clock_at: datetime | None

    def now(self) -> datetime:
        return self.clock_at or clock.machine_now()


async def in_thread(work: Callable[[], _T]) -> _T:
    """Does work with the office database away from the loop, on a connection that is looked after."""

    def looked_after() -> _T:
        if not connection.in_atomic_block:
            close_old_connections()
        return work()

    return await asyncio.get_running_loop().run_in_executor(_THREADS, looked_after)


class Office:
    """Remembers what rarely changes. A home with a clock of its own is asked each time: its clock is moved."""

    def __init__(self) -> None:
        self._facts: Facts | None = None
        self._asked_at = float("-inf")
        self._root = home.current().root
        self._targets: OrderedDict[int, tuple[float, dict[int, str]]] = OrderedDict()

    async def facts(self) -> Facts:
        """The shop, at most a second old."""
        known = self._facts
        if known and known.clock_at is None and time.monotonic() - self._asked_at < _SHOP_SECONDS:
            return known
        self._facts = await in_thread(_ask_facts)
        self._asked_at = time.monotonic()
        return self._facts

    async def target(self, campaign_id: int, link_no: int) -> str | None:
        """Where a link of a campaign leads; None where the campaign has no such link."""
        asked_at, targets = self._targets.get(campaign_id, (float("-inf"), {}))
        if link_no not in targets and time.monotonic() - asked_at > (
            _TARGET_SECONDS if targets else _SHOP_SECONDS
        ):
            targets = await in_thread(lambda: _ask_targets(campaign_id))
            self._targets[campaign_id] = (time.monotonic(), targets)
            if len(self._targets) > _MAX_CAMPAIGNS:
                self._targets.popitem(last=False)
        return targets.get(link_no)


def _ask_facts() -> Facts:
    shop: Shop = shops.shop()
    secret = home.current().key("signing")
    own_clock = shops.now(shop) if shop.clock_at else None
    return Facts(links.keys(secret), shop.name, shop.brand_colour, shop.simulated, own_clock)


def _ask_targets(campaign_id: int) -> dict[int, str]:
    return dict(CampaignLink.objects.filter(campaign_id=campaign_id).values_list("number", "url"))
