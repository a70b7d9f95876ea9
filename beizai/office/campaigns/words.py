"""Step 2, the words: written, checked field by field, and seen as each recipient will see them."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from beizai.base.errors import Invalid
from beizai.campaigns import mail as mails
from beizai.campaigns import must_say
from beizai.campaigns import plan as plans
from beizai.campaigns.models import Campaign
from beizai.channels.compile import Field, Mail, Recipient, compile_mail, values_of
from beizai.office import mailview, refusals
from beizai.office.campaigns import steps
from beizai.office.campaigns.aiming import safe_words
from beizai.office.campaigns.drafting import WordsForm, plan_of
from beizai.office.frame import frame
from beizai.office.people import names
from beizai.office.permissions import needs, person
from beizai.segments import membership
from beizai.staff.models import User
from beizai.staff.roles import May

_SOMEBODY = 8
_DEFAULT = "default."
_NOWHERE = "about:blank#"


@dataclass(frozen=True)
class Missing:
    """A field some customers lack, and the words that stand in for it."""

    name: str
    label: str
    words: str


@dataclass(frozen=True)
class Checked:
    """The draft's mail: compiled, or what in it has to be changed; and the fields that need words for those without."""

    mail: Mail | None
    wrong: Invalid | None
    missing: tuple[Missing, ...]


def checked(campaign: Campaign) -> Checked:
    """Compiles the draft as it stands."""
    known = mails.fields(frame().shop, campaign)
    try:
        found = compile_mail(mails.source(campaign), known)
    except Invalid as error:
        return Checked(None, error, _missing(campaign, ()))
    missing = _missing(campaign, found.without_default)
    try:
        must_say.check(campaign, found, frame().shop)
    except Invalid as error:
        return Checked(found, error, missing)
    return Checked(found, None, missing)


def _missing(campaign: Campaign, lacking: tuple[str, ...]) -> tuple[Missing, ...]:
    known = mails.fields(frame().shop, campaign)
    wanted = dict.fromkeys([*campaign.defaults, *lacking])
    return tuple(
        Missing(name, known[name].label, campaign.defaults.get(name, "")) for name in wanted if name in known
    )


@needs(May.EDIT_CAMPAIGNS)
def words(request: HttpRequest, number: int) -> HttpResponse:
    """The page of the words."""
    campaign = plans.draft(number)
    before = plan_of(campaign)
    form = WordsForm(request.POST or None, request.FILES or None, initial=WordsForm.initial_of(before))
    if request.method == "POST" and form.is_valid():
        plan = form.plan(before, _defaults(request))
        campaign = plans.save(plan, now=frame().now, by=person(request), campaign_id=number)
        if "next" in request.POST and not (wrong := checked(campaign)).wrong and not _wordless(wrong):
            return redirect("campaign_who", number)
        return redirect(f"{request.path}{'?checked=1' if 'next' in request.POST else ''}")
    return render(request, "office/campaigns/words.html", _context(request, campaign, form))


def _wordless(found: Checked) -> bool:
    return any(not one.words for one in found.missing)


def _context(request: HttpRequest, campaign: Campaign, form: WordsForm) -> dict[str, object]:
    found = checked(campaign) if campaign.subject or "checked" in request.GET else None
    return {
        "form": form,
        "campaign": campaign,
        "checked": found,
        "steps": steps.of(campaign, "words"),
        "fields": _listed(campaign),
        "somebody": somebody(person(request), campaign),
        "unanswered": mails.unanswered(campaign),
        "safe": safe_words(),
    }


def _listed(campaign: Campaign) -> list[Field]:
    """The fields a mail may name, the ones of the card first."""
    return sorted(
        mails.fields(frame().shop, campaign).values(),
        key=lambda field: (not field.name.startswith("customer."),),
    )


def _defaults(request: HttpRequest) -> dict[str, str]:
    typed = {
        name[len(_DEFAULT) :]: str(value).strip()
        for name, value in request.POST.items()
        if name.startswith(_DEFAULT)
    }
    return {name: value for name, value in typed.items() if value}


def somebody(user: User, campaign: Campaign) -> list[tuple[int, str]]:
    """Some of the segment's people, to look at the mail with their eyes."""
    if campaign.segment_id is None:
        return []
    people = membership.sample(campaign.segment_id, as_of=frame().now, size=_SOMEBODY)
    called = names(user, people)
    return [(number, called[number]) for number in people]


@xframe_options_sameorigin
@needs(May.SEE_CAMPAIGNS)
def look(request: HttpRequest, number: int) -> HttpResponse:
    """The mail as one recipient sees it, for the frame: as kept, or with the words just typed (nothing is kept then)."""
    campaign = plans.campaign(number)
    given = request.POST if request.method == "POST" else request.GET
    if request.method == "POST":
        form = WordsForm({**request.POST.dict()})
        form.is_valid()
        _lay_over(campaign, form, _defaults(request))
    found = checked(campaign)
    if found.mail is None or found.wrong is not None:
        wrong = found.wrong
        return mailview.words(
            f"{refusals.said(wrong.phrase)}\n\n{refusals.said(wrong.hint_phrase)}"
            if wrong
            else _("Nothing to see yet.")
        )
    values = seen_by(campaign, found.mail, _whole(given.get("for", "")))
    if given.get("view") == "text":
        return mailview.words(f"{found.mail.subject_for(values)}\n\n{found.mail.text.plain(values)}")
    return mailview.page(request, found.mail.html.plain(values))


def _lay_over(campaign: Campaign, form: WordsForm, defaults: dict[str, str]) -> None:
    """Puts what was typed over the campaign in memory."""
    for name in ("subject", "preheader", "mjml", "text"):
        setattr(campaign, name, form.cleaned_data.get(name, ""))
    campaign.defaults = defaults


def seen_by(campaign: Campaign, mail: Mail, customer_id: int | None) -> dict[str, str]:
    """What the template may name for this person, with links that lead nowhere; nobody: of whom nothing is known."""
    known = mails.values_for([customer_id]).get(customer_id, {}) if customer_id else {}
    return values_of(
        mail,
        Recipient(
            customer_id=customer_id or 0,
            address="",
            values=known,
            click_url=_NOWHERE,
            unsubscribe_url=f"{_NOWHERE}unsubscribe",
        ),
    )


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
