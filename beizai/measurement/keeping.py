"""What is kept of a finished campaign: its evidence, so that the year need not ask the whole book again."""

from datetime import date, datetime

from beizai.experiments.evidence import Evidence, families_unpacked
from beizai.experiments.profit import Verdict
from beizai.measurement.models import Result

_NUMBERS = (
    "treated",
    "held_out",
    "buyers_treated",
    "buyers_held_out",
    "cost_minor",
    "mean_treated_minor",
    "effect_minor",
)


def keep(campaign_id: int, found: Evidence, *, verdict: Verdict, ended_on: date, as_of: datetime) -> None:
    """Keeps it in place of what was kept; writes nothing where nothing changed or what is kept knows more."""
    known = Result.objects.filter(campaign_id=campaign_id).first()
    fields = {name: getattr(found, name) for name in _NUMBERS}
    fields |= {"families": found.families_packed(), "verdict": verdict.value, "ended_on": ended_on}
    if known is not None and (known.as_of > as_of or _same(known, fields)):
        return
    Result.objects.update_or_create(campaign_id=campaign_id, defaults=fields | {"as_of": as_of})


def _same(known: Result, fields: dict[str, object]) -> bool:
    kept = {name: getattr(known, name) for name in fields} | {"families": bytes(known.families)}
    return kept == fields


def evidence_of(kept: Result) -> Evidence:
    """The evidence as it was kept."""
    shift, proportion = families_unpacked(bytes(kept.families))
    numbers = {name: getattr(kept, name) for name in _NUMBERS}
    return Evidence(**numbers, shift=shift, proportion=proportion)
