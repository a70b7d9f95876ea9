"""Invented names, addresses, permissions and referrals for the demo's households: SIMULATED, the same every time."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MAIL_DOMAIN = "example.test"
GONE_DOMAIN = "gone.example.test"  # the built-in catcher answers 5.1.1 here
FORM_WORDS = "Yes, write to me with offers and news. I can stop it at any time."
REFUSAL_WORDS = "No, do not write to me with offers."
TRACKING_WORDS = "You may note which of your mails I open and which links I follow."

_GIVEN = (
    "Abigail Aiko Alan Amara Andrea Anthony Beatriz Benjamin Bian Carmen Charlotte Chidi Clara Daniel Deepa Diego "
    "Eleanor Emmanuel Esther Farid Fatima Frances George Grace Hana Harold Hassan Helen Hugo Imani Ines Isaac Ivy "
    "Jamal James Jasmine Joan Jorge Julia Kenji Kofi Laila Laura Leo Linh Louise Lucia Malik Margaret Maria Mei "
    "Miguel Mina Nadia Naomi Nathan Nora Oliver Omar Paula Peter Priya Rachel Rafael Ravi Rosa Ruth Samuel Sandra "
    "Sofia Stefan Tamara Thomas Umar Valerie Victor Walter Wen Xavier Yara Yusuf Zoe"
).split()
_FAMILY = (
    "Abbott Adeyemi Alvarez Anderson Baker Barnes Bauer Bell Bennett Brooks Campbell Carter Castillo Chen Clarke Cohen "
    "Cruz Dahl Davis Delgado Diaz Edwards Evans Farrell Fischer Flores Foster Garcia Gomez Gray Greene Gupta Hall "
    "Hansen Harper Hayes Hoang Hughes Ibrahim Iyer Jackson James Jensen Johnson Kelly Khan Kim Kowalski Lam Larsen Lee "
    "Lewis Lopez Martin Mendoza Miller Mohamed Moore Morales Murphy Nakamura Nguyen Novak Okafor Olsen Ortiz Park "
    "Patel Perez Phillips Price Quinn Ramirez Reyes Rivera Roberts Rossi Russell Sanders Santos Schmidt Scott Shah Silva "
    "Singh Stewart Sullivan Tanaka Taylor Torres Tran Turner Vargas Walker Ward Wood Wright Young Zhang"
).split()


@dataclass(frozen=True)
class Person:
    """One invented person for one household. `decision` is granted, refused, or "" (never asked)."""

    household: str
    given_name: str
    family_name: str
    email: str
    decision: str
    decided_at: datetime | None
    may_track: bool


def people(households: Sequence[str], *, today: datetime) -> list[Person]:
    """One person per household, drawn by its number: about a fifth have no address or gave no permission."""
    return [_person(household, today) for household in households]


def referrals(households: Sequence[str], *, how_many: int = 120) -> list[tuple[str, str]]:
    """Pairs (who came, who brought them): a few households bring most, as it goes."""
    lot = random.Random("referrals")
    bringers = lot.sample(list(households), how_many // 4)
    weights = [1 / (rank + 1) for rank in range(len(bringers))]
    comers = lot.sample([each for each in households if each not in set(bringers)], how_many)
    return [(comer, lot.choices(bringers, weights)[0]) for comer in comers]


def _person(household: str, today: datetime) -> Person:
    lot = random.Random(f"household {household}")
    given, family = lot.choice(_GIVEN), lot.choice(_FAMILY)
    chance = lot.random()
    domain = GONE_DOMAIN if lot.random() < 0.015 else MAIL_DOMAIN
    email = "" if chance < 0.08 else f"{given}.{family}.{household}@{domain}".lower()
    decision = "" if chance < 0.15 else "refused" if chance < 0.19 else "granted"
    decided_at = today - timedelta(days=lot.randint(20, 300), hours=lot.randint(0, 12))
    return Person(
        household=household,
        given_name=given,
        family_name=family,
        email=email,
        decision=decision,
        decided_at=decided_at if decision else None,
        may_track=decision == "granted" and lot.random() < 0.75,
    )
