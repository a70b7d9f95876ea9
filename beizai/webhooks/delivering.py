"""Deliveries on their way: a few hands for each endpoint, so that one that hangs holds nobody else; tried again for three days.

At least once: what was taken and could not be noted before a crash is sent again, with the same id. What concerns one
customer goes through one hand in its order; a retry comes later all the same, so receivers go by the timestamp.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from beizai.channels import webhook
from beizai.channels.webhook import Answer, Ways
from beizai.events import leases
from beizai.webhooks import endpoints, parcels, settling
from beizai.webhooks.models import WebhookDelivery, WebhookEndpoint
from beizai.webhooks.parcels import Parcel

State = WebhookDelivery.State
LEASE = timedelta(seconds=120)
_HANDS = 4  # for one endpoint
_AT_ONCE = 40  # of one endpoint
_ALL_HANDS = 32
_HAND_SECONDS = 15.0  # then a hand gives back what it has not begun
_LOOK_FOR_DEAD_SECONDS = 5.0

Post = Callable[[str, Mapping[str, str], bytes, Ways], Answer]
Tried = tuple[Parcel, Answer]


@dataclass
class _Hand:
    """What one hand has of one endpoint."""

    endpoint_id: int
    parcels: Sequence[Parcel]


@dataclass
class Courier:
    """Delivers what is due. Any number may run, in any number of processes: each delivery is leased by one."""

    post: Post = webhook.post
    ways: Ways = field(default_factory=lambda: Ways(endpoints.allowed()))
    owner: str = field(default_factory=leases.this_process)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_ALL_HANDS, thread_name_prefix="webhook")
    )
    _busy: dict["Future[list[Tried]]", _Hand] = field(default_factory=dict)
    _looked: float = -_LOOK_FOR_DEAD_SECONDS

    def go_round(
        self, clock: Callable[[], datetime], *, wait_seconds: float = 0.05, take: bool = True
    ) -> int:
        """Settles what came back, takes what is due and sends it off; 0 where nothing is due and nothing under way.

        Nothing here waits for a receiver longer than `wait_seconds`. `take` False: nothing more is begun.
        """
        begun = self._begin(clock()) if take else 0
        if self._busy:
            wait(self._busy, timeout=wait_seconds, return_when=FIRST_COMPLETED)
        return begun + self._settle(clock) + len(self._busy)

    def deliver_all(self, clock: Callable[[], datetime]) -> None:
        """Goes round until nothing is due any more: for the command line and tests."""
        while self.go_round(clock, wait_seconds=1.0):
            pass

    def close(self) -> None:
        """Lets the hands finish."""
        self._pool.shutdown()

    def _begin(self, at: datetime) -> int:
        self._free_dead(at)
        begun = 0
        for endpoint in endpoints.on():
            if endpoint.rests_until is not None and endpoint.rests_until > at:
                continue
            if len(self._busy) < _ALL_HANDS and not any(
                one.endpoint_id == endpoint.pk for one in self._busy.values()
            ):
                begun += self._begin_with(endpoint, at)
        return begun

    def _begin_with(self, endpoint: WebhookEndpoint, at: datetime) -> int:
        """An endpoint that fails is tried with a single delivery until it takes one."""
        rows = self._leased(endpoint, at, 1 if endpoint.failures else _AT_ONCE)
        made = parcels.made(endpoint, rows, at)
        hands: dict[int, list[Parcel]] = defaultdict(list)
        for parcel in made:
            hands[(parcel.customer_id or 0) % _HANDS].append(parcel)
        for some in hands.values():
            self._busy[self._pool.submit(self._carry, some)] = _Hand(endpoint.pk, some)
        return len(rows)

    def _leased(self, endpoint: WebhookEndpoint, at: datetime, limit: int) -> list[WebhookDelivery]:
        """The next due deliveries, now in our hands: one that somebody else took a moment before is not among them."""
        free = Q(leased_until=None) | Q(leased_until__lte=at)
        due = WebhookDelivery.objects.filter(free, endpoint=endpoint, state=State.WAITING, due_at__lte=at)
        taken = []
        for row in due.order_by("due_at", "pk")[:limit]:
            same = WebhookDelivery.objects.filter(
                pk=row.pk, state=State.WAITING, owner=row.owner, leased_until=row.leased_until
            )
            if same.update(owner=self.owner, leased_until=at + LEASE):
                taken.append(row)
        return taken

    def _carry(self, some: Sequence[Parcel]) -> list[Tried]:
        """One hand's way, without the database: one after the other until one cannot be taken, or time is up."""
        tried: list[Tried] = []
        began = time.monotonic()
        for parcel in some:
            answer = self.post(parcel.url, parcel.headers(), parcel.body, self.ways)
            tried.append((parcel, answer))
            if not answer.taken or time.monotonic() - began > _HAND_SECONDS:
                break
        return tried

    def _settle(self, clock: Callable[[], datetime]) -> int:
        done = [one for one in self._busy if one.done()]
        for future in done:
            hand = self._busy.pop(future)
            tried = future.result()
            settling.settle(hand.endpoint_id, tried, owner=self.owner, at=clock())
            begun = {parcel.delivery_id for parcel, _ in tried}
            settling.give_back(
                [one.delivery_id for one in hand.parcels if one.delivery_id not in begun], self.owner
            )
        return len(done)

    def _free_dead(self, at: datetime) -> None:
        """What a worker that died had in hand is free at once, not only when its time is up."""
        if time.monotonic() - self._looked < _LOOK_FOR_DEAD_SECONDS:
            return
        self._looked = time.monotonic()
        held = WebhookDelivery.objects.exclude(owner="").filter(state=State.WAITING)
        for owner in set(held.values_list("owner", flat=True)[:1000]):
            if leases.is_dead(owner):
                held.filter(owner=owner).update(owner="", leased_until=None)


def deliver_one(row: WebhookDelivery, *, at: datetime, ways: Ways) -> Answer:
    """Delivers one that its caller has leased, now, and says what became of it."""
    (parcel,) = parcels.made(row.endpoint, [row], at)
    answer = webhook.post(parcel.url, parcel.headers(), parcel.body, ways)
    settling.settle(row.endpoint_id, [(parcel, answer)], owner=row.owner, at=at)
    return answer
