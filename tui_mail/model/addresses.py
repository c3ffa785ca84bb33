"""Addresses: what they are and when two are the same (R2)."""

from __future__ import annotations

from dataclasses import dataclass

from tui_mail.model.safe_text import one_line


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of a header, already decoded (RFC 5322 §3.4)."""

    name: str
    """Display name, decoded; may be empty."""
    address: str
    """addr-spec as received, without angle brackets; may be empty when it could not be parsed."""

    @property
    def key(self) -> str:
        """The form in which addresses are compared."""
        return address_key(self.address)

    @property
    def shown(self) -> str:
        """The name, or the address when there is none. Untrusted until it passed `safe_line`."""
        return self.name or self.address


def address_key(address: str) -> str:
    """Fold an address for comparison: trimmed, lower case, IDNA domain; dots and tags stay (R2)."""
    local, at, domain = address.strip().strip("<>").rpartition("@")
    if not at:
        return address.strip().lower()
    return f"{local.lower()}@{domain_key(domain)}"


def domain_key(domain: str) -> str:
    """A domain in lower case and, where it can be encoded, in its ASCII form."""
    domain = domain.strip().rstrip(".").lower()
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


_SPECIAL = set('()<>[]:;@,."')


def written(name: str, address: str) -> str:
    """A person as the field shows them, read back as the same address."""
    address = one_line(address)
    name = one_line(name).replace("\\", "").replace('"', "")
    if not name or name.lower() == address.lower():
        return address
    shown = f'"{name}"' if _SPECIAL & set(name) else name
    return f"{shown} <{address}>"
