"""The branches of the shop: who works there, and whom of the book the people there may open."""

from typing import Any

from django.db import transaction

from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.staff.models import Access, Branch, User

_MOST_LOOK_UPS = 10_000


def access_named(name: str) -> Access:
    """The access of this name, or Invalid."""
    try:
        return Access(name.strip().lower().replace("-", "_"))
    except ValueError:
        raise Invalid(
            "“{name}” is no access a branch can have.",
            hint="Use one of: {names}.",
            name=name,
            names=", ".join(Access.values),
        ) from None


def find(name: str) -> Branch:
    """The branch of this name, or NotFound."""
    found = Branch.objects.filter(name=name.strip()).first()
    found = found or Branch.objects.filter(name__iexact=name.strip()).first()
    if found is None:
        raise NotFound("There is no branch “{name}”.", hint="'beizai branches list' shows them.", name=name)
    return found


def get(branch_id: int) -> Branch:
    """The branch of this number, or NotFound."""
    found = Branch.objects.filter(pk=branch_id).first()
    if found is None:
        raise NotFound("There is no branch {number}.", number=branch_id)
    return found


def add(name: str, *, postal_address: str = "", access: Access = Access.WHOLE_BOOK) -> Branch:
    """A new branch; Invalid where its name is empty or taken."""
    return change(Branch(), name=name, postal_address=postal_address, access=access)


def change(branch: Branch, **changes: Any) -> Branch:
    """Changes name, postal_address, access, look_ups_a_day; all or nothing."""
    for field, value in changes.items():
        setattr(branch, field, _READ[field](value))
    taken = Branch.objects.filter(name__iexact=branch.name).exclude(pk=branch.pk)
    if taken.exists():
        raise Invalid("There is a branch “{name}” already.", name=branch.name)
    branch.save()
    return branch


def remove(branch: Branch) -> None:
    """Takes a branch out. Forbidden while people belong to it: without one they would open the whole book."""
    with transaction.atomic():
        here = User.objects.filter(branch=branch).order_by("pk").values_list("email", flat=True)
        if here:
            raise Forbidden(
                "{count} people belong to “{name}”: {who}.",
                hint="Give them another branch first.",
                count=len(here),
                name=branch.name,
                who=", ".join(here[:5]),
            )
        branch.delete()


def place(user: User, branch: Branch | None) -> User:
    """Says at which branch somebody works; None: at none."""
    user.branch = branch
    user.save(update_fields=["branch"])
    return user


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > 120:
        raise Invalid("A branch needs a name of at most {most} characters.", most=120)
    return name


def _look_ups(number: int) -> int:
    if not 0 <= number <= _MOST_LOOK_UPS:
        raise Invalid("Look-ups a day are between 0 and {most}.", most=_MOST_LOOK_UPS)
    return number


_READ: dict[str, Any] = {
    "name": _name,
    "postal_address": lambda text: text.strip()[:1_000],
    "access": lambda name: access_named(str(name)),
    "look_ups_a_day": _look_ups,
}
