"""The plan of a campaign: to whom, with which words, at what cost, watched for how long."""

import difflib
import json
import tomllib
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.db import transaction

from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.campaigns.models import Campaign, CampaignState
from beizai.segments.models import Segment
from beizai.staff import audit
from beizai.staff.models import User

CHECKLIST = ("what_it_does", "what_good_it_does", "price", "who_vouches", "if_it_goes_wrong")
"""What a buyer needs to decide; the plan says where in the mail each is answered."""

MAX_WINDOW_DAYS = 366


@dataclass(frozen=True)
class Plan:
    """Everything a campaign's author decides.

    `contact_cost` is in minor units per message and may have three decimals; `holdout_permille` None means the
    share proposed for the size of the segment; `defaults` are the words for customers who lack a field.
    """

    name: str
    segment: str
    subject: str
    mjml: str
    text: str = ""
    preheader: str = ""
    defaults: dict[str, str] = field(default_factory=dict)
    checklist: dict[str, str] = field(default_factory=dict)
    picture: str = ""
    contact_cost: Decimal = Decimal(0)
    fixed_cost_minor: int = 0
    holdout_permille: int | None = None
    window_days: int = 28
    simulated: bool = False


def read_plan(path: Path) -> Plan:
    """The plan in a TOML or JSON file; the template may stand beside it (`mjml = "@mail.mjml"`).

    Errors: NotFound for a missing file, Invalid for unknown or wrongly typed fields (the near name is the hint).
    """
    if not path.is_file():
        raise NotFound(f"There is no plan {path}.", hint="Give the path of a TOML or JSON file.")
    raw = path.read_bytes()
    if len(raw) > 2_000_000:
        raise Invalid(
            f"The plan {path.name} is larger than 2 MB.", hint="Pictures go into uploads, not into the plan."
        )
    try:
        words = raw.decode("utf-8")
        given = json.loads(words) if path.suffix.lower() == ".json" else tomllib.loads(words)
    except (UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(
            f"The plan {path.name} cannot be read: {error}.", hint="Write it as UTF-8 TOML or JSON."
        ) from None
    if not isinstance(given, dict):
        raise Invalid(f"The plan {path.name} is not a table of fields.", hint='Begin with name = "…".')
    for key in ("mjml", "text"):
        if isinstance(given.get(key), str) and given[key].startswith("@"):
            given[key] = _beside(path, given[key][1:])
    return plan_from(given)


def plan_from(given: dict[str, Any]) -> Plan:
    """The plan of a table of fields; unknown fields are refused, never ignored."""
    known = {each.name for each in fields(Plan)}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean “{near[0]}”?" if near else f"Fields: {', '.join(sorted(known))}."
            raise Invalid(f"A plan has no field “{name}”.", hint=hint)
    for name in ("name", "segment", "subject", "mjml"):
        if not isinstance(given.get(name), str) or not given[name].strip():
            raise Invalid(f"The plan does not say its {name}.", hint=f'Add {name} = "…".')
    for name in ("defaults", "checklist"):
        if not isinstance(given.get(name, {}), dict):
            raise Invalid(f"The field “{name}” must be a table of names and words.")
    plan = Plan(**{**given, "contact_cost": _cost(given.get("contact_cost", 0))})
    check(plan)
    return plan


def check(plan: Plan) -> None:
    """Refuses what no campaign can have; the mail itself is checked by `campaigns.mail`."""
    for name in plan.checklist:
        if name not in CHECKLIST:
            raise Invalid(f"The checklist has no item “{name}”.", hint=f"Items: {', '.join(CHECKLIST)}.")
    if not 1 <= plan.window_days <= MAX_WINDOW_DAYS:
        raise Invalid(
            f"A window of {plan.window_days} days is not possible.", hint="Watch between 1 and 366 days."
        )
    if plan.holdout_permille is not None and not 0 <= plan.holdout_permille <= 500:
        raise Invalid(
            f"A share of {plan.holdout_permille / 10:g}% cannot be left alone.",
            hint="Leave between 0% and 50% alone: more than half tells no more.",
        )
    if plan.contact_cost < 0 or plan.fixed_cost_minor < 0:
        raise Invalid("A cost below zero is not a cost.", hint="Give what one message costs, 0 if nothing.")


def save(plan: Plan, *, now: datetime, by: User | None, campaign_id: int | None = None) -> Campaign:
    """Keeps the plan as a draft, new or in place of the draft's earlier words; Forbidden once it is approved."""
    segment = Segment.objects.filter(name=plan.segment).first()
    if segment is None:
        raise NotFound(f"There is no segment “{plan.segment}”.", hint="See 'beizai segments list'.")
    with transaction.atomic():
        campaign = draft(campaign_id) if campaign_id is not None else Campaign(created_at=now, created_by=by)
        for name in ("name", "subject", "mjml", "text", "preheader", "defaults", "checklist", "picture"):
            setattr(campaign, name, getattr(plan, name))
        campaign.segment_id = segment.pk
        campaign.contact_cost = plan.contact_cost
        campaign.fixed_cost_minor = plan.fixed_cost_minor
        campaign.holdout_permille = plan.holdout_permille if plan.holdout_permille is not None else 0
        campaign.share_proposed = plan.holdout_permille is None
        campaign.window_days = plan.window_days
        campaign.simulated = plan.simulated
        campaign.save()
        audit.record("campaign.planned", at=now, user=by, campaign_id=campaign.pk)
    return campaign


def campaign(campaign_id: int) -> Campaign:
    """The campaign of this number, or NotFound."""
    found = Campaign.objects.filter(pk=campaign_id).first()
    if found is None:
        raise NotFound(f"There is no campaign {campaign_id}.", hint="See 'beizai campaigns list'.")
    return found


def draft(campaign_id: int) -> Campaign:
    """The campaign while it may still be changed: what is approved stays as it was approved."""
    found = campaign(campaign_id)
    if found.state != CampaignState.DRAFT:
        raise Forbidden(
            f"“{found.name}” is {found.state}; its plan is fixed.",
            hint="Copy it to a new campaign to send something else.",
        )
    return found


def _cost(given: object) -> Decimal:
    try:
        return Decimal(str(given)).quantize(Decimal("0.001"))
    except InvalidOperation:
        raise Invalid(
            f"“{given}” is not a cost.", hint="Give minor units per message, such as 2 or 0.75."
        ) from None


def _beside(path: Path, name: str) -> str:
    found = (path.parent / name).resolve()
    if found.parent != path.parent.resolve() or not found.is_file():
        raise NotFound(
            f"There is no file {name} beside the plan.", hint="Put the template into the plan's folder."
        )
    return found.read_text(encoding="utf-8")
