"""Sources by name, and on what ground their people may be written to."""

from datetime import datetime

from beizai.base.errors import Invalid, NotFound
from beizai.sources.models import LawfulBasis, Source, SourceKind, SourceStop
from beizai.staff.models import User

# Where people come to the shop themselves, what they ask for is answered on their own request; who was given by others
# (a card, a partner, a seller, a file) needs a ground that is said.
THEY_CAME = frozenset(
    {
        SourceKind.ORDERS,
        SourceKind.TILL,
        SourceKind.OFFICE,
        SourceKind.EDGE,
        SourceKind.DEMO,
        SourceKind.REGISTRATION,
        SourceKind.CHAT,
        SourceKind.CALL,
        SourceKind.NEWSLETTER,
        SourceKind.SURVEY,
        SourceKind.CONTEST,
        SourceKind.EVENT,
        SourceKind.REFERRAL,
    }
)


def source(name: str, kind: SourceKind, *, now: datetime, simulated: bool = False) -> Source:
    """The source of this name, made where it is new."""
    return Source.objects.get_or_create(
        name=name, defaults={"kind": kind, "created_at": now, "simulated": simulated}
    )[0]


def make(
    name: str,
    kind: str,
    *,
    owner: str = "",
    cost_minor: int = 0,
    cost_per_record_minor: int | None = None,
    now: datetime,
) -> Source:
    """A new source. Invalid where its kind is none, or the name is taken; addresses harvested from the web are no kind."""
    if kind not in SourceKind.values:
        raise Invalid(
            "“{kind}” is no kind of source.",
            hint="There are: {known}. Addresses collected from the web are not among them, on purpose.",
            kind=kind,
            known=", ".join(SourceKind.values),
        )
    clean = " ".join(name.split())
    if not clean or len(clean) > 120 or Source.objects.filter(name__iexact=clean).exists():
        raise Invalid("“{name}” cannot be the name of a new source.", hint="Choose another one.", name=clean)
    return Source.objects.create(
        name=clean,
        kind=kind,
        owner=owner.strip(),
        cost_minor=cost_minor,
        cost_per_record_minor=cost_per_record_minor,
        created_at=now,
    )


def till(now: datetime) -> Source:
    """The shop's own till: sales rung up by hand."""
    return source("Till", SourceKind.TILL, now=now)


def office(now: datetime) -> Source:
    """What staff enter on a card."""
    return source("Office", SourceKind.OFFICE, now=now)


def get(source_id: int) -> Source:
    """The source of this number, or NotFound."""
    found = Source.objects.filter(pk=source_id).first()
    if found is None:
        raise NotFound(
            "There is no source {number}.", hint="See the list under Collection.", number=source_id
        )
    return found


def has_basis(source_id: int) -> bool:
    """Whether a lawful basis is known for the people of this source: said with its evidence, or because they came themselves.

    Without one nobody of it is contactable until a basis is recorded for that person.
    """
    return source_id not in without_basis()


def without_basis() -> frozenset[int]:
    """The sources for whose people no lawful basis is known."""
    return frozenset(Source.objects.filter(basis="").exclude(kind__in=THEY_CAME).values_list("pk", flat=True))


def say_basis(
    source_id: int, basis: str, evidence: str, *, now: datetime, user: User | None = None
) -> Source:
    """Records the lawful basis of a source with its evidence; "" takes it back. Invalid without evidence."""
    if basis and basis not in LawfulBasis.values:
        raise Invalid(
            "“{basis}” is not a lawful basis.",
            hint="There are: {known}.",
            basis=basis,
            known=", ".join(LawfulBasis.values),
        )
    if basis and not evidence.strip():
        raise Invalid(
            "A lawful basis needs its evidence.",
            hint="Say where it can be seen: the form's words, the contract, the assessment with its date.",
            code="no_evidence",
        )
    found = get(source_id)
    found.basis, found.basis_evidence = basis, evidence.strip()
    found.basis_at, found.basis_by = (now, user) if basis else (None, None)
    found.save(update_fields=["basis", "basis_evidence", "basis_at", "basis_by"])
    return found


def stopped() -> frozenset[tuple[int, int | None]]:
    """What writing was stopped to: (source, import), the import None where it is the whole source."""
    return frozenset(SourceStop.objects.filter(lifted_at=None).values_list("source_id", "import_id"))


def is_stopped(source_id: int, import_id: int | None) -> bool:
    """Whether writing to the people of this source and import is stopped."""
    held = stopped()
    return (source_id, None) in held or (import_id is not None and (source_id, import_id) in held)


def lift(stop_id: int, *, now: datetime, user: User | None = None) -> None:
    """Lets writing go on. What bounced before is not counted again."""
    SourceStop.objects.filter(pk=stop_id, lifted_at=None).update(lifted_at=now, lifted_by=user)
