"""Endpoints: made with a secret that is shown once, changed, switched off and on, given a new secret, removed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from beizai.base.errors import Forbidden, Invalid, NotFound, Unavailable
from beizai.channels import webhook
from beizai.channels.webhook import Allowed
from beizai.segments.models import Segment
from beizai.staff import audit, secrets
from beizai.staff.models import Role, User
from beizai.webhooks import kinds, logs
from beizai.webhooks.models import WebhookEndpoint

BOTH_SIGN = timedelta(hours=24)
"""After a rotation the old secret signs beside the new one for so long."""

_LONGEST_NAME = 80


def allowed() -> Allowed:
    """The private hosts this house may tell, as its setting names them."""
    return Allowed.read(settings.WEBHOOK_HOSTS)


@dataclass(frozen=True)
class Wish:
    """What an endpoint is to be: its name and address, what it is told (codes of `kinds.KINDS`, "customer.*", "*"), of
    which segments (none named: of all), and whether names and contact points go with it."""

    name: str
    url: str
    kinds: Sequence[str]
    segments: Sequence[int] = ()
    with_contact_points: bool = False


def add(wish: Wish, *, now: datetime, user: User | None = None) -> tuple[WebhookEndpoint, str]:
    """A new endpoint, told from now on, and its secret, which is shown this once.

    Invalid for an address no webhook goes to; Forbidden for a private one, and for contact points unless an owner
    chose them (`user` None is the command line, whose user has the whole home).
    """
    secret = webhook.new_secret()
    made = WebhookEndpoint(secret=secrets.encipher(secret), made_at=now, made_by=user)
    _fill(made, wish, user)
    with transaction.atomic():
        made.save()
        logs.begin_now(made)
        _record("webhook.added", made, now, user)
    return made, secret


def change(endpoint_id: int, wish: Wish, *, now: datetime, user: User | None = None) -> WebhookEndpoint:
    """Changes what an endpoint is called, where it is and what it is told from now on; refused as `add` refuses."""
    found = get(endpoint_id)
    before = list(found.kinds)
    _fill(found, wish, user)
    with transaction.atomic():
        logs.begin_now(found, known=before)
        found.save(update_fields=["name", "url", "kinds", "segments", "with_contact_points"])
        _record("webhook.changed", found, now, user)
    return found


def _fill(row: WebhookEndpoint, wish: Wish, user: User | None) -> None:
    name = " ".join(wish.name.split())
    if not name or len(name) > _LONGEST_NAME:
        raise Invalid("An endpoint needs a name of 1 to {most} letters.", most=_LONGEST_NAME, code="no_name")
    if wish.with_contact_points and user is not None and user.role != Role.OWNER:
        raise Forbidden(
            "Only an owner may have contact points told to another program.",
            hint="Ask an owner, or leave them out.",
            code="contact_points",
        )
    _check_address(wish.url.strip())
    row.name, row.url, row.with_contact_points = name, wish.url.strip(), wish.with_contact_points
    row.kinds, row.segments = kinds.chosen(wish.kinds), sorted(_known(wish.segments))
    if not row.kinds:
        raise Invalid(
            "Nothing is chosen to be told.",
            hint="Choose at least one: {names}.",
            names=", ".join(kinds.KINDS),
            code="nothing_chosen",
        )


def _check_address(url: str) -> None:
    target = webhook.read_url(url, allowed())
    try:
        webhook.checked_addresses(target, allowed())
    except Unavailable:
        return  # the name may be known tomorrow; every attempt checks it again


def _known(segments: Iterable[int]) -> set[int]:
    wanted = {int(one) for one in segments}
    there = set(Segment.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if wanted - there:
        raise NotFound("There is no segment {n}.", n=min(wanted - there), hint="See the list of segments.")
    return there


def rotate(endpoint_id: int, *, now: datetime, at: datetime, user: User | None = None) -> str:
    """A new secret, shown this once; for a day the old one signs beside it. `at` is the machine's time."""
    found = get(endpoint_id)
    secret = webhook.new_secret()
    found.old_secret, found.old_secret_until = found.secret, at + BOTH_SIGN
    found.secret = secrets.encipher(secret)
    with transaction.atomic():
        found.save(update_fields=["secret", "old_secret", "old_secret_until"])
        _record("webhook.rotated", found, now, user)
    return secret


def secrets_in_use(row: WebhookEndpoint, at: datetime) -> list[str]:
    """The secrets that sign at this machine's time, the new one first."""
    used = [secrets.decipher(row.secret)]
    if row.old_secret and row.old_secret_until is not None and at < row.old_secret_until:
        used.append(secrets.decipher(row.old_secret))
    return used


def switch_on(endpoint_id: int, *, now: datetime, user: User | None = None) -> None:
    """The endpoint is told again from now on; what waited when it was switched off goes on, what happened since does not come."""
    found = get(endpoint_id)
    if found.state == WebhookEndpoint.State.ON:
        return
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=found.pk).update(
            state=WebhookEndpoint.State.ON,
            off_because="",
            off_at=None,
            failures=0,
            failing_since=None,
            rests_until=None,
        )
        logs.begin_now(found)
        _record("webhook.switched_on", found, now, user)


def switch_off(endpoint_id: int, *, now: datetime, at: datetime, user: User | None = None) -> None:
    """Nothing is told to the endpoint any more; what waits stays. `at` is the machine's time."""
    found = get(endpoint_id)
    if turn_off(found.pk, WebhookEndpoint.Why.BY_HAND, at=at):
        _record("webhook.switched_off", found, now, user)


def turn_off(endpoint_id: int, why: str, *, at: datetime) -> bool:
    """Switches an endpoint off for a reason; False where it is off."""
    on = WebhookEndpoint.objects.filter(pk=endpoint_id, state=WebhookEndpoint.State.ON)
    return bool(on.update(state=WebhookEndpoint.State.OFF, off_because=why, off_at=at))


def all_off_after_restore(at: datetime) -> int:
    """A restored book tells nobody until somebody says so: the book it came from may be at work."""
    on = WebhookEndpoint.objects.filter(state=WebhookEndpoint.State.ON)
    return on.update(state=WebhookEndpoint.State.OFF, off_because=WebhookEndpoint.Why.RESTORED, off_at=at)


def remove(endpoint_id: int, *, now: datetime, user: User | None = None) -> None:
    """The endpoint goes with its log and whatever waited."""
    found = get(endpoint_id)
    with transaction.atomic():
        _record("webhook.removed", found, now, user)
        found.delete()


def get(endpoint_id: int) -> WebhookEndpoint:
    """The endpoint of this number, or NotFound."""
    found = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
    if found is None:
        raise NotFound("There is no webhook endpoint {n}.", n=endpoint_id, hint="See the list of endpoints.")
    return found


def on() -> list[WebhookEndpoint]:
    """The endpoints that are told. Without one, nothing is looked at and nothing written."""
    return list(WebhookEndpoint.objects.filter(state=WebhookEndpoint.State.ON).order_by("pk"))


def _record(action: str, row: WebhookEndpoint, now: datetime, user: User | None) -> None:
    audit.record(
        action,
        at=now,
        user=user,
        endpoint=row.name,
        tells=len(row.kinds),
        contact_points="yes" if row.with_contact_points else "",
    )
