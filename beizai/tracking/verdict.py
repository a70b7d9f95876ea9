"""Did a person open or click, or a machine: one answer with its reason, from what was written down at the time."""

import ipaddress
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

PERSON, MACHINE = "person", "machine"
AT_DELIVERY = timedelta(seconds=10)
AT_ONCE = timedelta(seconds=2)

_APPLE = ipaddress.ip_network("17.0.0.0/8")
_IMAGE_PROXIES = re.compile(r"GoogleImageProxy|YahooMailProxy", re.ASCII)
_SCANNERS = re.compile(
    r"bot\b|bot/|crawl|spider|scan|preview|fetch|monitor|headless|phantom|curl/|wget|python|java/|go-http|libwww|"
    r"httpclient|okhttp|axios|node|barracuda|proofpoint|mimecast|symantec|trendmicro|fortinet|sophos|safelinks|"
    r"urldefense|virustotal|facebookexternalhit|whatsapp|embedly|slack|skype",
    re.ASCII | re.IGNORECASE,
)


class Reason(StrEnum):
    """Why the verdict is what it is."""

    HEAD = "head"  # only the headers were asked for
    PREFETCH = "prefetch"  # the browser said that nobody looks yet
    PRIVACY_PROXY = "privacy_proxy"  # Apple's mail privacy: every picture is loaded, read or not
    SCANNER = "scanner"  # says that it is a program
    NO_BROWSER = "no_browser"  # says nothing about itself
    AT_DELIVERY = "at_delivery"  # within ten seconds of the delivery
    MANY_LINKS = "many_links"  # two or more different links of the same mail within two seconds
    IMAGE_PROXY = "image_proxy"  # Gmail's or Yahoo's proxy, which loads when the mail is opened
    NOTHING_ODD = "nothing_odd"


@dataclass(frozen=True)
class Hit:
    """One open or click as it was written down. `network` is the truncated address it came from; "" where unknown."""

    kind: str  # opened | clicked
    at: datetime
    method: str = "GET"
    user_agent: str = ""
    network: str = ""
    purpose: str = ""  # the headers Purpose, Sec-Purpose, X-Moz
    link_no: int | None = None
    campaign_id: int | None = None
    customer_id: int | None = None


@dataclass(frozen=True)
class Verdict:
    """A person or a machine, and the reason."""

    who: str
    reason: Reason


def verdict(hit: Hit, *, delivered_at: datetime | None = None, other_links: int = 0) -> Verdict:
    """Whether a person did this, as far as can be told. The first rule that holds decides.

    `other_links`: how many other links of the same mail were followed within two seconds. A person is
    assumed where nothing speaks against it; openings are never proof either way.
    """
    soon = delivered_at is not None and timedelta(0) <= hit.at - delivered_at <= AT_DELIVERY
    rules: tuple[tuple[bool, Reason], ...] = (
        (hit.method == "HEAD", Reason.HEAD),
        (bool(re.search(r"prefetch|prerender|preview", hit.purpose, re.IGNORECASE)), Reason.PREFETCH),
        (hit.kind == "opened" and _is_privacy_proxy(hit), Reason.PRIVACY_PROXY),
        (not hit.user_agent.strip(), Reason.NO_BROWSER),
        (bool(_SCANNERS.search(hit.user_agent)), Reason.SCANNER),
        (hit.kind == "clicked" and other_links > 0, Reason.MANY_LINKS),
        (soon, Reason.AT_DELIVERY),
    )
    for holds, reason in rules:
        if holds:
            return Verdict(MACHINE, reason)
    return Verdict(
        PERSON, Reason.IMAGE_PROXY if _IMAGE_PROXIES.search(hit.user_agent) else Reason.NOTHING_ODD
    )


def verdicts(
    hits: Sequence[Hit],
    *,
    delivered_at: Callable[[int, int], datetime | None] = lambda campaign, customer: None,
) -> list[Verdict]:
    """The verdict on each hit, seen beside the others: recomputes what was judged one by one when it came in.

    `delivered_at` is asked by campaign and customer. Hits without a person are judged by themselves.
    """
    followed = _links_by_mail(hits)
    return [
        verdict(
            hit,
            delivered_at=delivered_at(hit.campaign_id, hit.customer_id)
            if hit.campaign_id is not None and hit.customer_id is not None
            else None,
            other_links=_other_links(hit, followed[hit.campaign_id, hit.customer_id])
            if hit.customer_id
            else 0,
        )
        for hit in hits
    ]


def network_of(address: str) -> str:
    """The network an address belongs to, for keeping: a person's own address is not kept.

    >>> network_of("17.58.97.123"), network_of("2001:db8:1:2::3"), network_of("unix")
    ('17.58.97.0', '2001:db8:1::', '')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    prefix = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network((parsed, prefix), strict=False).network_address)


def _is_privacy_proxy(hit: Hit) -> bool:
    try:
        from_apple = ipaddress.ip_address(hit.network) in _APPLE
    except ValueError:
        from_apple = False
    return from_apple or hit.user_agent.strip() == "Mozilla/5.0"


_Mail = tuple[int | None, int | None]


def _links_by_mail(hits: Iterable[Hit]) -> dict[_Mail, list[tuple[datetime, int]]]:
    found: dict[_Mail, list[tuple[datetime, int]]] = defaultdict(list)
    for hit in hits:
        if hit.kind == "clicked" and hit.link_no is not None:
            found[hit.campaign_id, hit.customer_id].append((hit.at, hit.link_no))
    for links in found.values():
        links.sort()
    return found


def _other_links(hit: Hit, followed: list[tuple[datetime, int]]) -> int:
    first = bisect_left(followed, (hit.at - AT_ONCE, -1))
    last = bisect_right(followed, (hit.at + AT_ONCE, 1 << 31))
    return len({link for _, link in followed[first:last]} - {hit.link_no})
