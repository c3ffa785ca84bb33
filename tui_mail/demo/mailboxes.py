"""Mails and mailboxes in memory: UIDs, flags, modification sequences, and who is watching."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

from tui_mail.demo import imap_parts

_SYSTEM = {f"\\{name}".lower(): f"\\{name}" for name in ("Seen", "Answered", "Flagged", "Draft")}
_SYSTEM["\\deleted"] = "\\Deleted"
_BARE_LF = re.compile(rb"(?<!\r)\n")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_generations = itertools.count(1_700_000_001)


def new_uidvalidity() -> int:
    """A UIDVALIDITY no mailbox of this process had before."""
    return next(_generations)


def clean_flags(flags: Iterable[str]) -> frozenset[str]:
    """Flags with system flags in their usual case; `\\Recent` is the server's alone."""
    kept = (_SYSTEM.get(flag.lower(), flag) for flag in flags)
    return frozenset(flag for flag in kept if flag.lower() != "\\recent")


@lru_cache(maxsize=4096)
def flags_wire(flags: frozenset[str]) -> bytes:
    """Flags in parentheses."""
    return b"(" + b" ".join(flag.encode() for flag in sorted(flags)) + b")"


def date_wire(when: datetime) -> bytes:
    """INTERNALDATE, quoted."""
    text = f"{when.day:2d}-{_MONTHS[when.month - 1]}-{when.year:04d} {when:%H:%M:%S %z}"
    return b'"' + text.encode() + b'"'


def to_wire(raw: bytes) -> bytes:
    """A mail with CRLF line ends, whatever it came with."""
    return _BARE_LF.sub(b"\r\n", raw)


class Watcher(Protocol):
    """What a mailbox tells a session that has it selected."""

    def added(self, uid: int) -> None:
        """A mail arrived."""

    def changed(self, uid: int) -> None:
        """Flags or labels changed."""

    def removed(self, uids: list[int]) -> None:
        """Mails were expunged."""

    def closed(self, reason: str) -> None:
        """The mailbox is no longer what it was: deleted, or renumbered."""


@dataclass(slots=True, eq=False)
class Mail:
    """One mail; on Gmail it can be in several mailboxes at once."""

    raw: bytes = field(repr=False)
    internal_date: datetime
    flags: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    """Gmail's labels in wire form: `\\Inbox`, `Work`."""
    msgid: int = 0
    thrid: int = 0
    home: str = "all"
    """Gmail only: `all`, `trash` or `spam`."""
    entries: list[Entry] = field(default_factory=list, repr=False)
    _header_end: int = -1
    _envelope: bytes = b""
    _tree: imap_parts.Part | None = None

    @property
    def header_end(self) -> int:
        """The offset after the header's empty line."""
        if self._header_end < 0:
            self._header_end = imap_parts.header_end(self.raw)
        return self._header_end

    @property
    def header(self) -> bytes:
        """The header with its empty line."""
        return self.raw[: self.header_end]

    def fields(self) -> list[tuple[bytes, bytes]]:
        """Header fields: name in lower case, value unfolded."""
        return imap_parts.header_fields(self.raw, 0, self.header_end)

    @property
    def envelope(self) -> bytes:
        """ENVELOPE in wire form."""
        if not self._envelope:
            self._envelope = imap_parts.envelope(self.fields())
        return self._envelope

    @property
    def tree(self) -> imap_parts.Part:
        """The MIME tree."""
        if self._tree is None:
            self._tree = imap_parts.parse(self.raw)
        return self._tree


@dataclass(slots=True, eq=False)
class Entry:
    """One mail's place in one mailbox."""

    uid: int
    mail: Mail
    mailbox: Mailbox = field(repr=False)
    modseq: int


class Mailbox:
    """A folder: its entries by UID, in order, and the log of what was expunged."""

    def __init__(self, name: str, *, special_use: str = "", label: str = "") -> None:
        self.name = name
        self.special_use = special_use
        """Such as `\\Sent` (RFC 6154), or empty."""
        self.label = label
        """Gmail only: the label that puts a mail here."""
        self.subscribed = True
        self.selectable = True
        self.uidvalidity = new_uidvalidity()
        self.uidnext = 1
        self.modseq = 1
        """HIGHESTMODSEQ."""
        self.entries: dict[int, Entry] = {}
        self._uids: list[int] | None = []
        self._vanished: list[tuple[int, int]] = []
        self._watchers: set[Watcher] = set()

    @property
    def uids(self) -> list[int]:
        """UIDs in ascending order. Not to be changed by the caller."""
        if self._uids is None:
            self._uids = sorted(self.entries)
        return self._uids

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` of changes from now on."""
        self._watchers.add(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Stop telling `watcher`."""
        self._watchers.discard(watcher)

    def add(self, mail: Mail) -> Entry:
        """Put a mail here under the next UID."""
        self.modseq += 1
        entry = Entry(self.uidnext, mail, self, self.modseq)
        self.uidnext += 1
        self.entries[entry.uid] = entry
        if self._uids is not None:
            self._uids.append(entry.uid)
        mail.entries.append(entry)
        for watcher in tuple(self._watchers):
            watcher.added(entry.uid)
        return entry

    def remove(self, uids: Iterable[int]) -> list[int]:
        """Expunge; answers what was there. All of one call share a modification sequence."""
        gone = [uid for uid in uids if uid in self.entries]
        if not gone:
            return gone
        self.modseq += 1
        for uid in gone:
            entry = self.entries.pop(uid)
            entry.mail.entries.remove(entry)
            self._vanished.append((self.modseq, uid))
        self._uids = None
        for watcher in tuple(self._watchers):
            watcher.removed(gone)
        return gone

    def touch(self, entry: Entry) -> None:
        """Note that an entry's flags or labels changed."""
        self.modseq += 1
        entry.modseq = self.modseq
        for watcher in tuple(self._watchers):
            watcher.changed(entry.uid)

    def vanished_since(self, modseq: int) -> list[int]:
        """UIDs expunged after that modification sequence."""
        start = bisect_right(self._vanished, (modseq, 1 << 62))
        return sorted(uid for _, uid in self._vanished[start:])

    def changed_since(self, modseq: int) -> list[Entry]:
        """Entries changed after that modification sequence, by UID."""
        return [self.entries[uid] for uid in self.uids if self.entries[uid].modseq > modseq]

    def has(self, uid: int) -> bool:
        """Whether that UID is here now."""
        return uid in self.entries

    def find(self, message_id: str) -> int | None:
        """The UID of the newest mail with that Message-ID, or None."""
        wanted = message_id.encode()
        for uid in reversed(self.uids):
            if dict(self.entries[uid].mail.fields()).get(b"message-id") == wanted:
                return uid
        return None

    def unseen(self) -> list[int]:
        """UIDs without `\\Seen`."""
        return [uid for uid in self.uids if "\\Seen" not in self.entries[uid].mail.flags]

    def size(self) -> int:
        """Octets of all mails."""
        return sum(len(entry.mail.raw) for entry in self.entries.values())

    def flag_names(self) -> list[str]:
        """System flags and every keyword in use."""
        names = set(_SYSTEM.values())
        for flags in {entry.mail.flags for entry in self.entries.values()}:
            names |= flags
        return sorted(names)

    def position(self, uid: int) -> int:
        """How many UIDs are below that one."""
        return bisect_left(self.uids, uid)

    def close(self, reason: str) -> None:
        """Disconnect everybody who has this mailbox selected."""
        for watcher in tuple(self._watchers):
            watcher.closed(reason)

    def start_over(self, uidvalidity: int | None = None, *, renumber: bool = True) -> None:
        """Begin a new generation: another UIDVALIDITY and, unless told not to, UIDs from 1."""
        self.uidvalidity = uidvalidity if uidvalidity is not None else new_uidvalidity()
        self._vanished.clear()
        if renumber:
            kept = [self.entries[uid] for uid in self.uids]
            for number, entry in enumerate(kept, 1):
                entry.uid = number
            self.entries = {entry.uid: entry for entry in kept}
            self.uidnext = len(kept) + 1
            self._uids = None
        self.close("Mailbox was renumbered")


def utc_now() -> datetime:
    """The internal date of a mail that came without one."""
    return datetime.now(UTC).replace(microsecond=0)
