"""What the columns of a book mean to the matcher, which cards are laid side by side, and how sure one must be to merge.

Everything here is fixed beforehand: from the book the matcher learns how often each field agrees, by itself, without
a list of known doubles.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from beizai.base.errors import Invalid


class Level(StrEnum):
    """How two values compare, from the closest to "differs"; `MISSING` where one of them is not known."""

    MISSING = "missing"
    SAME = "same"
    WRITTEN_OTHERWISE = "written_otherwise"  # the same but for accents, punctuation, blanks
    SWAPPED = "swapped"  # given and family name, or day and month, exchanged
    ONE_SLIP = "one_slip"  # one letter or digit put in, left out, changed or exchanged with its neighbour
    TWO_SLIPS = "two_slips"
    YEAR_OFF = "year_off"  # day and month the same
    ENDING = "ending"  # the last seven digits
    LOCAL_PART = "local_part"  # what stands before the @
    ALIKE = "alike"
    DIFFERS = "differs"


class Kind(StrEnum):
    """What a field is made of, hence how it is compared."""

    NAME = "name"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    PHONE = "phone"
    EMAIL = "email"


# The levels of each kind, and how often they are expected between two cards of one person before anything is learned.
EXPECTED: dict[Kind, dict[Level, float]] = {
    Kind.NAME: {
        Level.SAME: 0.80,
        Level.WRITTEN_OTHERWISE: 0.03,
        Level.SWAPPED: 0.01,
        Level.ONE_SLIP: 0.06,
        Level.TWO_SLIPS: 0.02,
        Level.ALIKE: 0.03,
        Level.DIFFERS: 0.05,
    },
    Kind.TEXT: {
        Level.SAME: 0.75,
        Level.WRITTEN_OTHERWISE: 0.05,
        Level.ONE_SLIP: 0.06,
        Level.TWO_SLIPS: 0.02,
        Level.ALIKE: 0.05,
        Level.DIFFERS: 0.07,
    },
    Kind.NUMBER: {
        Level.SAME: 0.87,
        Level.WRITTEN_OTHERWISE: 0.02,
        Level.ONE_SLIP: 0.05,
        Level.DIFFERS: 0.06,
    },
    Kind.DATE: {
        Level.SAME: 0.87,
        Level.SWAPPED: 0.01,
        Level.ONE_SLIP: 0.05,
        Level.TWO_SLIPS: 0.02,
        Level.YEAR_OFF: 0.01,
        Level.DIFFERS: 0.04,
    },
    Kind.PHONE: {Level.SAME: 0.75, Level.ENDING: 0.04, Level.ONE_SLIP: 0.04, Level.DIFFERS: 0.17},
    Kind.EMAIL: {
        Level.SAME: 0.70,
        Level.WRITTEN_OTHERWISE: 0.01,
        Level.ONE_SLIP: 0.04,
        Level.LOCAL_PART: 0.05,
        Level.DIFFERS: 0.20,
    },
}


@dataclass(frozen=True)
class Role:
    """What a column says of a person.

    `hangs_on` names the roles that explain this one in part: two strangers of one postcode are often of one town, two of one
    home of one family, two of one name have like emails. The first that the table has is used. `rare` marks values that few have by chance, `personal` what
    no household shares: if that does not speak for one person on the whole, a machine does not make two cards one.
    """

    name: str
    kind: Kind
    hangs_on: tuple[str, ...] = ()
    rare: bool = False
    personal: bool = False


_HOME = ("postcode+street+house", "town+street+house", "street+house", "address", "postcode+street", "street")


ROLES: dict[str, Role] = {
    role.name: role
    for role in (
        Role("given_name", Kind.NAME, personal=True),
        Role("family_name", Kind.NAME, (*_HOME, "phone", "email")),
        Role("birthday_on", Kind.DATE, personal=True),
        Role("gender", Kind.NUMBER, ("given_name",)),
        Role("postcode", Kind.NUMBER),
        Role("town", Kind.TEXT, ("postcode",)),
        Role("region", Kind.NUMBER, ("town", "postcode")),
        Role("country", Kind.NUMBER, ("region", "town", "postcode")),
        Role("street", Kind.TEXT, ("postcode", "town")),
        Role("house", Kind.NUMBER, ("postcode+street", "town+street", "street")),
        Role("address", Kind.TEXT),
        Role("address_extra", Kind.TEXT, ("street+house", "street")),
        Role("email", Kind.EMAIL, ("given_name+family_name", "phone", *_HOME), rare=True),
        Role("phone", Kind.PHONE, _HOME, rare=True),
        Role("external_number", Kind.NUMBER, rare=True, personal=True),
        Role("id_number", Kind.NUMBER, rare=True, personal=True),
    )
}
WHOLE_NAME = "name"  # taken apart into given_name and family_name where those are missing

Rule = tuple[str, ...]

# Cards that agree in all keys of a rule are compared. Of each row the first rule whose pairs the budget bears is used, so a
# large book gets the narrower one. "names" is given and family name in either order.
RULES: tuple[tuple[Rule, ...], ...] = (
    (("id_number",),),
    (("external_number",),),
    (("email",),),
    (("phone:ending",),),
    (("names",), ("names", "birthday_on:year"), ("names", "postcode:first2")),
    (
        ("birthday_on",),
        ("birthday_on", "given_name:first1"),
        ("birthday_on", "given_name:first3"),
    ),
    (("birthday_on", "family_name:first1"), ("birthday_on", "family_name:first3")),
    (("family_name", "postcode"), ("family_name", "postcode", "given_name:first1")),
    (("given_name", "postcode"),),
    (("street", "house"), ("street", "house", "postcode:first2")),
    (("address",),),
    (("street", "given_name"),),
    (("family_name", "town", "given_name:first1"),),
    (("given_name", "birthday_on:month_day"),),
    (("postcode", "birthday_on:year", "family_name:first1"),),
    (("email:local", "family_name:first1"),),
)


@dataclass(frozen=True)
class Settings:
    """Which columns are compared, and from which probability on two cards are merged, shown for review, or left."""

    columns: dict[str, str]  # role -> column of the table
    id_column: str = "id"
    rules: tuple[tuple[Rule, ...], ...] = RULES
    merge_from: float = 0.95
    review_from: float = 0.50
    conflict_bits: float = (
        -10.0
    )  # two cards that speak against each other this much are not joined by way of a third
    personal_conflict_bits: float = (
        -5.0
    )  # two whose name and birthday speak against each other this much are a household
    pairs_per_card: int = 20  # the budget of one rule
    largest_block: int = 1000  # a key shared by more cards says too little to compare them all
    training_pairs: int = 500_000
    slice_pairs: int = 500_000
    seed: int = 20171106
    roles: tuple[Role, ...] = field(init=False)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.columns) - set(ROLES) - {WHOLE_NAME})
        if unknown:
            raise Invalid(
                "The matcher knows no role “{role}”.",
                role=unknown[0],
                hint="There are: {roles}.",
                roles=", ".join([WHOLE_NAME, *ROLES]),
            )
        known = set(self.columns) | ({"given_name", "family_name"} if WHOLE_NAME in self.columns else set())
        object.__setattr__(self, "roles", tuple(role for name, role in ROLES.items() if name in known))

    def parents(self, role: Role) -> tuple[int, ...]:
        """The places among `roles` of the fields that this one hangs on; none where it stands alone."""
        names = [one.name for one in self.roles]
        together = (one.split("+") for one in role.hangs_on)
        found = next((one for one in together if all(name in names for name in one)), [])
        return tuple(names.index(name) for name in found)


def settings_for(columns: Iterable[str], **others: object) -> Settings:
    """The default settings of a table whose columns are called as the roles are; other columns are left alone."""
    found = {name: name for name in columns if name in ROLES or name == WHOLE_NAME}
    return Settings(columns=found, **others)  # type: ignore[arg-type]
