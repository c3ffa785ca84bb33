"""What one session believes of its selected mailbox, and what it has not been told yet.

Sequence numbers are the session's own: they move only when an expunge was announced to it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from tui_mail.demo.imap_wire import NumberSet, compress
from tui_mail.demo.mailboxes import Entry, Mailbox, flags_wire
from tui_mail.errors import ProtocolError


class View:
    """A watcher of one mailbox on behalf of one session."""

    def __init__(self, mailbox: Mailbox, *, read_only: bool, wake: Callable[[], None]) -> None:
        self.mailbox = mailbox
        self.read_only = read_only
        self.uids: list[int] = list(mailbox.uids)
        self.close_reason = ""
        self._wake = wake
        self._new: list[int] = []
        self._changed: dict[int, None] = {}
        self._removed: set[int] = set()
        mailbox.watch(self)

    def release(self) -> None:
        """Stop watching."""
        self.mailbox.unwatch(self)

    def added(self, uid: int) -> None:
        """A mail arrived."""
        self._new.append(uid)
        self._wake()

    def changed(self, uid: int) -> None:
        """Flags or labels changed."""
        self._changed[uid] = None
        self._wake()

    def removed(self, uids: list[int]) -> None:
        """Mails were expunged."""
        self._removed.update(uids)
        self._wake()

    def closed(self, reason: str) -> None:
        """The mailbox is no longer what it was."""
        self.close_reason = reason
        self._wake()

    def waiting(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._new or self._changed or self._removed or self.close_reason)

    def known(self, uid: int) -> None:
        """The session has just been told of a change itself."""
        self._changed.pop(uid, None)

    def entries(self, numbers: NumberSet, *, by_uid: bool) -> list[tuple[int, Entry]]:
        """Sequence number and entry of what is named and still here.

        Raises ProtocolError for sequence numbers that do not exist.
        """
        uids, here = self.uids, self.mailbox.entries
        if by_uid:
            spans = numbers.positions(uids)
        else:
            wanted = numbers.spans(len(uids))
            if any(high > len(uids) or low < 1 for low, high in wanted) and uids:
                raise ProtocolError("Invalid message set")
            spans = [range(low - 1, high) for low, high in wanted] if uids else []
        return [(i + 1, here[uids[i]]) for span in spans for i in span if uids[i] in here]

    def number(self, uid: int) -> int:
        """The sequence number of a UID the session knows, or 0."""
        at = bisect_left(self.uids, uid)
        return at + 1 if at < len(self.uids) and self.uids[at] == uid else 0

    def updates(self, *, expunges: bool, modseq: bool, qresync: bool) -> list[bytes]:
        """Untagged lines for what changed; `expunges` only where the client must expect them."""
        out: list[bytes] = []
        if self._new:
            self.uids += self._new
            self._new = []
            out.append(b"* %d EXISTS" % len(self.uids))
        if expunges and self._removed:
            out += self._expunge_lines(qresync=qresync)
        changed, self._changed = self._changed, {}
        for uid in changed:
            entry, number = self.mailbox.entries.get(uid), self.number(uid)
            if entry is None or not number:
                continue
            items = b"FLAGS " + flags_wire(entry.mail.flags)
            if modseq:
                items += b" MODSEQ (%d)" % entry.modseq
            if qresync:
                items = b"UID %d " % uid + items
            out.append(b"* %d FETCH (%s)" % (number, items))
        return out

    def _expunge_lines(self, *, qresync: bool) -> list[bytes]:
        removed, self._removed = self._removed, set()
        numbers = [i for i, uid in enumerate(self.uids, 1) if uid in removed]
        if not numbers:
            return []
        gone = [self.uids[i - 1] for i in numbers]
        self.uids = [uid for uid in self.uids if uid not in removed]
        if qresync:
            return [b"* VANISHED " + compress(gone)]
        return [b"* %d EXPUNGE" % number for number in reversed(numbers)]
