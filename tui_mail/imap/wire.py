"""The one encoder of commands: whatever the arguments are, one command goes out (SEC-25).

A command is a list of pieces: `bytes` for text that is checked for CR, LF and NUL, `Literal` for
octets that are counted. Verbs outside the table below cannot be sent: there is no EXPUNGE, no
CLOSE, no STORE that replaces flags, and no command with sequence numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tui_mail.errors import ActionError

_ATOM = re.compile(rb"[A-Za-z0-9!#$&'+,./:;<=>?@^_`|~\[-]+\Z")
_FLAG = re.compile(rb"\\?[^\x00-\x20\x7f-\xff(){%*\"\\\]]+\Z")
_BREAKING = re.compile(rb"[\x00\r\n]")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_PART = re.compile(r"[1-9]\d{0,4}(?:\.[1-9]\d{0,4}){0,49}(?:\.MIME)?\Z|HEADER\Z|TEXT\Z")
_FIELD = re.compile(r"[!-9;-~]{1,100}\Z")
_ALLOWED = re.compile(
    rb"(?:CAPABILITY|NOOP|LOGOUT|STARTTLS|LOGIN|ID|ENABLE|LIST|STATUS|SELECT|CREATE|RENAME|DELETE"
    rb"|SUBSCRIBE|UNSUBSCRIBE|APPEND|IDLE|UNSELECT|UID (?:FETCH|SEARCH|COPY|MOVE|EXPUNGE)"
    rb"|UID STORE [\d:,*]+(?: \(UNCHANGEDSINCE \d+\))? [+-](?:FLAGS|X-GM-LABELS)\.SILENT)(?: |\Z)"
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Literal:
    """Octets sent as a counted literal (RFC 3501 §4.3)."""

    octets: bytes


Piece = bytes | Literal


def astring(value: str | bytes) -> Piece:
    """Encode one argument: an atom, a quoted string, or a literal when it is not ASCII.

    Raises ActionError for control characters, which no argument of ours needs.
    """
    octets = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    if _CONTROL.search(octets):
        raise ActionError("A name or search text has a control character in it.")
    if _ATOM.match(octets) and octets.upper() != b"NIL":
        return octets
    if not octets.isascii() or len(octets) > 1000:
        return Literal(octets)
    return quoted(octets)


def quoted(octets: bytes) -> bytes:
    """Encode printable ASCII as a quoted string."""
    if _CONTROL.search(octets) or not octets.isascii():
        raise ActionError("A name has a character in it that cannot be sent.")
    return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def flag(value: str | bytes) -> bytes:
    """Check one flag or keyword against the grammar before it is sent (L2). Raises ActionError."""
    octets = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    if not _FLAG.match(octets) or len(octets) > 255:
        raise ActionError("A flag has a character in it that cannot be sent.")
    if octets.lower() == b"\\recent":
        raise ActionError("The flag Recent belongs to the server.")
    return octets


def is_flag(octets: bytes) -> bool:
    """Tell whether a flag from a server may be kept and echoed."""
    return len(octets) <= 255 and _FLAG.match(octets) is not None


def flags(values: Iterable[str | bytes]) -> bytes:
    """Encode a parenthesized flag list."""
    return b"(" + b" ".join(flag(value) for value in values) + b")"


def field_names(names: Sequence[str]) -> bytes:
    """Encode names of header fields, such as `(FROM TO)`. Raises ActionError."""
    for name in names:
        if not _FIELD.match(name) or not _ATOM.match(name.encode()):
            raise ActionError("The name of a header field cannot be sent.")
    return b"(" + " ".join(names).upper().encode() + b")"


def section(part: str) -> bytes:
    """Check the number of a part, such as `1.2` or `1.2.MIME`. Raises ActionError."""
    if not _PART.match(part):
        raise ActionError("The number of a part cannot be sent.")
    return part.encode()


def date_time(seconds: int) -> bytes:
    """Encode UTC seconds as `date-time` (RFC 3501 §9)."""
    when = datetime.fromtimestamp(max(0, min(seconds, 253_402_300_799)), UTC)
    return (
        f'"{when.day:02d}-{MONTHS[when.month - 1]}-{when.year:04d}'
        f' {when.hour:02d}:{when.minute:02d}:{when.second:02d} +0000"'
    ).encode()


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Put pieces beside each other with spaces, merging neighbours that are text."""
    merged: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            if merged and isinstance(merged[-1], bytes):
                merged[-1] += b" " + piece
            elif merged:
                merged.append(b" " + piece)
            else:
                merged.append(piece)
        else:
            if merged and isinstance(merged[-1], bytes):
                merged[-1] += b" "
            else:
                merged.append(b" ")
            merged.append(piece)
    return merged


def checked(pieces: Iterable[Piece]) -> list[Piece]:
    """Return the command ready to be sent. Raises ActionError when it is not one command of ours.

    Literals may not hold NUL outside of APPEND's message, which `literal8` would need.
    """
    command = joined(pieces)
    head = command[0] if command else b""
    if not isinstance(head, bytes) or not _ALLOWED.match(head):
        raise ActionError("This command is never sent.")
    for piece in command:
        if isinstance(piece, bytes) and _BREAKING.search(piece):
            raise ActionError("A command has a line end in it.")
    return command
