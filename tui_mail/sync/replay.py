"""Replay of the operation log: base, evidence, and no step done twice (§4.8).

A command goes out only after it is written down that it will, and after a lost answer somebody
looks before it goes out again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from tui_mail.errors import ActionError, RefusedError
from tui_mail.imap.uidset import UidSet
from tui_mail.model import faults
from tui_mail.model.messages import FLAG_NAMES, Flag
from tui_mail.store import accounts, operations, syncing, unnumbered
from tui_mail.store.accounts import Folder
from tui_mail.store.operations import Operation
from tui_mail.sync import landing
from tui_mail.sync.appending import append
from tui_mail.sync.desk import Desk
from tui_mail.sync.moving import move, verify_move
from tui_mail.sync.steps import begin, end, fail, later
from tui_mail.sync.wire import Wire

TRANSIENT = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN", "EXPIRED"})
"""Response codes after which the same command may work later (RFC 5530)."""
BATCH = 500
MOST_TRIES = 20


async def replay(desk: Desk, wire: Wire) -> int:
    """Carry out what is due; returns how many operations ended. Stops at a lost connection.

    One refused operation does not hold up the others.
    """
    ended = 0
    while True:
        await desk.db.write(_release_waiting, desk.account_id)
        due = await desk.db.read(operations.due, desk.account_id, desk.now())
        batch = _next_batch(due)
        if not batch:
            return ended
        ended += await _run_batch(desk, wire, batch)


def _next_batch(due: Sequence[Operation]) -> list[Operation]:
    """The first operation and those that go in the same command; each message in order."""
    earlier: set[int] = set()
    open_ids = {op.id for op in due}
    batch: list[Operation] = []
    for op in due:
        blocked = op.message_id in earlier or op.depends_on in open_ids
        if op.message_id is not None:
            earlier.add(op.message_id)
        if blocked:
            continue
        if not batch:
            batch.append(op)
            if op.kind == "append" or op.state != "pending":
                return batch
        elif _alike(batch[0], op) and len(batch) < BATCH:
            batch.append(op)
    return batch


def _alike(first: Operation, other: Operation) -> bool:
    return other.state == "pending" and (
        (first.kind, first.folder_id, first.generation, first.target_id, first.args)
        == (other.kind, other.folder_id, other.generation, other.target_id, other.args)
    )


def _release_waiting(conn: sqlite3.Connection, account_id: int) -> None:
    """Give operations that waited for another one its outcome: the place their mail is at now."""
    rows = conn.execute(
        f"SELECT {operations.COLUMNS} FROM operations WHERE account_id = ?"
        " AND state = 'pending' AND depends_on IS NOT NULL",
        (account_id,),
    ).fetchall()
    for row in rows:
        op = operations.operation(row)
        before = operations.get(conn, op.depends_on or 0)
        if before is not None and before.state in ("pending", "inflight", "verify"):
            continue
        conn.execute("UPDATE operations SET depends_on = NULL WHERE id = ?", (op.id,))
        if op.kind != "flag" or before is None or before.kind != "move" or not before.target_id:
            continue
        place = syncing.uid_of_message(conn, op.message_id or 0, before.target_id)
        if place is not None and before.state == "done":
            conn.execute(
                "UPDATE operations SET folder_id = ?, generation = ?, uid = ? WHERE id = ?",
                (before.target_id, *place, op.id),
            )


async def _run_batch(desk: Desk, wire: Wire, batch: list[Operation]) -> int:
    first = batch[0]
    try:
        if first.kind == "append":
            return await append(desk, wire, first)
        if first.kind in ("move", "expunge"):
            unasked = [op for op in batch if op.journal_id is None]
            if unasked and not desk.unasked.allows(len(unasked), desk.now()):
                return await fail(desk, unasked, "more than anybody asked for in a minute")
        folder = await desk.db.read(accounts.folder, first.folder_id or 0)
        if folder is None or not folder.selectable:
            return await fail(desk, batch, "its folder is gone")
        batch = await desk.db.write(_rebind, [op.id for op in batch], folder, desk.now())
        if not batch:
            return 1
        said = await wire.call(lambda session: session.select(folder.wire_name))
        if not folder.uidvalidity:
            return await fail(desk, batch, unnumbered.WORDS)
        if said.uid_not_sticky or said.uidvalidity != folder.uidvalidity:
            await later(desk, batch, "the server numbered the folder anew", 5)
            return 0
        if said.read_only:
            return await fail(desk, batch, "the folder is read-only on the server")
        if first.state in ("inflight", "verify") and first.kind == "move":
            return await verify_move(desk, wire, first, folder)
        if first.kind == "flag":
            return await _flags(desk, wire, batch, folder, said.permanent_flags)
        if first.kind == "label":
            return await _labels(desk, wire, batch)
        if first.kind == "expunge":
            return await _expunge(desk, wire, batch, folder)
        return await move(desk, wire, batch, folder)
    except RefusedError as error:
        if error.code in TRANSIENT and first.attempts < MOST_TRIES:
            await later(desk, batch, error.message, 60 * (first.attempts + 1))
            return 0
        return await fail(desk, batch, error.message)
    except ActionError as error:
        return await fail(desk, batch, error.message)


def _rebind(
    conn: sqlite3.Connection, ids: Sequence[int], folder: Folder, now: int
) -> list[Operation]:
    """Fill in or renew the UIDs of operations; those whose mail is gone end here."""
    ready: list[Operation] = []
    for operation_id in ids:
        op = operations.get(conn, operation_id)
        if op is None or op.state not in ("pending", "inflight", "verify"):
            continue
        if op.uid and op.generation == folder.generation:
            placed = syncing.placed_uids(conn, folder.id, folder.generation, [op.uid])
            if placed.get(op.uid) == op.message_id or op.state != "pending":
                ready.append(op)
                continue
        if op.kind == "expunge" and op.uid:
            end(conn, [op], "done", "it is gone already", now)
            continue
        found = syncing.uid_of_message(conn, op.message_id or 0, folder.id)
        if found is not None:
            conn.execute(
                "UPDATE operations SET generation = ?, uid = ? WHERE id = ?", (*found, op.id)
            )
            renewed = operations.get(conn, op.id)
            assert renewed is not None
            ready.append(renewed)
        elif folder.state == "renumbered" or (folder.selected and folder.horizon < 0):
            operations.set_state(conn, op.id, op.state, now=now, next_at=now + 5)
        elif op.kind == "flag":
            end(conn, [op], "done", "the mail is not there any more", now)
        else:
            elsewhere = landing.has_place(conn, op.message_id or 0)
            reason = "another program moved the mail" if elsewhere else "the mail is gone"
            end(conn, [op], "done" if elsewhere else "conflict", reason, now)
    return ready


async def _flags(
    desk: Desk,
    wire: Wire,
    batch: list[Operation],
    folder: Folder,
    permanent: frozenset[str],
) -> int:
    uids = UidSet.of(op.uid for op in batch)
    add, remove = Flag(batch[0].args.get("add", 0)), Flag(batch[0].args.get("remove", 0))
    refused = Flag.NONE
    if permanent and "\\*" not in permanent:
        allowed = {name.lower() for name in permanent}
        for flag, name in FLAG_NAMES.items():
            if (add | remove) & flag and name.decode().lower() not in allowed:
                refused |= flag
    add, remove = add & ~refused, remove & ~refused
    await desk.db.write(begin, [op.id for op in batch], {}, desk.now())
    faults.point("replay.flags")
    if add or remove:
        await wire.call(
            lambda session: session.store_flags(uids, add=_names(add), remove=_names(remove))
        )
    faults.point("replay.flags.answered")
    note = "the folder does not keep this flag" if refused else ""
    changed = await desk.db.write(
        _store_flags, batch, folder.id, folder.generation, int(add), int(remove), note, desk.now()
    )
    desk.changed(changed)
    return len(batch)


def _names(flags: Flag) -> list[bytes]:
    return [name for flag, name in FLAG_NAMES.items() if flags & flag]


def _store_flags(
    conn: sqlite3.Connection,
    batch: Sequence[Operation],
    folder_id: int,
    generation: int,
    add: int,
    remove: int,
    note: str,
    now: int,
) -> set[int]:
    conn.executemany(
        "UPDATE placements SET flags = (flags | ?) & ~? WHERE folder_id = ? AND generation = ?"
        " AND uid = ?",
        [(add, remove, folder_id, generation, op.uid) for op in batch],
    )
    return end(conn, batch, "done", note, now)


async def _labels(desk: Desk, wire: Wire, batch: list[Operation]) -> int:
    uids = UidSet.of(op.uid for op in batch)
    args = batch[0].args
    await desk.db.write(begin, [op.id for op in batch], {}, desk.now())
    faults.point("replay.labels")
    await wire.call(
        lambda session: session.store_labels(
            uids, add=args.get("add", ()), remove=args.get("remove", ())
        )
    )
    faults.point("replay.labels.answered")
    desk.changed(await desk.db.write(landing.store_labels, batch, desk.now()))
    desk.changed(await desk.db.write(end, batch, "done", "", desk.now()))
    return len(batch)


async def _expunge(desk: Desk, wire: Wire, batch: list[Operation], folder: Folder) -> int:
    """Remove for ever exactly these mails; without UIDPLUS only what is provably ours (VAL-7)."""
    uids = UidSet.of(op.uid for op in batch)
    await desk.db.write(begin, [op.id for op in batch], {}, desk.now())
    await wire.call(lambda session: session.store_flags(uids, add=[b"\\Deleted"]))
    await wire.call(lambda session: session.uid_expunge(uids))
    gone = [op.uid for op in batch]
    desk.changed(await desk.db.write(end, batch, "done", "", desk.now()))
    desk.changed(await desk.db.write(landing.leave, folder.id, folder.generation, gone, desk.now()))
    return len(batch)


def doubt_inflight(conn: sqlite3.Connection, account_id: int) -> int:
    """After a lost connection or a crash: whatever was under way is looked at first."""
    cursor = conn.execute(
        "UPDATE operations SET state = CASE kind WHEN 'flag' THEN 'pending'"
        " WHEN 'label' THEN 'pending' ELSE 'verify' END"
        " WHERE account_id = ? AND state = 'inflight'",
        (account_id,),
    )
    return cursor.rowcount
