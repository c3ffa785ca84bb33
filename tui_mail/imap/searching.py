"""UID SEARCH: ESEARCH where offered, plain SEARCH, and FETCH where a server refuses SEARCH ALL."""

from __future__ import annotations

from collections.abc import Callable

from tui_mail.errors import RefusedError
from tui_mail.imap.connection import Connection
from tui_mail.imap.reader import Malformed
from tui_mail.imap.responses import fetch_items, number
from tui_mail.imap.uidset import LAST, UidSet
from tui_mail.imap.wire import Piece

_SEARCH_LINE = 1 << 26
"""A plain SEARCH answer is one line of up to ten octets a message."""


def search(connection: Connection, criteria: list[Piece], has: Callable[[str], bool]) -> UidSet:
    """Run a search and return the matching UIDs, in ranges."""
    head: list[Piece] = [b"UID SEARCH"]
    if has("ESEARCH") or has("IMAP4REV2"):
        head.append(b"RETURN (ALL)")
    try:
        answer = connection.run(*head, *criteria, line_cap=_SEARCH_LINE)
    except RefusedError:
        if criteria != [b"ALL"]:
            raise
        return _by_fetch(connection)
    found: list[UidSet] = []
    for parts in answer.untagged:
        words = parts[0][:12].upper().split(None, 2)
        if words[1:2] == [b"ESEARCH"]:
            found.append(_extended(parts[0]))
        elif words[1:2] == [b"SEARCH"]:
            found.append(_plain(parts[0]))
        else:
            connection.note(parts)
    return UidSet.joined(pair for part in found for pair in part.ranges)


def _extended(line: bytes) -> UidSet:
    words = line.split()
    uppercase = [word.upper() for word in words]
    if b"UID" not in uppercase or b"ALL" not in uppercase:
        return UidSet()
    place = uppercase.index(b"ALL") + 1
    return UidSet.parse(words[place]) if place < len(words) else UidSet()


def _plain(line: bytes) -> UidSet:
    numbers = line.partition(b"(")[0].split()[2:]
    return UidSet.of(
        uid
        for uid in (int(word) for word in numbers if word.isdigit() and len(word) < 11)
        if 1 <= uid <= LAST
    )


def _by_fetch(connection: Connection) -> UidSet:
    return UidSet.of(fetched_uids(connection, b"1:*"))


def fetched_uids(connection: Connection, wanted: bytes) -> list[int]:
    """Ask for the UIDs of a range by FETCH."""
    uids = []
    for parts in connection.stream(b"UID FETCH " + wanted + b" (UID)", cap=10_000_000):
        try:
            uids.append(number((fetch_items(parts) or {})[b"UID"], LAST))
        except (Malformed, KeyError):
            connection.note(parts)
    return [uid for uid in uids if uid]
