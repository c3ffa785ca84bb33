"""DNS questions of discovery: mail exchangers and services. Answers are hints, never proof."""

from __future__ import annotations

from typing import Any

from tui_mail.accounts.autoconfig import host_name
from tui_mail.accounts.network import Network
from tui_mail.errors import ConfigError, TransportError

_SECONDS = 4.0
_MOST = 20


async def exchangers(domain: str, network: Network) -> list[str]:
    """The hosts that take mail for a domain, best first; none when DNS does not say.

    Raises TransportError, as `services` does, when no name server answers.
    """
    rows = await _ask(domain, "MX", network)
    found = sorted((int(row.preference), row.exchange.to_text()) for row in rows)
    return _names(name for _, name in found)


async def services(name: str, network: Network) -> list[tuple[str, int]]:
    """Hosts and ports of an SRV record, by priority, then weight; `.` means not offered."""
    rows = await _ask(name, "SRV", network)
    ordered = sorted(rows, key=lambda row: (int(row.priority), -int(row.weight)))
    found: list[tuple[str, int]] = []
    for row in ordered[:_MOST]:
        for host in _names([row.target.to_text()]):
            if int(row.port):
                found.append((host, int(row.port)))
    return found


def _names(names: Any) -> list[str]:
    kept: list[str] = []
    for name in names:
        try:
            kept.append(host_name(name))
        except ConfigError:
            continue
    return kept[:_MOST]


async def _ask(name: str, kind: str, network: Network) -> list[Any]:
    import dns.asyncresolver
    import dns.exception
    import dns.resolver

    try:
        resolver = dns.asyncresolver.Resolver(configure=not network.nameservers)
        if network.nameservers:
            resolver.nameservers = list(network.nameservers)
            resolver.port = network.dns_port
        answer = await resolver.resolve(name + ".", kind, lifetime=_SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, UnicodeError):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise TransportError("no name server answers") from error
    return list(answer)
