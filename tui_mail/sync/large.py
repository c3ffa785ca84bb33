"""Large mails, a piece at a time: a lost connection costs one piece, not the mail (§4.4)."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from tui_mail.errors import ProtocolError, RefusedError
from tui_mail.store.accounts import Folder
from tui_mail.store.syncing import BodyDue
from tui_mail.sync.desk import Desk
from tui_mail.sync.wire import Wire

LARGE = 4 << 20
"""Octets from which a mail is fetched in pieces."""
PIECE = 1 << 20
MOST = 128 << 20
"""Octets after which no more of a mail is fetched; what is larger is not taken apart."""
_FORGOTTEN_SECONDS = 7 * 86_400


def in_pieces(desk: Desk, due: BodyDue) -> bool:
    """Whether a mail is better fetched in pieces; not where the server got that wrong once."""
    return due.size >= LARGE and desk.pieces_work


async def fetch_large(desk: Desk, wire: Wire, folder: Folder, due: BodyDue) -> bytes | None:
    """One mail of the selected folder, from where an earlier try ended; None when it is not there.

    The size a server announces is only a hint: the end is the first piece that is short.
    """
    path = _path(desk, folder, due)
    have = await asyncio.to_thread(_begun, path)
    while have < MOST:
        try:
            octets = await wire.call(
                lambda session, offset=have: session.fetch_chunk(due.uid, offset, PIECE)  # type: ignore[misc]
            )
        except RefusedError:
            path.unlink(missing_ok=True)
            return None
        except ProtocolError:
            desk.pieces_work = False
            path.unlink(missing_ok=True)
            raise
        await asyncio.to_thread(_append, path, octets)
        have += len(octets)
        if len(octets) < PIECE:
            break
    return await asyncio.to_thread(path.read_bytes)


def forget(desk: Desk, folder: Folder, due: BodyDue) -> None:
    """The mail is stored: its pieces are not needed any more."""
    _path(desk, folder, due).unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove pieces nobody came back for."""
    now = time.time()
    for path in folder.glob("*.part") if folder.exists() else ():
        if now - path.stat().st_mtime > _FORGOTTEN_SECONDS:
            path.unlink(missing_ok=True)


def _path(desk: Desk, folder: Folder, due: BodyDue) -> Path:
    return desk.pieces / f"{folder.id}-{folder.uidvalidity}-{due.uid}.part"


def _begun(path: Path) -> int:
    """Octets of an earlier try."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _append(path: Path, octets: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(octets)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)
