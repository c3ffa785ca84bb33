"""Settings that may be right for an address, with where they come from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tui_mail.accounts.providers import Provider, Server, domain_of, user_name
from tui_mail.config.settings import AccountSettings

WORDS = {
    "preset": "known provider",
    "autoconfig": "the provider's own word",
    "ispdb": "the public directory of providers",
    "mx": "the provider that takes mail for the domain",
    "srv": "the domain's DNS",
    "guess": "a guess that answered",
}
"""Sources for people, best first."""


@dataclass(frozen=True, slots=True)
class Place:
    """One server and the user name it wants."""

    host: str
    port: int
    security: str
    user: str
    user_else: str = ""
    """Another user name worth one try; empty when there is none."""

    @property
    def text(self) -> str:
        """`imap.example.org:993 (TLS)`."""
        word = {"tls": "TLS", "starttls": "STARTTLS"}.get(self.security, "not encrypted")
        return f"{self.host}:{self.port} ({word})"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible pair of servers."""

    source: str
    """A key of `WORDS`."""
    imap: Place
    smtp: Place | None
    sign_in: tuple[str, ...] = ("password",)
    """Best first; see `providers.SignIn`."""
    provider: Provider | None = None

    @property
    def needs_confirmation(self) -> bool:
        """Whether a person must see the hosts first: all but a preset came over the network."""
        return self.source != "preset"

    @property
    def rank(self) -> int:
        """Less is better."""
        return list(WORDS).index(self.source)


def of_provider(provider: Provider, address: str, source: str = "preset") -> Candidate | None:
    """What a provider's entry means for an address; None when it names no servers."""
    if provider.imap is None:
        return None
    smtp = _place(provider.smtp, address) if provider.smtp else None
    return Candidate(source, _place(provider.imap, address), smtp, provider.sign_in, provider)


def _place(server: Server, address: str) -> Place:
    other = user_name(server.user_else, address) if server.user_else else ""
    return Place(
        server.host.replace("{domain}", domain_of(address)),
        server.port,
        server.security,
        user_name(server.user, address),
        other,
    )


def with_candidate(account: AccountSettings, found: Candidate) -> AccountSettings:
    """The account with the servers and the provider's ways filled in."""
    address, provider = account.address, found.provider
    changed = replace(
        account,
        imap_host=found.imap.host,
        imap_port=found.imap.port,
        imap_security=found.imap.security,
        imap_user="" if found.imap.user == address else found.imap.user,
        auth="oauth" if found.sign_in[:1] == ("oauth",) else account.auth,
    )
    if found.smtp is not None:
        changed = replace(
            changed,
            smtp_host=found.smtp.host,
            smtp_port=found.smtp.port,
            smtp_security=found.smtp.security,
            smtp_user="" if found.smtp.user == found.imap.user else found.smtp.user,
        )
    if provider is not None:
        fewest = min(account.connections, provider.connections or account.connections)
        changed = replace(
            changed,
            provider=provider.id,
            sent_copy=provider.sent,
            size_limit_mb=provider.size_limit_mb,
            connections=fewest,
        )
    return changed
