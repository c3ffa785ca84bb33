"""Who is kept out of the inbox, and when (R28 to R30, R33). Pure rules, no store."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from tui_mail.errors import ActionError
from tui_mail.model.addresses import address_key, domain_key

_DOMAIN = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """What is blocked: one address, or one domain with its sub-domains."""

    kind: str
    """`address` or `domain`."""
    value: str

    def __str__(self) -> str:
        return self.value if self.kind == "address" else f"@{self.value}"

    def covers(self, address: str) -> bool:
        """Whether an address (comparison key) falls under it; a domain only at a dot."""
        if self.kind == "address":
            return address == self.value
        domain = address.rpartition("@")[2]
        return domain == self.value or domain.endswith("." + self.value)


def parse_target(text: str) -> Target:
    """The normal form: `X@Example.com` an address; `example.com`, `@…`, `*@…`, `*.…` a domain.

    Raises ActionError for what is neither.
    """
    text = text.strip().strip("<>").strip()
    local, at, domain = text.rpartition("@")
    if at and local not in ("", "*"):
        key = address_key(text)
        if " " in key or not _DOMAIN.fullmatch(key.rpartition("@")[2]):
            raise ActionError(f"`{text[:60]}` is no e-mail address.")
        return Target("address", key)
    name = domain_key((domain if at else text).removeprefix("*.").strip("."))
    if not _DOMAIN.fullmatch(name):
        raise ActionError(f"`{text[:60]}` is neither an address nor a domain.")
    return Target("domain", name)


def refusal(
    target: Target, own: Collection[str], is_public_suffix: Callable[[str], bool]
) -> str | None:
    """Why something cannot be blocked, or None (R28)."""
    if target.kind == "address" and target.value in own:
        return "This is your own address."
    if target.kind == "domain" and is_public_suffix(target.value):
        return f"Under {target.value} are the domains of many: name one of them."
    return None


def warning(target: Target, own: Collection[str]) -> str:
    """What is to be said before a block goes ahead; empty when there is nothing."""
    if target.kind != "domain":
        return ""
    if any(target.covers(address) for address in own):
        return "Your own address is there: this hides the mail of your colleagues."
    if target.value in FREE_MAIL:
        return f"Many people have their mail at {target.value}: this hides all of them."
    return ""


@dataclass(slots=True)
class Blocklist:
    """The entries in force for one account, ready to be asked for each mail."""

    addresses: Mapping[str, int] = field(default_factory=dict)
    """Comparison key to the id of its entry."""
    domains: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.addresses or self.domains)

    def entry(self, address: str) -> int | None:
        """The entry that covers an address: the address itself, else the longest domain."""
        found = self.addresses.get(address)
        if found is not None:
            return found
        domain = address.rpartition("@")[2]
        while domain:
            found = self.domains.get(domain)
            if found is not None:
                return found
            domain = domain.partition(".")[2]
        return None


def screened_by(
    senders: Iterable[str], external: Iterable[str], blocklist: Blocklist
) -> int | None:
    """The entry that screens a mail, or None (R29).

    `senders` are the addresses of From, `external` everyone in From, To, Cc and Bcc but the user;
    all as comparison keys. Screened exactly when there is a sender, every sender is blocked
    (R30) and so is everyone else. A mail of the user is never screened: an own address is no
    blocked sender. `Sender:` and Reply-To play no part.
    """
    if not blocklist:
        return None
    entry: int | None = None
    for address in senders:
        found = blocklist.entry(address)
        if found is None:
            return None
        entry = found if entry is None else entry
    if entry is None or any(blocklist.entry(address) is None for address in external):
        return None
    return entry


_FREE_MAIL_NAMES = (
    "126.com 139.com 163.com aim.com aol.com bol.com.br btinternet.com comcast.net daum.net"
    " duck.com fastmail.com free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net"
    " googlemail.com hanmail.net hey.com hotmail.co.uk hotmail.com hotmail.fr icloud.com"
    " inbox.ru laposte.net libero.it live.com mac.com mail.com mail.ru mailbox.org me.com msn.com"
    " naver.com o2.pl onet.pl orange.fr outlook.com pm.me posteo.de proton.me protonmail.com"
    " qq.com rambler.ru rediffmail.com seznam.cz sina.com t-online.de tuta.com tutanota.com"
    " uol.com.br verizon.net web.de wp.pl yahoo.co.jp yahoo.co.uk yahoo.com yahoo.de yahoo.fr"
    " yandex.com yandex.ru yeah.net ymail.com zoho.com"
)
FREE_MAIL = frozenset(_FREE_MAIL_NAMES.split())
"""Domains where anybody can have an address."""
