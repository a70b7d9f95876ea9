"""How phone numbers are dialled in a country, so that a million of them are read at once.

`phonenumbers` reads one number in some 40 microseconds. Numbers whose shape leaves no doubt (digits of the right length that
fit the country's plan, with its own code or its own prefix before them, or none) need not go through it one by one; a test
holds both ways equal.
"""

from dataclasses import dataclass

import phonenumbers

_NEVER = "^x"  # matches no digit


@dataclass(frozen=True)
class Dialling:
    """A country's code, the digits dialled before a number at home, and the plan its numbers fit."""

    code: str
    prefix: str
    before: str  # what phonenumbers takes for a prefix, as a pattern
    abroad: str  # what is dialled to go abroad; a pattern unless `plain`
    plain: bool  # prefix and way abroad are digits, no patterns
    pattern: str
    lengths: list[int]


def dialling(country: str) -> Dialling | None:
    """The plan of a country, or None where it is not known."""
    plan = phonenumbers.PhoneMetadata.metadata_for_region(country, None)
    if plan is None or plan.general_desc is None or not plan.general_desc.national_number_pattern:
        return None
    away = plan.international_prefix or ""
    plain = away.isdigit() and (plan.national_prefix_for_parsing or "") == (plan.national_prefix or "")
    return Dialling(
        code=str(plan.country_code),
        prefix=plan.national_prefix or "",
        before=f"^(?:{plan.national_prefix_for_parsing})" if plan.national_prefix_for_parsing else _NEVER,
        abroad=away if plain else f"^(?:{away})" if away else _NEVER,
        plain=plain,
        pattern=plan.general_desc.national_number_pattern,
        lengths=list(plan.general_desc.possible_length),
    )
