"""The user's intent as operations: where mail shall be and how it shall be flagged.

Everything here runs inside the caller's transaction and ends with a fold, so that the list shows
the wanted state at once. Undo asks for the former state by the same functions.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tui_mail.model.messages import Flag
from tui_mail.model.policy import Policy
from tui_mail.store import accounts, operations
from tui_mail.store.flag_folds import fold_flags
from tui_mail.store.folds import fold, recount
from tui_mail.store.ids import ids_json


@dataclass(frozen=True, slots=True)
class _Place:
    folder_id: int
    generation: int
    uid: int
    role: str


def messages_in(
    conn: sqlite3.Connection, conversation_ids: Collection[int], roles: Collection[str] = ()
) -> list[tuple[int, int, int, str]]:
    """(message, account, folder, role) of every shown place of these conversations.

    With `roles`, only places in folders of these roles.
    """
    rows = conn.execute(
        "SELECT m.id, m.account_id, p.folder_id, f.role FROM messages m"
        " JOIN presence p ON p.message_id = m.id JOIN folders f ON f.id = p.folder_id"
        " WHERE m.conversation_id IN (SELECT value FROM json_each(?))"
        " AND m.deleted_at IS NULL ORDER BY m.id",
        (ids_json(conversation_ids),),
    ).fetchall()
    return [(r[0], r[1], r[2], r[3]) for r in rows if not roles or r[3] in roles]


def relocate(
    conn: sqlite3.Connection,
    message_id: int,
    account_id: int,
    source_id: int,
    target_id: int,
    *,
    verb: str,
    now: int,
    journal_id: int | None,
    local: bool = False,
) -> None:
    """Want a message in `target_id` instead of `source_id`. The caller folds afterwards.

    A pending operation that brought it to the source is withdrawn first, so that there and back
    again is nothing, and A to B to C is A to C (§4.8).
    """
    if source_id == target_id:
        return
    depends_on: int | None = None
    for op in reversed(operations.of_message(conn, message_id)):
        if op.kind != "move" or op.target_id != source_id:
            continue
        if op.folder_id is None:
            operations.set_state(conn, op.id, "cancelled", now=now)
            return
        if op.state in ("pending", "local") and op.attempts == 0:
            operations.set_state(conn, op.id, "cancelled", now=now)
            if op.folder_id == target_id:
                return
            operations.add(
                conn,
                account_id=account_id,
                kind="move",
                verb=verb,
                message_id=message_id,
                folder_id=op.folder_id,
                generation=op.generation,
                uid=op.uid,
                target_id=target_id,
                base=op.base,
                journal_id=journal_id,
                depends_on=op.depends_on,
                state="local" if local else "pending",
                now=now,
            )
            return
        depends_on = op.id
        break
    place = _place(conn, message_id, source_id)
    if place is None and depends_on is None:
        return
    operations.add(
        conn,
        account_id=account_id,
        kind="move",
        verb=verb,
        message_id=message_id,
        folder_id=source_id,
        generation=place.generation if place else 0,
        uid=place.uid if place else 0,
        target_id=target_id,
        journal_id=journal_id,
        depends_on=None if place else depends_on,
        state="local" if local else "pending",
        now=now,
    )


def relabel(
    conn: sqlite3.Connection,
    message_id: int,
    account_id: int,
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    verb: str,
    now: int,
    journal_id: int | None,
) -> bool:
    """Want Gmail labels changed in All Mail. False when the message is not there."""
    wanted = {"add": sorted(add), "remove": sorted(remove)}
    for op in reversed(operations.of_message(conn, message_id)):
        if op.kind == "label" and op.state == "pending" and op.attempts == 0:
            inverse = op.args.get("add") == wanted["remove"]
            if inverse and op.args.get("remove") == wanted["add"]:
                operations.set_state(conn, op.id, "cancelled", now=now)
                return True
    row = conn.execute(
        "SELECT p.folder_id, p.generation, p.uid FROM placements p JOIN folders f"
        " ON f.id = p.folder_id AND f.generation = p.generation"
        " WHERE p.message_id = ? AND p.vanished_at IS NULL AND f.role = 'all'",
        (message_id,),
    ).fetchone()
    if row is None:
        return False
    operations.add(
        conn,
        account_id=account_id,
        kind="label",
        verb=verb,
        message_id=message_id,
        folder_id=row[0],
        generation=row[1],
        uid=row[2],
        args=wanted,
        journal_id=journal_id,
        now=now,
    )
    return True


def flag(
    conn: sqlite3.Connection,
    message_ids: Collection[int],
    *,
    add: Flag = Flag.NONE,
    remove: Flag = Flag.NONE,
    verb: str,
    now: int,
    journal_id: int | None,
) -> list[int]:
    """Want flags set or taken away; returns the messages that needed it. The caller folds."""
    changed: list[int] = []
    for message_id, account_id, bits in conn.execute(
        "SELECT id, account_id, flags FROM messages"
        " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (ids_json(message_ids),),
    ).fetchall():
        if (bits | add) & ~remove == bits:
            continue
        changed.append(message_id)
        _flag_one(conn, message_id, account_id, add, remove, verb, now, journal_id)
    return changed


def _flag_one(
    conn: sqlite3.Connection,
    message_id: int,
    account_id: int,
    add: Flag,
    remove: Flag,
    verb: str,
    now: int,
    journal_id: int | None,
) -> None:
    open_ops = operations.of_message(conn, message_id)
    for op in open_ops:
        if op.kind == "flag" and op.state == "pending" and op.attempts == 0:
            rest_add = op.args.get("add", 0) & ~int(remove)
            rest_remove = op.args.get("remove", 0) & ~int(add)
            if (rest_add, rest_remove) == (op.args.get("add", 0), op.args.get("remove", 0)):
                continue
            if rest_add or rest_remove:
                args = json.dumps({"add": rest_add, "remove": rest_remove})
                conn.execute("UPDATE operations SET args = ? WHERE id = ?", (args, op.id))
            else:
                operations.set_state(conn, op.id, "cancelled", now=now)
    places = _places(conn, message_id)
    moving = {op.folder_id: op for op in open_ops if op.kind == "move" and op.state != "local"}
    for place, server_flags in places:
        if (server_flags | add) & ~remove == server_flags and not _flag_is_open(conn, message_id):
            continue
        depends = moving.get(place.folder_id)
        operations.add(
            conn,
            account_id=account_id,
            kind="flag",
            verb=verb,
            message_id=message_id,
            folder_id=place.folder_id,
            generation=place.generation,
            uid=place.uid,
            args={"add": int(add), "remove": int(remove)},
            base={"flags": server_flags},
            journal_id=journal_id,
            depends_on=depends.id if depends else None,
            now=now,
        )
    if not places:
        _flag_here(conn, message_id, add, remove)


def _flag_here(conn: sqlite3.Connection, message_id: int, add: Flag, remove: Flag) -> None:
    """Flag a mail that is nowhere on the server, or on its way to a place not known yet."""
    counted = (
        "UPDATE folders SET unread = unread + ?1 * (SELECT flags & 1 = 0 FROM messages"
        " WHERE id = ?2) WHERE id IN (SELECT folder_id FROM presence WHERE message_id = ?2)"
    )
    conn.execute(counted, (-1, message_id))
    conn.execute(
        "UPDATE messages SET flags = (flags | ?) & ~? WHERE id = ?",
        (int(add), int(remove), message_id),
    )
    conn.execute(counted, (1, message_id))


def _flag_is_open(conn: sqlite3.Connection, message_id: int) -> bool:
    return any(op.kind == "flag" for op in operations.of_message(conn, message_id))


def _place(conn: sqlite3.Connection, message_id: int, folder_id: int) -> _Place | None:
    for place, _ in _places(conn, message_id):
        if place.folder_id == folder_id:
            return place
    return None


def _places(conn: sqlite3.Connection, message_id: int) -> list[tuple[_Place, int]]:
    return [
        (_Place(row[0], row[1], row[2], row[3]), row[4])
        for row in conn.execute(
            "SELECT p.folder_id, p.generation, p.uid, f.role, p.flags FROM placements p"
            " JOIN folders f ON f.id = p.folder_id AND f.generation = p.generation"
            " WHERE p.message_id = ? AND p.vanished_at IS NULL ORDER BY p.uid",
            (message_id,),
        )
    ]


def bury(conn: sqlite3.Connection, message_id: int, now: int) -> None:
    """Delete here only: hidden at once, with a tombstone so that sync does not bring it back."""
    conn.execute("UPDATE messages SET deleted_at = ? WHERE id = ?", (now, message_id))
    conn.execute(
        "INSERT OR IGNORE INTO tombstones(account_id, folder_id, generation, uid, fingerprint, at)"
        " SELECT m.account_id, p.folder_id, p.generation, p.uid, m.fingerprint, ?"
        " FROM messages m JOIN placements p ON p.message_id = m.id WHERE m.id = ?",
        (now, message_id),
    )


def unbury(conn: sqlite3.Connection, message_id: int) -> None:
    """Take a local deletion back."""
    conn.execute("UPDATE messages SET deleted_at = NULL WHERE id = ?", (message_id,))
    conn.execute(
        "DELETE FROM tombstones WHERE fingerprint ="
        " (SELECT fingerprint FROM messages WHERE id = ?)",
        (message_id,),
    )


def archive_target(conn: sqlite3.Connection, account_id: int, policy: Policy) -> tuple[int, bool]:
    """Where archived mail goes: (folder, only here)."""
    folder = accounts.role_folder(conn, account_id, "archive")
    if policy.archive_remote and folder is not None and folder.selectable:
        return folder.id, False
    return accounts.local_archive(conn, account_id), True


def snapshot(conn: sqlite3.Connection, message_ids: Collection[int]) -> dict[str, object]:
    """What undo needs to bring messages back: their places and flags."""
    state: dict[str, object] = {}
    shown: dict[int, list[int]] = {}
    for message_id, folder_id in conn.execute(
        "SELECT message_id, folder_id FROM presence"
        " WHERE message_id IN (SELECT value FROM json_each(?))",
        (ids_json(message_ids),),
    ):
        shown.setdefault(message_id, []).append(folder_id)
    for message_id, bits, deleted_at in conn.execute(
        "SELECT id, flags, deleted_at FROM messages WHERE id IN (SELECT value FROM json_each(?))",
        (ids_json(message_ids),),
    ):
        state[str(message_id)] = {
            "folders": shown.get(message_id, []),
            "flags": bits,
            "deleted": deleted_at is not None,
        }
    return state


def restore(
    conn: sqlite3.Connection,
    state: Mapping[str, dict[str, object]],
    policies: Mapping[int, Policy],
    *,
    places: bool,
    flags: Flag,
    now: int,
    journal_id: int | None,
) -> set[int]:
    """Bring messages back to a snapshot; returns their conversations, folded and counted.

    `places` restores folders, `flags` names the flag bits that are restored.
    """
    message_ids = [int(key) for key in state]
    for message_id in message_ids:
        row = conn.execute(
            "SELECT account_id, deleted_at FROM messages WHERE id = ?", (message_id,)
        ).fetchone()
        if row is None:
            continue
        account_id, deleted_at = row
        before = state[str(message_id)]
        if places:
            if deleted_at is not None and not before["deleted"]:
                unbury(conn, message_id)
            fold(conn, [message_id])
            _return_to(
                conn,
                message_id,
                account_id,
                before["folders"],
                policies.get(account_id, Policy()),
                now,
                journal_id,
            )
        if flags:
            wanted = Flag(int(str(before["flags"]))) & flags
            flag(
                conn,
                [message_id],
                add=wanted,
                remove=flags & ~wanted,
                verb="undo",
                now=now,
                journal_id=journal_id,
            )
    if not places:
        return fold_flags(conn, message_ids)
    changed = fold(conn, message_ids)
    recount(conn, changed)
    return changed


def _return_to(
    conn: sqlite3.Connection,
    message_id: int,
    account_id: int,
    folders: object,
    policy: Policy,
    now: int,
    journal_id: int | None,
) -> None:
    wanted = set(folders) if isinstance(folders, list) else set()
    shown = {
        row[0]
        for row in conn.execute(
            "SELECT folder_id FROM presence WHERE message_id = ?", (message_id,)
        )
    }
    inbox = accounts.role_folder(conn, account_id, "inbox") if policy.gmail else None
    if (
        inbox is not None
        and inbox.id in wanted - shown
        and relabel(
            conn,
            message_id,
            account_id,
            add=["\\Inbox"],
            verb="undo",
            now=now,
            journal_id=journal_id,
        )
    ):
        wanted.discard(inbox.id)
    for source, target in zip(sorted(shown - wanted), sorted(wanted - shown), strict=False):
        relocate(
            conn,
            message_id,
            account_id,
            source,
            target,
            verb="undo",
            now=now,
            journal_id=journal_id,
        )
