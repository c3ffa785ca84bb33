"""What may go out: envelope addresses and the body, so that exactly one mail arrives (SEC-26)."""

from __future__ import annotations

import re

from tui_mail.errors import MailError
from tui_mail.model.safe_text import safe_line

_LOCAL = re.compile(r"[^\x00-\x20\x7f-\xa0()<>\[\]:;@\\,\"\u2028\u2029\ud800-\udfff]+\Z")
_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}))*\Z"
)
_LITERAL = re.compile(r"\[[A-Za-z0-9:.]{2,60}\]\Z")
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


def envelope_address(address: str, *, smtputf8: bool) -> str:
    """Check one address for MAIL or RCPT and return it as it goes out.

    A domain outside ASCII is sent in its ASCII form. Raises MailError for controls, spaces, angle
    brackets and everything else outside the grammar, and for a local part outside ASCII without
    SMTPUTF8 (OUT-14).
    """
    shown = safe_line(address, 100)
    local, at, domain = address.rpartition("@")
    if not at or len(address) > 320 or not _LOCAL.match(local):
        raise MailError(f"The address {shown} cannot be written to.")
    if not local.isascii() and not smtputf8:
        raise MailError(
            f"The server cannot deliver to {shown}.", hint="The part before @ is not ASCII."
        )
    if not domain.isascii():
        domain = _ascii_domain(domain, shown)
    if not _DOMAIN.match(domain) and not _LITERAL.match(domain):
        raise MailError(f"The address {shown} cannot be written to.")
    return f"{local}@{domain}"


def _ascii_domain(domain: str, shown: str) -> str:
    import idna

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise MailError(f"The address {shown} cannot be written to.") from error


def stuffed(raw: bytes) -> bytes:
    """Make frozen mail ready for DATA: dots doubled, a line end last, the final dot not included.

    Raises MailError for a bare CR or LF and for NUL: nothing is mended on the way out, since the
    bytes were frozen and hashed when the user pressed send.
    """
    if b"\0" in raw or _BARE.search(raw):
        raise MailError("The mail has a line end or zero octet in it that cannot be sent.")
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    return _LEADING_DOT.sub(b"..", raw)
