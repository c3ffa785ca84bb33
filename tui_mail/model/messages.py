"""Messages as values: what `mime` reads out of bytes and everything above works with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

from tui_mail.model.addresses import Address


class Flag(IntFlag):
    """System flags of RFC 3501 §2.3.2 as bits in the store."""

    NONE = 0
    SEEN = 1
    FLAGGED = 2
    ANSWERED = 4
    DRAFT = 8
    DELETED = 16
    FORWARDED = 32
    """The keyword `$Forwarded` (RFC 5788)."""
    JUNK = 64
    """The keyword `$Junk`."""


FLAG_NAMES: dict[Flag, bytes] = {
    Flag.SEEN: b"\\Seen",
    Flag.FLAGGED: b"\\Flagged",
    Flag.ANSWERED: b"\\Answered",
    Flag.DRAFT: b"\\Draft",
    Flag.DELETED: b"\\Deleted",
    Flag.FORWARDED: b"$Forwarded",
    Flag.JUNK: b"$Junk",
}
"""The wire form of each flag."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the headers of a message say. Text is decoded but not yet safe to show."""

    message_id: str = ""
    """With angle brackets, or empty when missing or unusable."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    """Oldest first, at most 200 (the first and the last hundred)."""
    subject: str = ""
    date: int | None = None
    """The Date header in UTC seconds; None when missing or unreadable."""
    from_: tuple[Address, ...] = ()
    sender: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    list_id: str = ""
    list_unsubscribe: str = ""
    is_bulk: bool = False
    """List-Id, List-Unsubscribe, or Precedence bulk/list/junk."""
    is_auto_reply: bool = False
    """Auto-Submitted other than `no`, X-Autoreply and the like (RFC 3834)."""
    is_report: bool = False
    """multipart/report or a null return path with a delivery-status part (RFC 3464)."""
    has_attachments: bool = False
    """A guess from Content-Type until the body is here."""
    content_type: str = "text/plain"
    tui_mail_id: str = ""
    """X-Tui-Mail-Id: the uuid of our own outbox row or draft."""
    original_id: str = ""
    """X-Microsoft-Original-Message-ID: what we called a mail that the provider renamed (OUT-8)."""
    fingerprint: bytes = b""
    """16 bytes: hash of raw Message-ID, Date, From, To and Subject (§4.6 level c, without size)."""
    defects: tuple[str, ...] = ()
    """What was wrong, in words: "several From headers", "malformed sender" (SEC-4)."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One part that is not shown as text."""

    part: str
    """IMAP part number, such as `2` or `1.3` (RFC 3501 §6.4.5)."""
    filename: str
    """A safe base name: no separators, controls or bidi overrides (SEC-16)."""
    content_type: str
    size: int
    """Decoded octets."""
    content_id: str = ""
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a body; `number` is what the text shows in brackets."""

    number: int
    url: str
    """Only http, https and mailto; printable ASCII, percent-encoded (SEC-7)."""
    text: str
    host: str
    """The real host in its ASCII form, or the address of a mailto."""
    mismatch: bool = False
    """The text names another host than the link goes to."""


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines of a body that are shown, or folded, together."""

    kind: str
    """`text`, `quote`, `signature`, `attribution` (the line before a quote), `code`, or `table`."""
    text: str
    """Lines separated by LF, safe to show; links appear as `text [n]`."""
    depth: int = 0
    """Quote depth, 0 for none."""


@dataclass(frozen=True, slots=True)
class Invite:
    """A calendar invitation or answer (RFC 5546)."""

    method: str
    summary: str
    start: str
    """ISO 8601, with the zone's name when there is one; a date alone for all-day events."""
    end: str
    location: str
    organizer: str
    attendees: tuple[str, ...]
    rule: str = ""
    """The recurrence in words, or empty."""
    status: str = ""
    uid: str = ""


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What a delivery report says of one recipient (RFC 3464 §2.3)."""

    address: str
    action: str
    """`failed`, `delayed`, `delivered`, `relayed` or `expanded`."""
    status: str
    """Enhanced status code such as `5.1.1`, or empty."""
    diagnostic: str


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A bounce: whose mail, and what became of each recipient."""

    original_message_id: str
    original_tui_mail_id: str
    recipients: tuple[RecipientReport, ...]


@dataclass(frozen=True, slots=True)
class AuthResult:
    """Authentication-Results of the own provider (RFC 8601)."""

    authserv_id: str
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""


@dataclass(frozen=True, slots=True)
class IndexedMail:
    """What the store keeps of a body at sync: enough for list, search and threading."""

    envelope: Envelope
    text: str
    """Plain text for the index, at most 256 KiB of characters."""
    snippet: str
    """At most 225 characters, one safe line, without quotes and greetings noise."""
    attachments: tuple[Attachment, ...]
    size: int
    sha256: bytes
    compressed: bytes
    """The raw mail, zstd."""
    report: DeliveryReport | None = None
    problem: str = ""
    """Why this is only a stub; empty for a good mail."""


@dataclass(frozen=True, slots=True)
class ReadableMail:
    """A message made ready to be shown. Everything in it is safe text."""

    envelope: Envelope
    headers: tuple[tuple[str, str], ...]
    """Every header, in order, decoded and safe, for the header view."""
    blocks: tuple[Block, ...]
    links: tuple[Link, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    trackers: int = 0
    """Tracking pixels and remote trackers removed (SEC-10)."""
    remote_images: int = 0
    hidden: bool = False
    """The HTML held hidden text; it is kept in the blocks behind a mark (SEC-11)."""
    from_html: bool = False
    invite: Invite | None = None
    report: DeliveryReport | None = None
    auth: AuthResult | None = None
    notes: tuple[str, ...] = ()
    """Warnings for the reader's chrome: "malformed sender", "signed, not verified" …"""
    problem: str = ""
    """Why this is only a stub; empty for a good mail."""
    size: int = 0
