"""Moving mail on the server: each step with its own evidence, and none taken twice (§4.8).

Before the command goes out the target's UIDNEXT is written down; after a lost answer the source is
asked first, then the target from that number on. Nothing is copied again before somebody looked.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from tui_mail.errors import TransportError
from tui_mail.imap.uidset import UidSet
from tui_mail.model import faults
from tui_mail.store import accounts
from tui_mail.store.accounts import Folder
from tui_mail.store.operations import Operation
from tui_mail.sync import landing
from tui_mail.sync.desk import Desk
from tui_mail.sync.landing import Landed
from tui_mail.sync.steps import again, begin, end, fail
from tui_mail.sync.wire import Wire


async def move(desk: Desk, wire: Wire, batch: list[Operation], folder: Folder) -> int:
    """Move mails of the selected folder to the target they share; how many operations ended."""
    target = await desk.db.read(accounts.folder, batch[0].target_id or 0)
    if target is None or not target.selectable:
        return await fail(desk, batch, "the folder it should go to is gone")
    status = await wire.call(lambda session: session.status(target.wire_name))
    evidence = {"target_uidnext": status.uidnext, "target_validity": status.uidvalidity}
    await desk.db.write(begin, [op.id for op in batch], evidence, desk.now())
    faults.point("replay.move")
    if wire.session.has("MOVE"):
        uids = UidSet.of(op.uid for op in batch)
        result = await wire.call(lambda session: session.move(uids, target.wire_name))
        faults.point("replay.move.answered")
        if len(result.copyuid) == len(batch):
            landed = [Landed(op, result.copyuid[op.uid], result.uidvalidity) for op in batch]
            changed = await desk.db.write(landing.land, landed, folder, target, desk.now())
            desk.changed(changed)
            return len(batch)
        for op in batch:
            await verify_move(desk, wire, op, folder)
        return len(batch)
    for op in batch:
        await _copy_and_remove(desk, wire, op, folder, target, evidence)
    return len(batch)


async def _copy_and_remove(
    desk: Desk,
    wire: Wire,
    op: Operation,
    folder: Folder,
    target: Folder,
    evidence: dict[str, Any],
) -> None:
    """Move without MOVE, each step with its own evidence; never a second copy without looking."""
    uids = UidSet.of([op.uid])
    result = await wire.call(lambda session: session.copy(uids, target.wire_name))
    faults.point("replay.copy.answered")
    new_uid = result.copyuid.get(op.uid, 0)
    validity = result.uidvalidity
    if not new_uid:
        new_uid, validity = await landing.find(desk, wire, op, target, evidence)
        await wire.call(lambda session: session.select(folder.wire_name))
    if not new_uid:
        raise TransportError("The copy was not found in its folder.")
    evidence = {**evidence, "copied_uid": new_uid, "copied_validity": validity}
    await desk.db.write(begin, [op.id], evidence, desk.now())
    await _remove_source(desk, wire, op, folder, target, new_uid, validity)


async def _remove_source(
    desk: Desk,
    wire: Wire,
    op: Operation,
    folder: Folder,
    target: Folder,
    new_uid: int,
    validity: int,
) -> None:
    uids = UidSet.of([op.uid])
    await wire.call(lambda session: session.store_flags(uids, add=[b"\\Deleted"]))
    faults.point("replay.deleted.answered")
    if wire.session.has("UIDPLUS"):
        await wire.call(lambda session: session.uid_expunge(uids))
    landed = [Landed(op, new_uid, validity)]
    desk.changed(await desk.db.write(landing.land, landed, folder, target, desk.now()))


async def verify_move(desk: Desk, wire: Wire, op: Operation, folder: Folder) -> int:
    """After an unclear answer: is it still in the source, or is it in the target?

    The source folder is selected.
    """
    target = await desk.db.read(accounts.folder, op.target_id or 0)
    if target is None:
        return await fail(desk, [op], "the folder it should go to is gone")
    copied = int(op.evidence.get("copied_uid", 0))
    there, _ = await wire.call(lambda session: session.fetch_flags(UidSet.of([op.uid])))
    if there and copied:
        await _remove_source(
            desk, wire, op, folder, target, copied, int(op.evidence["copied_validity"])
        )
        return 1
    if there and wire.session.has("MOVE"):
        await desk.db.write(again, op.id, desk.now())
        return 0
    uid, validity = await landing.find(desk, wire, op, target, op.evidence)
    if uid:
        if there:
            await wire.call(lambda session: session.select(folder.wire_name))
            await _remove_source(desk, wire, op, folder, target, uid, validity)
            return 1
        landed = [Landed(op, uid, validity)]
        desk.changed(await desk.db.write(landing.land, landed, folder, target, desk.now()))
        return 1
    if there:
        await desk.db.write(again, op.id, desk.now())
        return 0
    desk.changed(
        await desk.db.write(
            _lost,
            op,
            folder,
            "the mail left its folder and was not found in the other one",
            desk.now(),
        )
    )
    return 1


def _lost(
    conn: sqlite3.Connection, op: Operation, folder: Folder, reason: str, now: int
) -> set[int]:
    accounts.add_event(conn, op.account_id, folder.id, "lost", reason, now)
    changed = end(conn, [op], "conflict", reason, now)
    return changed | landing.leave(conn, folder.id, folder.generation, [op.uid], now)
