"""What the server says of the selected folder when it may speak (RFC 3501 §7, RFC 7162 §3.2.4)."""

from __future__ import annotations

from tui_mail.imap.connection import Connection
from tui_mail.imap.fetching import Fetcher
from tui_mail.imap.values import FlagChange, Heard


def listen(connection: Connection, fetcher: Fetcher) -> Heard:
    """Send NOOP and collect what changed since the folder was selected or last listened to.

    Not sure: something came earlier and was only noted, mail left, or a line could not be read.
    """
    connection.drain()
    sure = not connection.dirty
    connection.dirty = False
    exists = 0
    changes: list[FlagChange] = []
    for parts in connection.run(b"NOOP").untagged:
        words = parts[0][:80].upper().split(None, 3)
        kind = words[2] if len(words) > 2 else b""
        if kind == b"FETCH":
            change = fetcher.flag_change(parts)
            if change is None:
                sure = False
            else:
                changes.append(change)
        elif kind == b"EXISTS" and words[1].isdigit():
            exists = max(exists, int(words[1]))
        elif kind == b"EXPUNGE" or words[1:2] == [b"VANISHED"]:
            sure = False
        else:
            connection.note(parts)
    return Heard(changes, exists, sure)
