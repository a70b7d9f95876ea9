"""How many customers are wanted, and how many there are: of a branch, a source, a member of staff."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count

from beizai.base.errors import Invalid, NotFound
from beizai.customers import belonging
from beizai.customers.models import Customer, CustomerTarget
from beizai.sources.models import Source
from beizai.staff.models import Branch, User

SCOPES: Mapping[str, type[Branch] | type[Source] | type[User]] = {
    "branch": Branch,
    "source": Source,
    "user": User,
}
_COLUMN = {"branch": "branch_id", "source": "source_id", "user": "made_by_id"}


@dataclass(frozen=True)
class Aim:
    """One branch, source or member of staff: how many cards there are, how many are wanted and by when."""

    scope: str
    number: int
    name: str
    customers: int
    wanted: int | None
    by_on: date | None

    @property
    def share(self) -> float | None:
        return self.customers / self.wanted if self.wanted else None


def aims(scope: str) -> list[Aim]:
    """Everybody of a scope with their count and target; of staff, whom they entered."""
    named = {one.pk: str(one) for one in SCOPES[scope].objects.all()}
    column = _COLUMN[scope]
    counted = dict(
        belonging.listed(Customer.objects.filter(**{f"{column}__isnull": False}))
        .order_by()
        .values_list(column)
        .annotate(Count("pk"))
    )
    wanted = {
        getattr(row, f"{scope}_id"): row
        for row in CustomerTarget.objects.filter(**{f"{scope}__isnull": False})
    }
    return [
        Aim(
            scope,
            number,
            name,
            counted.get(number, 0),
            wanted[number].customers if number in wanted else None,
            wanted[number].by_on if number in wanted else None,
        )
        for number, name in sorted(named.items(), key=lambda item: item[1].casefold())
    ]


def followed() -> list[Aim]:
    """What is followed day by day: every branch, and the sources and staff for whom a target is set."""
    rows = list(CustomerTarget.objects.values_list("source_id", "user_id"))
    found = aims("branch")
    for scope, numbers in (("source", {row[0] for row in rows}), ("user", {row[1] for row in rows})):
        if numbers - {None}:
            found += [one for one in aims(scope) if one.wanted]
    return found


def named(scope: str, name: str) -> int:
    """The number of the branch or source of this name, or of the member of staff with this email; NotFound."""
    column = "email" if scope == "user" else "name"
    wanted = {f"{column}__iexact": name.strip()}
    found = SCOPES[scope].objects.filter(**wanted).order_by("pk").values_list("pk", flat=True).first()
    if found is None:
        raise NotFound(
            "Nothing is called “{name}” here.", hint="'beizai targets list' shows the names.", name=name
        )
    return int(found)


def aim(scope: str, number: int, customers: int | None, by_on: date | None) -> None:
    """Sets a target; None or 0 takes it away."""
    if scope not in SCOPES or not SCOPES[scope].objects.filter(pk=number).exists():
        raise Invalid(
            "There is nothing to set a target for.", hint="Choose a branch, a source or a member of staff."
        )
    if customers and customers > 10**9:
        raise Invalid("{number} customers are too many for a target.", number=customers)
    key: dict[str, Any] = {f"{scope}_id": number}
    if customers:
        CustomerTarget.objects.update_or_create(**key, defaults={"customers": customers, "by_on": by_on})
    else:
        CustomerTarget.objects.filter(**key).delete()
