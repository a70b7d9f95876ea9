"""A prize draw anyone can check: the seed is promised by its hash, the entries are published, the winners follow.

The recipe, ten lines of Python with nothing of ours in it, stands in RECIPE; a test runs exactly these lines.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U

RECIPE = """\
import hashlib
seed, number, prizes = "SEED", "NUMBER", PRIZES
codes = sorted(open("entries.txt").read().split())
assert hashlib.sha256(seed.encode()).hexdigest() == "COMMITMENT"
assert hashlib.sha256("\\n".join(codes).encode()).hexdigest() == "ENTRIES"
def place(code):
    return hashlib.sha256(f"{seed}:{number}:{code}".encode()).hexdigest()
for winner in sorted(codes, key=place)[:prizes]:
    print(winner)
"""


def new_seed() -> str:
    """A seed nobody can guess: 256 random bits as 64 characters."""
    return secrets.token_hex(32)


def new_code() -> str:
    """An entry's code: 60 random bits in 12 characters without I, L, O and U."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def commitment(seed: str) -> str:
    """What is published before anybody enters: the SHA-256 of the seed.

    >>> commitment("tea")[:16]
    'a9f74d1ec36ebdeb'
    """
    return hashlib.sha256(seed.encode()).hexdigest()


def entries_hash(codes: Iterable[str]) -> str:
    """The SHA-256 of the sorted list of entry codes, one to a line."""
    return hashlib.sha256("\n".join(sorted(codes)).encode()).hexdigest()


def ranked(seed: str, number: str, codes: Iterable[str]) -> list[str]:
    """All entries in the order of the draw; the first win. `number` is the outside number announced beforehand ("": none)."""

    def place(code: str) -> str:
        return hashlib.sha256(f"{seed}:{number}:{code}".encode()).hexdigest()

    return sorted(sorted(codes), key=place)


@dataclass(frozen=True)
class Drawn:
    """A draw that has been made, as it is published."""

    seed: str
    number: str
    prizes: int
    codes: Sequence[str]

    @property
    def winners(self) -> list[str]:
        return ranked(self.seed, self.number, self.codes)[: self.prizes]

    @property
    def recipe(self) -> str:
        """The recipe with this draw's own values in it; it reads the published list as entries.txt."""
        filled = RECIPE.replace("PRIZES", str(self.prizes)).replace("COMMITMENT", commitment(self.seed))
        filled = filled.replace("ENTRIES", entries_hash(self.codes)).replace('"SEED"', repr(self.seed))
        return filled.replace('"NUMBER"', repr(self.number))
