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
from beizai.campaigns.models import STATES_SAID, Campaign, CampaignState
from beizai.consent.models import Topic
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
    share proposed for the size of the segment; `topic` is one of those customers choose from, "" is of all; `defaults` are the words for customers who lack a field.
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
    topic: str = ""
    simulated: bool = False


def read_plan(path: Path) -> Plan:
    """The plan in a TOML or JSON file; the template may stand beside it (`mjml = "@mail.mjml"`).

    Errors: NotFound for a missing file, Invalid for unknown or wrongly typed fields (the near name is the hint).
    """
    if not path.is_file():
        raise NotFound("There is no plan {path}.", hint="Give the path of a TOML or JSON file.", path=path)
    raw = path.read_bytes()
    if len(raw) > 2_000_000:
        raise Invalid(
            "The plan {file} is larger than 2 MB.",
            hint="Pictures go into uploads, not into the plan.",
            file=path.name,
        )
    try:
        words = raw.decode("utf-8")
        given = json.loads(words) if path.suffix.lower() == ".json" else tomllib.loads(words)
    except (UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(
            "The plan {file} cannot be read: {reason}.",
            hint="Write it as UTF-8 TOML or JSON.",
            file=path.name,
            reason=str(error),
        ) from None
    if not isinstance(given, dict):
        raise Invalid(
            "The plan {file} is not a table of fields.", hint='Begin with name = "…".', file=path.name
        )
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
            raise Invalid(
                "A plan has no field “{name}”.",
                hint="Did you mean “{near}”?" if near else "Fields: {fields}.",
                name=name,
                near=near[0] if near else "",
                fields=", ".join(sorted(known)),
            )
    for name in ("name", "segment", "subject", "mjml"):
        if not isinstance(given.get(name), str) or not given[name].strip():
            raise Invalid("The plan does not say its {name}.", hint='Add {name} = "…".', name=name)
    for name in ("defaults", "checklist"):
        if not isinstance(given.get(name, {}), dict):
            raise Invalid("The field “{name}” must be a table of names and words.", name=name)
    plan = Plan(**{**given, "contact_cost": _cost(given.get("contact_cost", 0))})
    check(plan)
    return plan


def check(plan: Plan) -> None:
    """Refuses what no campaign can have; the mail itself is checked by `campaigns.mail`."""
    for name in plan.checklist:
        if name not in CHECKLIST:
            raise Invalid(
                "The checklist has no item “{name}”.",
                hint="Items: {items}.",
                name=name,
                items=", ".join(CHECKLIST),
            )
    if not 1 <= plan.window_days <= MAX_WINDOW_DAYS:
        raise Invalid(
            "A window of {days} days is not possible.",
            hint="Watch between 1 and 366 days.",
            days=plan.window_days,
        )
    if plan.holdout_permille is not None and not 0 <= plan.holdout_permille <= 500:
        raise Invalid(
            "A share of {percent:g}% cannot be left alone.",
            hint="Leave between 0% and 50% alone: more than half tells no more.",
            percent=plan.holdout_permille / 10,
        )
    if plan.contact_cost < 0 or plan.fixed_cost_minor < 0:
        raise Invalid("A cost below zero is not a cost.", hint="Give what one message costs, 0 if nothing.")


def save(plan: Plan, *, now: datetime, by: User | None, campaign_id: int | None = None) -> Campaign:
    """Keeps the plan as a draft, new or in place of the draft's earlier words; Forbidden once it is approved."""
    segment = Segment.objects.filter(name=plan.segment).first()
    if segment is None:
        raise NotFound(
            "There is no segment “{name}”.",
            hint="See the list of segments, or 'beizai segments list'.",
            name=plan.segment,
        )
    topic = topic_named(plan.topic)
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
        campaign.topic = topic
        campaign.simulated = plan.simulated
        campaign.save()
        audit.record("campaign.planned", at=now, user=by, campaign_id=campaign.pk)
    return campaign


def topic_named(name: str) -> str:
    """The topic of this name as it is written there, "" for none; NotFound where customers cannot choose it."""
    if not name.strip():
        return ""
    found = Topic.objects.filter(name__iexact=name.strip()).values_list("name", flat=True).first()
    if found is None:
        raise NotFound(
            "There is no topic “{name}” to choose.",
            hint="There are: {names}. 'beizai consent topic' makes one.",
            name=name,
            names=", ".join(Topic.objects.values_list("name", flat=True)) or "–",
        )
    return found


def campaign(campaign_id: int) -> Campaign:
    """The campaign of this number, or NotFound."""
    found = Campaign.objects.filter(pk=campaign_id).first()
    if found is None:
        raise NotFound(
            "There is no campaign {n}.",
            hint="See the list of campaigns, or 'beizai campaigns list'.",
            n=campaign_id,
        )
    return found


def draft(campaign_id: int) -> Campaign:
    """The campaign while it may still be changed: what is approved stays as it was approved."""
    found = campaign(campaign_id)
    if found.state != CampaignState.DRAFT:
        raise Forbidden(
            "“{name}” is {state}; its plan is fixed.",
            hint="Copy it to a new campaign to send something else.",
            name=found.name,
            state=STATES_SAID[found.state],
        )
    return found


def _cost(given: object) -> Decimal:
    try:
        return Decimal(str(given)).quantize(Decimal("0.001"))
    except InvalidOperation:
        raise Invalid(
            "“{given}” is not a cost.", hint="Give minor units per message, such as 2 or 0.75.", given=given
        ) from None


def _beside(path: Path, name: str) -> str:
    found = (path.parent / name).resolve()
    if found.parent != path.parent.resolve() or not found.is_file():
        raise NotFound(
            "There is no file {name} beside the plan.",
            hint="Put the template into the plan's folder.",
            name=name,
        )
    return found.read_text(encoding="utf-8")
