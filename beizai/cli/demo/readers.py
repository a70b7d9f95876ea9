"""What people and machines do with the demo's mails: opens, clicks, unsubscribing, through the real addresses (SIMULATED)."""

import http.client
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from beizai.channels.catcher import Caught

_CLICK = re.compile(r'href="(http://[^"]+/t/c/[^"]+)"')
_PIXEL = re.compile(r'src="(http://[^"]+/t/o/[^"]+)"')
_UNSUBSCRIBE = re.compile(r"<(http://[^>]+/t/u/[^>]+)>")
_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
_DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Safari/537.36"
_PRIVACY_PROXY = "Mozilla/5.0"
_SCANNER = "Mozilla/5.0 (compatible; LinkScanner/4.2; mail security)"


@dataclass(frozen=True, order=True)
class Visit:
    """One request to the public addresses, at a time of the home's clock."""

    at: datetime
    method: str
    url: str
    user_agent: str


def visits(mails: Iterable[Caught], *, sent_at: datetime) -> list[Visit]:
    """What becomes of each mail, in order of time: two in five are opened by a person, a third of those click."""
    return sorted(visit for mail in mails for visit in _of(mail, sent_at))


def _of(mail: Caught, sent_at: datetime) -> Iterator[Visit]:
    lot = random.Random(f"reader of {mail.rcpt_to} {mail.subject}")
    page = mail.part("html")
    clicks, pixels = _CLICK.findall(page), _PIXEL.findall(page)
    if lot.random() < 0.22:
        yield from (
            Visit(sent_at + timedelta(seconds=lot.randint(1, 6)), "GET", url, _PRIVACY_PROXY)
            for url in pixels
        )
    if lot.random() < 0.03:
        at = sent_at + timedelta(seconds=lot.randint(2, 9))
        for url in clicks:
            yield Visit(at, "HEAD", url, _SCANNER)
            yield Visit(at, "GET", url, _SCANNER)
    if lot.random() >= 0.4:
        return
    agent = lot.choice((_PHONE, _DESK))
    opened_at = sent_at + timedelta(minutes=lot.randint(4, 60 * 70))
    yield from (Visit(opened_at, "GET", url, agent) for url in pixels)
    if clicks and lot.random() < 0.33:
        yield Visit(opened_at + timedelta(seconds=lot.randint(8, 200)), "GET", lot.choice(clicks), agent)
    if lot.random() < 0.02:
        found = _UNSUBSCRIBE.search(str(mail.message()["List-Unsubscribe"]))
        if found:
            yield Visit(opened_at + timedelta(minutes=3), "POST", found[1], agent)


def make(found: Iterable[Visit], *, port: int) -> int:
    """Makes the requests one after another on this machine's loopback; returns how many were answered as they should be."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    answered = 0
    for visit in found:
        parts = urlsplit(visit.url)
        body = "List-Unsubscribe=One-Click" if visit.method == "POST" else None
        headers = {"User-Agent": visit.user_agent, "Host": parts.netloc}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(visit.method, parts.path, body, headers)
        response = connection.getresponse()
        response.read()
        answered += response.status in (200, 302, 303, 307)
    connection.close()
    return answered
