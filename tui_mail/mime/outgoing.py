"""What a mail to be sent is made of, and the checks it passes before a byte is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tui_mail.errors import MailError
from tui_mail.model.addresses import Address

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_QUOTED_LOCAL = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"')
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LITERAL = re.compile(r"\[(?:IPv6:)?[0-9A-Fa-f.:]{2,60}\]")
_MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x20\x7f-\U0010ffff]{1,990}>")
_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}")
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")
_OWN_FIELDS = {
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "x-tui-mail-id",
    "return-path",
    "received",
}


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file to attach: its bytes are here, no path is read later (OUT-12)."""

    filename: str
    content_type: str
    data: bytes
    content_id: str = ""
    """For an inline image: the id without brackets that `![alt](cid:id)` in the body names."""


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """Everything a mail is built from."""

    from_: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    body: str = ""
    """Markdown."""
    values: Mapping[str, str] | None = None
    """Values of smart fields by name, filled into subject and body; None: there are no fields."""
    files: tuple[OutgoingFile, ...] = ()
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    message_id: str = ""
    """With angle brackets; made from `tui_mail_id` and the sender's domain when empty."""
    date: int = 0
    """UTC seconds."""
    utc_offset: int = 0
    """The sender's offset from UTC in seconds, for the Date header."""
    tui_mail_id: str = ""
    plain_only: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    """Further headers, ASCII or text to be encoded."""
    smtputf8: bool = False
    """The server offers SMTPUTF8, so a non-ASCII local part may be written (RFC 6531)."""


_DATE = re.compile(rb"(?im)^date:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")


def wire_address(address: str, *, smtputf8: bool = False) -> str:
    """The address as it goes on the wire: IDNA domain, checked local part.

    Raises MailError for anything that is no plain `local@domain` (SEC-26), and for a local part
    beyond ASCII unless the server offers SMTPUTF8 (libraries trap 21).
    """
    address = address.strip()
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or len(address) > 320:
        raise MailError(f"“{_shown(address)}” is not a mail address.")
    if _CONTROL.search(address):
        raise MailError(f"“{_shown(address)}” holds control characters.")
    if not local.isascii():
        if not smtputf8:
            raise MailError(
                f"The server cannot send to “{_shown(address)}”.",
                hint="It does not accept letters beyond ASCII before the @.",
            )
        if not all(char.isalnum() or char in "!#$%&'*+/=?^_`{|}~.-" for char in local):
            raise MailError(f"“{_shown(address)}” is not a mail address.")
    elif not (_LOCAL.fullmatch(local) or _QUOTED_LOCAL.fullmatch(local)) or len(local) > 64:
        raise MailError(f"“{_shown(address)}” is not a mail address.")
    return f"{local}@{_wire_domain(domain, address)}"


def redated(raw: bytes, *, date: int, utc_offset: int) -> bytes:
    """A frozen mail with another Date, everything else as it is."""
    from datetime import UTC, datetime, timedelta, timezone
    from email.utils import format_datetime

    zone = timezone(timedelta(seconds=utc_offset)) if utc_offset else UTC
    line = f"Date: {format_datetime(datetime.fromtimestamp(date, zone))}\r\n".encode("ascii")
    head, gap, body = raw.partition(b"\r\n\r\n")
    return _DATE.sub(lambda _: line, head + b"\r\n", count=1) + gap[2:] + body


def recipient_address(one: Address, *, smtputf8: bool = False) -> str:
    """The same for a mailbox; one without an address is named by what was typed."""
    if "{{" in one.address or ("{{" in one.name and not one.address):
        raise MailError(
            f"“{_shown(one.address or one.name)}” is not filled in here: smart fields work in the"
            " subject and the text.",
            hint="Type an address; completion offers your contacts.",
        )
    if not one.address:
        raise MailError(f"“{_shown(one.name)}” is not a mail address.")
    return wire_address(one.address, smtputf8=smtputf8)


def _wire_domain(domain: str, address: str) -> str:
    if _LITERAL.fullmatch(domain):
        return domain
    if not domain.isascii():
        import idna

        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            raise MailError(f"“{_shown(address)}” has no valid domain.") from None
    labels = domain.removesuffix(".").split(".")
    if len(domain) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise MailError(f"“{_shown(address)}” has no valid domain.")
    return ".".join(labels)


def checked_text(name: str, text: str) -> str:
    """A header text without control characters. Raises MailError (SEC-26)."""
    if _CONTROL.search(text):
        raise MailError(f"The {name} holds control characters.", hint="Type it again.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MailError(f"The {name} holds characters that cannot be sent.") from None
    return text


def checked_id(text: str) -> str:
    """A Message-ID in brackets. Raises MailError for anything else."""
    if not _MESSAGE_ID.fullmatch(text):
        raise MailError(f"“{_shown(text)}” is not a Message-ID.")
    return text


def checked_type(text: str) -> str:
    """A content type that may be written; unknown forms become a plain file's."""
    found = text.strip().lower()
    major = found.partition("/")[0]
    if not _TYPE.fullmatch(found) or major in ("multipart", "message"):
        return "application/octet-stream"
    return found


def checked_field(name: str, value: str) -> tuple[str, str]:
    """A further header. Raises MailError for one we write ourselves, or one that is malformed."""
    if not _FIELD_NAME.fullmatch(name) or name.lower() in _OWN_FIELDS:
        raise MailError(f"The header “{_shown(name)}” cannot be set.")
    if name.lower().startswith("content-"):
        raise MailError(f"The header “{_shown(name)}” cannot be set.")
    return name, checked_text(f"header {name}", value)


def _shown(text: str) -> str:
    from tui_mail.model.safe_text import one_line

    return one_line(text, 80)
