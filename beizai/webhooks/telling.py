"""From what happened to what each endpoint is told: a few hundred rows at a time, the place in the log with them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import transaction

from beizai.webhooks import endpoints, imported
from beizai.webhooks.logs import LOGS, Log
from beizai.webhooks.models import LogPosition, WebhookEndpoint
from beizai.webhooks.settled import Settled
from beizai.webhooks.writing import write

_AT_ONCE = 500
_LONGEST_PAUSE = 0.25  # others have their turn after a writer


@dataclass
class Teller:
    """Carries up what the logs hold for every endpoint. Any number may run: the place in a log is held while it is moved."""

    at_once: int = _AT_ONCE
    settled: Settled = field(default_factory=Settled)

    def tell(self, *, now: datetime, at: datetime) -> int:
        """Writes down the next of what each endpoint is to be told; how much was looked at. Without an endpoint nothing is.

        `now` is the home's time, `at` the machine's.
        """
        looked = 0
        for endpoint in endpoints.on():
            wanted = set(endpoint.kinds)
            for log in LOGS:
                if log.tells & wanted:
                    looked += self._of_log(endpoint, log, now, at)
            looked += _paced(partial(imported.tell_next, endpoint, now=now, at=at))
        return looked

    def _of_log(self, endpoint: WebhookEndpoint, log: Log, now: datetime, at: datetime) -> int:
        end = self.settled.end(log.model)
        place = LogPosition.objects.filter(endpoint=endpoint, log=log.name)
        if (place.values_list("last_id", flat=True).first() or 0) >= end:
            return 0
        return _paced(partial(self._step, endpoint, log, end, now, at))

    def _step(self, endpoint: WebhookEndpoint, log: Log, end: int, now: datetime, at: datetime) -> int:
        with transaction.atomic():
            places = LogPosition.objects.select_for_update()
            place, _ = places.get_or_create(endpoint=endpoint, log=log.name)
            rows = list(log.rows().filter(pk__gt=place.last_id, pk__lte=end).order_by("pk")[: self.at_once])
            write(endpoint, log.facts(rows), now=now, at=at)
            last = rows[-1].pk if len(rows) == self.at_once else end
            place.last_id = max(place.last_id, last)
            place.save(update_fields=["last_id"])
        return len(rows)


def _paced(step: Callable[[], int]) -> int:
    began = time.monotonic()
    count = step()
    if count:
        time.sleep(min(_LONGEST_PAUSE, time.monotonic() - began))
    return count
