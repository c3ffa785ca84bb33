"""Commands that change something: flags, labels, copies, moves, removals, new messages.

Each returns what the server gave as evidence: a tagged OK alone proves nothing (a replayed MOVE is
OK and moves nothing, a replayed COPY copies again).
"""

from __future__ import annotations

from collections.abc import Iterable

from tui_mail.errors import RefusedError
from tui_mail.imap.connection import Connection
from tui_mail.imap.fetching import uid_sets
from tui_mail.imap.folders import wire_name
from tui_mail.imap.uidset import UidSet, parse_list
from tui_mail.imap.values import AppendResult, MoveResult, StoreResult
from tui_mail.imap.wire import Literal, astring, date_time, flags, quoted

_MAX_COPIED = 1 << 20


def store_flags(
    connection: Connection,
    uids: UidSet,
    add: Iterable[str | bytes],
    remove: Iterable[str | bytes],
    unchanged_since: int | None,
) -> StoreResult:
    """Add, then remove flags; see `ImapSession.store_flags`."""
    guard = b"" if unchanged_since is None else b" (UNCHANGEDSINCE %d)" % unchanged_since
    modified = UidSet()
    for sign, names in ((b"+", list(add)), (b"-", list(remove))):
        if not names:
            continue
        argument = flags(names)
        for part in uid_sets(uids, connection.quirks):
            verb = b"UID STORE " + part.wire() + guard + b" " + sign + b"FLAGS.SILENT"
            answer = connection.run_noted(verb, argument)
            conflicts = answer.code(b"MODIFIED")
            if conflicts:
                modified = modified.union(UidSet.parse(conflicts))
    return StoreResult(modified)


def store_labels(
    connection: Connection, uids: UidSet, add: Iterable[str], remove: Iterable[str]
) -> None:
    """Add, then remove Gmail labels."""
    for sign, names in ((b"+", list(add)), (b"-", list(remove))):
        if not names:
            continue
        labels = b" ".join(_label(name) for name in names)
        for part in uid_sets(uids, connection.quirks):
            verb = b"UID STORE " + part.wire() + b" " + sign + b"X-GM-LABELS.SILENT"
            connection.run_noted(verb, b"(" + labels + b")")


def transfer(
    connection: Connection, verb: bytes, uids: UidSet, target: bytes, via: str
) -> MoveResult:
    """Copy or move; only UIDs that were asked for count as evidence."""
    mapping: dict[int, int] = {}
    uidvalidity = 0
    for part in uid_sets(uids, connection.quirks):
        answer = connection.run_noted(verb + part.wire(), astring(target))
        words = (answer.code(b"COPYUID") or b"").split()
        if len(words) != 3 or not words[0].isdigit():
            continue
        sources, targets = parse_list(words[1], _MAX_COPIED), parse_list(words[2], _MAX_COPIED)
        if len(sources) == len(targets):
            uidvalidity = int(words[0])
            mapping.update(
                (old, new) for old, new in zip(sources, targets, strict=True) if old in part
            )
    return MoveResult(mapping, uidvalidity, via)


def uid_expunge(connection: Connection, uids: UidSet) -> None:
    """Remove exactly these messages."""
    for part in uid_sets(uids, connection.quirks):
        connection.run_noted(b"UID EXPUNGE " + part.wire())


def append(
    connection: Connection,
    name: bytes,
    raw: bytes,
    flag_names: Iterable[str | bytes],
    internal_date: int,
) -> AppendResult:
    """Store a message; see `ImapSession.append`."""
    limits = [c[12:] for c in connection.capabilities if c.startswith("APPENDLIMIT=")]
    if any(limit.isdigit() and len(raw) > int(limit) for limit in limits):
        raise RefusedError("The message is too large for the server.", code="TOOBIG")
    answer = connection.run_noted(
        b"APPEND", astring(name), flags(flag_names), date_time(internal_date), Literal(raw)
    )
    words = (answer.code(b"APPENDUID") or b"").split()
    if len(words) == 2 and words[0].isdigit() and words[1].isdigit():
        return AppendResult(int(words[0]), int(words[1]))
    return AppendResult()


def _label(name: str) -> bytes:
    return flags([name])[1:-1] if name.startswith("\\") else quoted(wire_name(name))
