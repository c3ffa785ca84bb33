"""Reading untagged responses: status lines, LIST, STATUS, flags and FETCH items.

Servers differ and some are hostile. A line that cannot be read raises `Malformed` here and is
skipped by the caller; it never stops the lines after it.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass

from tui_mail.imap.reader import Malformed, Response, Token, tokens
from tui_mail.imap.uidset import LAST
from tui_mail.imap.values import FolderStatus, ListedFolder
from tui_mail.imap.wire import MONTHS, is_flag
from tui_mail.model.messages import FLAG_NAMES
from tui_mail.model.safe_text import one_line

_STATUS = re.compile(
    rb"(OK|NO|BAD|BYE|PREAUTH)(?:[ \t]+(?:\[([A-Za-z0-9._-]+)(?:[ \t]+([^\]]*))?\])?[ \t]*(.*))?\Z",
    re.IGNORECASE | re.DOTALL,
)
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_DATE = re.compile(rb"[ \d]?\d-[A-Za-z]{3}-\d{4}\Z")
_MONTH = {name.lower().encode(): number for number, name in enumerate(MONTHS, 1)}
_BITS = {name.lower(): int(bit) for bit, name in FLAG_NAMES.items()}
_CACHE = 20_000
_MAX_KEYWORDS = 100
_MAX_NUMBER = (1 << 63) - 1

FlagSet = tuple[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class StatusLine:
    """`OK [CODE arguments] text` (RFC 3501 §7.1)."""

    word: bytes
    code: bytes = b""
    """In capitals."""
    arguments: bytes = b""
    text: bytes = b""


def server_text(octets: bytes, limit: int = 200) -> str:
    """Make what a server said safe to show, and short."""
    return one_line(octets[: limit * 4].decode("utf-8", "replace"), limit)


def status_line(octets: bytes) -> StatusLine | None:
    """Read a status response without its tag; None when it is none."""
    match = _STATUS.match(octets)
    if match is None:
        return None
    return StatusLine(match[1].upper(), (match[2] or b"").upper(), match[3] or b"", match[4] or b"")


def number(token: Token, highest: int = _MAX_NUMBER) -> int:
    """Read an unsigned number, 0 for a negative one. Raises Malformed."""
    if not isinstance(token, bytes) or len(token) > 20:
        raise Malformed
    try:
        value = int(token)
    except ValueError:
        raise Malformed from None
    if value > highest:
        raise Malformed
    return max(0, value)


class FlagReader:
    """Reads flag lists, remembering each list seen: a folder has few different ones."""

    def __init__(self) -> None:
        self._seen: dict[bytes, FlagSet] = {}
        self.known = self._seen.get

    def read(self, octets: bytes) -> FlagSet:
        """Read the inside of a flag list into bits and sorted keywords.

        Keywords that are not in the atom grammar are left out, at most 100 are kept (L2).
        """
        known = self._seen.get(octets)
        if known is not None:
            return known
        bits = 0
        keywords: set[str] = set()
        for name in octets.split():
            lowered = name.lower()
            bit = _BITS.get(lowered)
            if bit is not None:
                bits |= bit
            elif lowered != b"\\recent" and len(keywords) < _MAX_KEYWORDS and is_flag(name):
                keywords.add(name.decode("latin-1"))
        result = (bits, tuple(sorted(keywords)))
        if len(self._seen) >= _CACHE:
            self._seen.clear()
        self._seen[octets] = result
        return result


class DateReader:
    """Reads INTERNALDATE; the days are remembered."""

    def __init__(self) -> None:
        self._days: dict[bytes, int] = {}

    def read(self, octets: bytes) -> int:
        """Return UTC seconds, 0 when it cannot be read."""
        try:
            day = octets[:-15]
            clock = octets[-14:]
            start = self._days.get(day)
            if start is None:
                start = self._day(day)
            zone = int(clock[10:12]) * 3600 + int(clock[12:14]) * 60
            if clock[9:10] == b"-":
                zone = -zone
            return start + int(clock[:2]) * 3600 + int(clock[3:5]) * 60 + int(clock[6:8]) - zone
        except (ValueError, KeyError, OverflowError):
            return 0

    def _day(self, octets: bytes) -> int:
        if not _DATE.match(octets):
            raise ValueError
        day, month, year = octets.split(b"-")
        start = calendar.timegm((int(year), _MONTH[month.lower()], int(day), 0, 0, 0))
        if len(self._days) >= _CACHE:
            self._days.clear()
        self._days[octets] = start
        return start


def fetch_items(parts: Response) -> dict[bytes, Token] | None:
    """Read a FETCH response into items by name in capitals; None when it is another response.

    Raises Malformed. Domino's extra parentheses are taken off; a body's `<offset>` and the fields
    of a header section are taken off the name.
    """
    head = parts[0]
    if b" FETCH " not in head[:24].upper():
        return None
    found = tokens(parts)
    if len(found) < 4 or found[0] != b"*" or not isinstance(found[3], list):
        raise Malformed
    values = found[3]
    while len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    if len(values) % 2:
        raise Malformed
    items: dict[bytes, Token] = {}
    for name, value in zip(values[::2], values[1::2], strict=True):
        if not isinstance(name, bytes):
            raise Malformed
        key = name.upper().partition(b"<")[0]
        if key.startswith((b"BODY[", b"BINARY[")):
            key = key.partition(b" ")[0].rstrip(b"]") + b"]"
        items[key] = value
    return items


def item_flags(items: dict[bytes, Token], reader: FlagReader) -> FlagSet | None:
    """Read FLAGS out of FETCH items; None when they are not there."""
    value = items.get(b"FLAGS")
    if not isinstance(value, list):
        return None
    return reader.read(b" ".join(name for name in value if isinstance(name, bytes)))


def item_modseq(items: dict[bytes, Token]) -> int:
    """Read MODSEQ out of FETCH items; 0 when it is not there."""
    value = items.get(b"MODSEQ")
    return number(value[0]) if isinstance(value, list) and value else 0


def item_id(items: dict[bytes, Token], name: bytes) -> str:
    """Read an object id such as EMAILID (RFC 8474); empty when it is not there or odd."""
    value = items.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, bytes) and value.isascii() and not _CONTROL.search(value):
        return value.decode()[:255]
    return ""


def _status_items(found: Token) -> FolderStatus:
    if not isinstance(found, list) or len(found) % 2:
        raise Malformed
    values = {
        name.upper(): value
        for name, value in zip(found[::2], found[1::2], strict=True)
        if isinstance(name, bytes)
    }

    def counter(name: bytes, highest: int = _MAX_NUMBER) -> int:
        value = values.get(name)
        return 0 if value is None else number(value, highest)

    return FolderStatus(
        messages=counter(b"MESSAGES"),
        uidnext=counter(b"UIDNEXT", LAST + 1),
        uidvalidity=counter(b"UIDVALIDITY"),
        unseen=counter(b"UNSEEN"),
        highestmodseq=counter(b"HIGHESTMODSEQ"),
        mailbox_id=item_id(values, b"MAILBOXID"),
    )


def _mailbox(token: Token) -> bytes:
    """Read the name of a folder, which may be the atom NIL."""
    if token is None:
        return b"NIL"
    if not isinstance(token, bytes):
        raise Malformed
    return token


def status_response(parts: Response) -> tuple[bytes, FolderStatus]:
    """Read `* STATUS name (…)`. Raises Malformed."""
    found = tokens(parts)
    if len(found) < 4:
        raise Malformed
    return _mailbox(found[2]), _status_items(found[3])


def list_response(parts: Response, decode: Callable[[bytes], str]) -> ListedFolder:
    """Read `* LIST (attributes) delimiter name`. Raises Malformed.

    A name with control characters is refused: it could not be sent back (L10).
    """
    found = tokens(parts)
    if len(found) < 5 or not isinstance(found[2], list):
        raise Malformed
    attributes, delimiter, name = found[2], found[3], _mailbox(found[4])
    if _CONTROL.search(name) or len(name) > 4000:
        raise Malformed
    if delimiter is not None and not isinstance(delimiter, bytes):
        raise Malformed
    wire = b"INBOX" if name.upper() == b"INBOX" else name
    try:
        readable = decode(wire)
    except (UnicodeError, ValueError):
        readable = wire.decode("utf-8", "replace")
    return ListedFolder(
        wire_name=wire,
        name=readable,
        delimiter=delimiter.decode("latin-1") or None if delimiter is not None else None,
        attributes=frozenset(
            item.decode("latin-1").lower() for item in attributes if isinstance(item, bytes)
        ),
    )
