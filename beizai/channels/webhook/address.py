"""Where a webhook may go: to public addresses over HTTPS, and nowhere inside the shop's own network unless it was named.

Whoever may enter an address must not reach through us what they could not reach themselves: the machine itself, its
neighbours, a cloud's metadata. A name is looked up once, every address it has is checked, and the connection goes
to an address that was checked: a name that answers otherwise a moment later gains nothing.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from beizai.base.errors import Forbidden, Invalid, Unavailable

_LONGEST = 500
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?|[0-9a-f:.]+", re.ASCII)
_SAFE = "/%:@!$&'()*+,;=~-._"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Iterable[str]]
"""All addresses of a host; OSError where it has none."""


@dataclass(frozen=True)
class Allowed:
    """Private hosts and networks a shop's own programs may be told at, without HTTPS too."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = field(default=())

    @classmethod
    def read(cls, names: Iterable[str]) -> "Allowed":
        """From host names and networks as they are written in the setting.

        >>> Allowed.read(["erp.local", "10.1.0.0/16"]).hosts
        frozenset({'erp.local'})
        """
        hosts, networks = set(), []
        for name in filter(None, (one.strip().casefold() for one in names)):
            try:
                networks.append(ipaddress.ip_network(name, strict=False))
            except ValueError:
                hosts.add(name)
        return cls(frozenset(hosts), tuple(networks))

    def has_host(self, host: str) -> bool:
        """Whether this host was named, itself or by a network it is an address of."""
        if host in self.hosts:
            return True
        try:
            return self.has_address(ipaddress.ip_address(host))
        except ValueError:
            return False

    def has_address(self, address: Address) -> bool:
        return any(address.version == one.version and address in one for one in self.networks)


@dataclass(frozen=True)
class Target:
    """An address taken apart: where to connect, and what to ask for there."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """The host as HTTP names it."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.secure else 80) else f"{name}:{self.port}"


def read_url(url: str, allowed: Allowed) -> Target:
    """The address taken apart. Invalid where it is none a webhook may be sent to, whatever its name leads to.

    >>> read_url("https://Shop.example/hooks?a=1", Allowed())
    Target(secure=True, host='shop.example', port=443, path='/hooks?a=1')
    """
    if len(url) > _LONGEST or not url.isprintable() or any(letter.isspace() for letter in url):
        raise _no_address(url)
    try:
        parts = urlsplit(url)
        host = (
            (parts.hostname or "")
            .encode("idna" if not (parts.hostname or "").isascii() else "ascii")
            .decode()
        )
        port = parts.port
    except ValueError:
        raise _no_address(url) from None
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(host) or port == 0:
        raise _no_address(url)
    if parts.username or parts.password or parts.fragment:
        raise Invalid(
            "A webhook's address holds no password and no “#”.",
            hint="The receiver knows us by the signature.",
            code="address_with_password",
        )
    secure = parts.scheme == "https"
    if not secure and not allowed.has_host(host):
        raise Invalid(
            "“{url}” is not encrypted.",
            url=url[:80],
            hint="Use https://, or have BEIZAI_WEBHOOK_HOSTS name a host of your own.",
            code="not_encrypted",
        )
    path = quote(parts.path or "/", safe=_SAFE) + (
        f"?{quote(parts.query, safe=_SAFE + '?')}" if parts.query else ""
    )
    return Target(secure, host, port or (443 if secure else 80), path)


def _no_address(url: str) -> Invalid:
    return Invalid(
        "“{url}” is not an address a webhook can be sent to.",
        url=url[:80],
        hint="Write it like https://shop.example/hooks.",
        code="no_address",
    )


def checked_addresses(target: Target, allowed: Allowed, resolve: Resolve | None = None) -> tuple[str, ...]:
    """The addresses of a target's host, every one of them checked. Looked up once: connect to these and no others.

    Unavailable where the host has none; Forbidden where one of them lies inside a network nobody named.
    """
    try:
        found = tuple(dict.fromkeys((resolve or _resolve)(target.host, target.port)))
    except (OSError, UnicodeError):
        found = ()
    if not found:
        raise Unavailable(
            "Nothing is known of the host “{host}”.",
            host=target.host,
            hint="Check the name.",
            code="no_such_host",
        )
    for text in found:
        if not _may_connect(text, target.host, allowed):
            raise Forbidden(
                "“{host}” leads to the private address {address}.",
                host=target.host,
                address=text,
                hint="Webhooks go to public addresses; BEIZAI_WEBHOOK_HOSTS names those of your own that are wanted.",
                code="private_address",
            )
    return found


def is_public(text: str) -> bool:
    """Whether an address is one of the open internet: not this machine, a private or shared network, a link, a group.

    >>> [is_public(one) for one in ("93.184.215.14", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "2606:4700::1")]
    [True, False, False, False, True]
    """
    try:
        return all(one.is_global and not _never(one) for one in _meant(ipaddress.ip_address(text)))
    except ValueError:
        return False


def _may_connect(text: str, host: str, allowed: Allowed) -> bool:
    if is_public(text):
        return True
    try:
        meant = _meant(ipaddress.ip_address(text))
    except ValueError:
        return False
    named = host in allowed.hosts or all(allowed.has_address(one) for one in meant)
    return named and not any(_never(one) for one in meant)


def _never(address: Address) -> bool:
    """Nobody's web server: a cloud's metadata lies at a link-local address, and can never be named."""
    return address.is_link_local or address.is_multicast or address.is_unspecified


def _meant(address: Address) -> tuple[Address, ...]:
    """The address and any other that is written inside it, which a gateway would connect to."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    inside: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _COMPATIBLE:
        inside.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    found = tuple(one for one in inside if one is not None)
    if address.ipv4_mapped is not None or address in _NAT64:
        return found  # the IPv4 address alone decides
    if address == ipaddress.IPv6Address("::1"):
        return (address,)
    return (address, *found)


def _resolve(host: str, port: int) -> list[str]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(row[4][0]).partition("%")[0] for row in rows]
