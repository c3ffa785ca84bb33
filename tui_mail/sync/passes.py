"""One pass over one folder: what is new, what changed, what is gone (§4.4)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.filing.arrivals import FolderPlace, file_arrivals, identity
from tui_mail.filing.vanished import apply_flags, vanish
from tui_mail.imap.session import ImapSession
from tui_mail.imap.uidset import UidSet
from tui_mail.imap.values import FlagChange, Selected
from tui_mail.mime.headers import HEADER_FIELDS, parse_envelope
from tui_mail.store import accounts, syncing
from tui_mail.store.accounts import Folder
from tui_mail.store.database import Pace
from tui_mail.sync import unnumbered
from tui_mail.sync.choosing import follow_labels
from tui_mail.sync.desk import Desk, arrival_of
from tui_mail.sync.headers import fetch_new, fetch_newest, fetch_retries
from tui_mail.sync.plan import NEWEST_FLAGS, Announced, Known, Pass, plan_pass
from tui_mail.sync.valves import Quarantine, is_believed, is_mass_loss, next_check
from tui_mail.sync.wire import Wire

AUDIT_SECONDS = 7 * 86_400
BATCH = 500
MOST_FLAGS = 5_000
"""Most flags looked at in one transaction; few of them differ after a whole folder was asked."""
UNSTABLE_CHANGES = 3
"""Renumberings within a day after which another one is taken up only each hour (§4.5)."""
OVERLAP_SECONDS = 60
"""Where changes come after HIGHESTMODSEQ moved (Gmail), the last minute is asked for again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a pass found."""

    new: int = 0
    suspicious: bool = False
    """A loss is being checked: the other folders should be looked at, then this one again."""
    backfill: bool = False
    """Past mail is still to come."""


async def folder_pass(desk: Desk, wire: Wire, folder_id: int, *, audit: bool = False) -> Outcome:
    """Bring one folder up to date. Cursors move only with what they cover (I6)."""
    folder = await desk.db.read(accounts.folder, folder_id)
    if folder is None or not folder.selectable:
        return Outcome()
    if not _wants_audit(desk, folder, audit):
        heard = await _listen(desk, wire, folder)
        if heard is not None:
            return heard
    qresync = None
    ready = folder.uidvalidity and folder.modseq and folder.state in ("live", "quarantined")
    if "QRESYNC" in wire.session.enabled and ready:
        qresync = (folder.uidvalidity, folder.modseq)
    said = await wire.call(lambda session: session.select(folder.wire_name, qresync=qresync))
    now = desk.now()
    audit = _wants_audit(desk, folder, audit)
    known = Known(folder.uidvalidity, folder.uidnext, folder.modseq, folder.server_exists)
    uidnext = said.uidnext
    announced = Announced(
        said.exists,
        0 if said.uid_not_sticky else said.uidvalidity,
        uidnext,
        said.highestmodseq,
        said.qresync,
    )
    plan = plan_pass(known, announced, audit=audit)
    if said.read_only != folder.read_only:
        await desk.db.write(_note_mode, folder.id, said.read_only)
    if plan.unstable:
        return await _unnumbered(desk, wire, folder, said)
    if plan.first and folder.state in ("unstable", "renumbered", "quarantined"):
        await unnumbered.number(desk, folder)
        plan = Pass(renumbered=True)
    if plan.first:
        await _open(desk, wire, folder, said)
        return Outcome(backfill=True)
    if plan.suspicious and not await _same_uids(desk, wire, folder):
        plan = Pass(renumbered=True)
    if plan.renumbered:
        if await desk.db.read(syncing.flips, folder.id, now) > UNSTABLE_CHANGES:
            return Outcome()
        await _renumber(desk, wire, folder, said)
        return Outcome(backfill=True)
    return await _follow(desk, wire, folder, said, plan)


async def _unnumbered(desk: Desk, wire: Wire, folder: Folder, said: Selected) -> Outcome:
    """SYN-1; a folder that had numbers before keeps what it shows, and waits for them."""
    if folder.uidvalidity:
        await desk.db.write(syncing.set_state, folder.id, "unstable", desk.now())
        return Outcome()
    waiting = False

    async def waits(known: int, gone: int) -> bool:
        nonlocal waiting
        waiting = not await _is_to_be_believed(desk, folder, said.exists, gone, known, 0)
        return waiting

    new = await unnumbered.show_headers(desk, wire, folder, said.exists, waits)
    return Outcome(new, waiting)


def _wants_audit(desk: Desk, folder: Folder, audit: bool) -> bool:
    since = desk.now() - folder.last_audit_at
    return audit or (bool(folder.last_audit_at) and since > AUDIT_SECONDS)


async def _listen(desk: Desk, wire: Wire, folder: Folder) -> Outcome | None:
    """Bring a folder up to date that is still selected; None when a whole pass is needed.

    New mail and flags come with NOOP, at a cost that does not grow with the folder. The
    mod-sequence stays where it is: the next SELECT tells all of it again.
    """
    session = wire.session
    if (
        wire.followed != (folder.id, session.selections)
        or "QRESYNC" not in session.enabled
        or session.quirks.modseq_overlap
        or folder.state != "live"
        or desk.gmail
    ):
        return None
    heard = await wire.call(lambda session: session.listen())
    wire.followed = None
    if not heard.sure:
        return None
    new = 0
    if heard.exists:
        new = await fetch_new(desk, wire, folder, folder.uidnext, 0, heard.exists)
        if heard.exists != folder.server_exists + new:
            return None
    new += await fetch_retries(desk, wire, folder)
    await _apply(desk, wire, folder, heard.changes)
    exists = heard.exists or folder.server_exists
    await desk.db.write(_close, folder.id, None, None, exists, False, desk.now())
    wire.followed = (folder.id, session.selections)
    return Outcome(new, backfill=folder.horizon < 0)


def _note_mode(conn: sqlite3.Connection, folder_id: int, read_only: bool) -> None:
    conn.execute(
        "UPDATE folders SET read_only = ?1 WHERE id = ?2 AND read_only <> ?1",
        (read_only, folder_id),
    )


async def _highest(wire: Wire, said: Selected) -> int:
    """UIDNEXT, or what it must be at least where the server does not tell (163.com)."""
    if said.uidnext:
        return said.uidnext
    there = await wire.call(lambda session: session.search_all())
    return there.highest + 1


async def _open(desk: Desk, wire: Wire, folder: Folder, said: Selected) -> None:
    uidnext = await _highest(wire, said)
    await desk.db.write(
        syncing.open_folder,
        folder.id,
        said.uidvalidity,
        uidnext,
        said.highestmodseq or 0,
        said.exists,
        desk.now(),
    )
    listed = folder.role == "inbox" or (desk.gmail and folder.role == "all")
    if listed and said.exists and uidnext > 1:
        opened = await desk.db.read(accounts.folder, folder.id)
        assert opened is not None
        await fetch_newest(desk, wire, opened, uidnext)


async def _renumber(desk: Desk, wire: Wire, folder: Folder, said: Selected) -> None:
    uidnext = await _highest(wire, said)
    times = await desk.db.write(
        syncing.renumber, folder.id, said.uidvalidity, uidnext, said.highestmodseq or 0, desk.now()
    )
    detail = f"the server numbered the mails anew ({times} times within a day)"
    await desk.db.write(
        accounts.add_event, desk.account_id, folder.id, "uidvalidity", detail, desk.now()
    )


async def _same_uids(desk: Desk, wire: Wire, folder: Folder) -> bool:
    """Compare up to 20 known mails with the server's; one difference voids the UIDs (SYN-9)."""
    known = await desk.db.read(syncing.sample, folder.id, folder.generation, 20)
    uids = UidSet.of(row[0] for row in known)
    if not uids:
        return True

    def read(session: ImapSession) -> dict[int, tuple[bytes, int]]:
        rows = session.fetch_headers(uids, HEADER_FIELDS)
        return {
            row.uid: (identity(parse_envelope(row.header), row.size), row.internal_date)
            for row in rows
        }

    there = await wire.call(read)
    return all(
        there[uid] == (fingerprint, internal_date)
        for uid, fingerprint, _, internal_date in known
        if uid in there
    )


async def _follow(desk: Desk, wire: Wire, folder: Folder, said: Selected, plan: Pass) -> Outcome:
    before: list[int] = []
    if plan.compare or plan.flags in ("all", "newest") or said.vanished:
        before = await desk.db.read(syncing.live_uids, folder.id, folder.generation)
    new = 0
    if plan.fetch_from:
        new = await fetch_new(desk, wire, folder, plan.fetch_from, said.uidnext, said.exists)
    new += await fetch_retries(desk, wire, folder)
    changes: Sequence[FlagChange] = ()
    there: UidSet | None = None
    if plan.flags == "given":
        changes = said.changes
    elif plan.flags == "changed":
        changes, _ = await wire.call(
            lambda session: session.fetch_flags(UidSet.span(1), changed_since=folder.modseq)
        )
    elif plan.flags == "all" and said.exists:
        changes, _ = await wire.call(lambda session: session.fetch_flags(UidSet.span(1)))
        there = UidSet.of(change.uid for change in changes)
    elif plan.flags == "newest" and before:
        changes = await _some_flags(wire, before, desk.now())
    await _apply(desk, wire, folder, changes)

    gone: list[int] = []
    if plan.flags == "given":
        gone = said.vanished.known(before)
    elif plan.compare or there is not None:
        if there is None:
            there = await wire.call(lambda session: session.search_all())
        gone = [uid for uid in before if uid not in there]
    suspicious = await _vanish(desk, folder, said, gone, len(before))
    modseq = said.highestmodseq
    if wire.session.quirks.modseq_overlap and desk.now() - folder.last_sync_at < OVERLAP_SECONDS:
        modseq = None
    await desk.db.write(
        _close,
        folder.id,
        max(folder.uidnext, said.uidnext),
        0 if suspicious else modseq,
        folder.server_exists if suspicious else said.exists,
        plan.flags == "all" and there is not None,
        desk.now(),
    )
    wire.followed = None if suspicious else (folder.id, wire.session.selections)
    return Outcome(new, suspicious, folder.horizon < 0)


def _close(
    conn: sqlite3.Connection,
    folder_id: int,
    uidnext: int | None,
    modseq: int | None,
    exists: int,
    audited: bool,
    now: int,
) -> None:
    """Store the numbers of the SELECT that began the pass, now that all it covers is stored."""
    syncing.set_cursor(
        conn, folder_id, now, uidnext=uidnext, modseq=modseq, exists=exists, audited=audited
    )
    conn.execute(
        "UPDATE folders SET last_audit_at = ? WHERE id = ? AND last_audit_at = 0", (now, folder_id)
    )


async def _some_flags(wire: Wire, known: list[int], now: int) -> list[FlagChange]:
    """The newest flags, and a slice of the older ones that moves on every minute."""
    older = known[:-NEWEST_FLAGS]
    wanted = known[-NEWEST_FLAGS:]
    if older:
        size = NEWEST_FLAGS * 4
        slices = -(-len(older) // size)
        start = now // 60 % slices * size
        wanted = older[start : start + size] + wanted
    chosen = UidSet.of(wanted)
    changes, _ = await wire.call(lambda session: session.fetch_flags(chosen))
    return changes


async def _apply(desk: Desk, wire: Wire, folder: Folder, changes: Sequence[FlagChange]) -> None:
    ordered = sorted(changes, key=lambda change: change.modseq)
    if desk.gmail and folder.role == "all" and ordered:
        await _relabel(desk, wire, folder, [change.uid for change in ordered])
        return
    async for _, changed in desk.db.write_parts(
        [(c.uid, c.flags, " ".join(c.keywords), c.modseq) for c in ordered],
        Pace(BATCH, MOST_FLAGS),
        lambda conn, part: apply_flags(conn, folder.id, folder.generation, part),
    ):
        desk.changed(changed)


async def _relabel(desk: Desk, wire: Wire, folder: Folder, uids: list[int]) -> None:
    """Read flags and labels of changed mails again; a label is where a mail is (Gmail)."""
    wanted = UidSet.of(uids)

    def read(session: ImapSession) -> list[object]:
        return list(session.fetch_headers(wanted, ("MESSAGE-ID",), gmail=True))

    rows = [arrival_of(row) for row in await wire.call(read)]
    await follow_labels(desk, wire, folder, rows)
    place = desk.place(folder)
    for start in range(0, len(rows), BATCH):
        changed = await desk.db.write(_refresh, place, rows[start : start + BATCH], desk.now())
        desk.changed(changed)


def _refresh(
    conn: sqlite3.Connection, place: FolderPlace, rows: Sequence[object], now: int
) -> frozenset[int]:
    from tui_mail.model.arrivals import Arrival

    arrivals = [row for row in rows if isinstance(row, Arrival)]
    known = syncing.placed_uids(conn, place.id, place.generation, [a.uid for a in arrivals])
    return file_arrivals(conn, place, [a for a in arrivals if a.uid in known], now).conversation_ids


async def _vanish(desk: Desk, folder: Folder, said: Selected, gone: list[int], known: int) -> bool:
    """Let vanished mail go through the valve; True while the loss is not believed (VAL-1)."""
    state = await desk.db.read(syncing.quarantine, folder.id)
    if not gone:
        if state:
            await desk.db.write(syncing.set_quarantine, folder.id, {}, desk.now())
        return False
    explained = await desk.db.read(syncing.explained, folder.id, folder.generation, gone)
    if not await _is_to_be_believed(desk, folder, said.exists, len(gone), known, explained):
        return True
    kept = folder.id if folder.role == "inbox" and not desk.account.mirror_inbox else None
    for start in range(0, len(gone), BATCH):
        part = gone[start : start + BATCH]
        changed = await desk.db.write(
            vanish, folder.id, folder.generation, part, desk.now(), keep_in=kept
        )
        desk.changed(changed)
    if state:
        await desk.db.write(syncing.set_quarantine, folder.id, {}, desk.now())
    return False


async def _is_to_be_believed(
    desk: Desk, folder: Folder, exists: int, gone: int, known: int, explained: int
) -> bool:
    """Whether a loss is taken for true: small ones at once, large ones after some looks (VAL-1)."""
    if not is_mass_loss(known, exists, gone, explained):
        return True
    state = await desk.db.read(syncing.quarantine, folder.id)
    check = next_check(
        Quarantine(**state) if state else Quarantine(), desk.now(), interval=desk.check_seconds
    )
    if not is_believed(check):
        await desk.db.write(
            _quarantine, desk.account_id, folder.id, check, gone, not state, desk.now()
        )
        return False
    await desk.db.write(
        accounts.add_event,
        desk.account_id,
        folder.id,
        "accepted",
        f"{gone} mails are gone from the server; kept here for 30 days",
        desk.now(),
    )
    return True


def _quarantine(
    conn: sqlite3.Connection,
    account_id: int,
    folder_id: int,
    check: Quarantine,
    count: int,
    is_new: bool,
    now: int,
) -> None:
    state = {"since": check.since, "checks": check.checks, "last": check.last}
    syncing.set_quarantine(conn, folder_id, state, now)
    if is_new:
        accounts.add_event(
            conn,
            account_id,
            folder_id,
            "quarantine",
            f"{count} mails vanished at once; checking before they leave the list",
            now,
        )
