"""Opening mails and their attachments. Raw mail is parsed in worker processes, never here."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tui_mail.actions.context import Context
from tui_mail.errors import ActionError, MailError
from tui_mail.mime.worker import MimePool
from tui_mail.model.messages import Attachment, ReadableMail
from tui_mail.model.safe_text import safe_line
from tui_mail.store import messages
from tui_mail.store.messages import Message

VERSION = 1
"""Raised when the readable form changes, so that kept ones are made anew."""
FETCH_SECONDS = 60.0
_MAX_KEPT = 2 * 1024 * 1024
_RISKY_NAMES = (
    "desktop sh bash zsh py pl rb jar js html htm xhtml svg url lnk app exe com bat cmd ps1 vbs"
    " msi scr reg docm xlsm pptm dotm xltm hta command workflow appimage run deb rpm apk"
)
_RISKY = frozenset(_RISKY_NAMES.split())


@dataclass(frozen=True, slots=True)
class Opened:
    """A message with what can be shown of it."""

    message: Message
    mail: ReadableMail | None
    """None while the body is on the server."""
    waiting: str = ""
    """Why there is no body: "25.3 MB, still on the server" …"""


class Reader:
    """Opens mails for one process; holds the worker pool. Close it in `finally`."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._pool = MimePool(workers=1)

    async def close(self) -> None:
        """End the worker."""
        await self._pool.close()

    async def open(self, message_id: int, *, wait: float = 0.0) -> Opened:
        """The readable form of a message; fetches the body first if it is on the server.

        `wait` seconds are given to the engine for that. Raises ActionError when there is no such
        message.
        """
        db = self._ctx.db
        message = await db.read(messages.message, message_id)
        if message is None:
            raise ActionError("That message is not here any more.")
        kept = await db.read(messages.readable, message_id, VERSION)
        if kept is not None:
            with contextlib.suppress(msgspec.MsgspecError, MailError):
                return Opened(message, _unpack(kept))
        raw = await self._raw(message_id, wait)
        if raw is None:
            return Opened(message, None, _why_not_here(message))
        account = self._ctx.account(message.account_id)
        ids: tuple[str, ...] = ()
        if account is not None:
            ids = account.authserv_id or _default_authserv_ids(account.imap_host)
        mail = await self._pool.read(raw, ids)
        packed = _pack(mail)
        if not mail.problem and len(packed) <= _MAX_KEPT:
            await db.write(messages.keep_readable, message_id, VERSION, packed)
        return Opened(message, mail)

    async def raw(self, message_id: int, *, wait: float = 0.0) -> bytes | None:
        """The raw mail, or None when it is not here within `wait` seconds."""
        return await self._raw(message_id, wait)

    async def attachment(
        self, message_id: int, part: str, *, wait: float = FETCH_SECONDS
    ) -> tuple[Attachment, bytes]:
        """One attachment and its octets. Raises ActionError when it cannot be had now."""
        raw = await self._raw(message_id, wait)
        if raw is None:
            raise ActionError("The mail is still on the server.", hint="Try again when online.")
        return await self._pool.part(raw, part)

    async def save(self, message_id: int, part: str, folder: Path) -> Path:
        """Save an attachment under its safe name, never over another file (SEC-16)."""
        attachment, data = await self.attachment(message_id, part)
        return await asyncio.to_thread(write_new, folder, attachment.filename, data)

    async def for_opening(self, message_id: int, part: str) -> Path:
        """Put an attachment into the private temporary folder for another program (SEC-17)."""
        attachment, data = await self.attachment(message_id, part)
        folder = self._ctx.paths.temporary / secrets.token_hex(8)
        folder.mkdir(mode=0o700, parents=True)
        suffix = Path(attachment.filename).suffix[:12]
        return await asyncio.to_thread(write_new, folder, f"attachment{suffix}", data)

    async def _raw(self, message_id: int, wait: float) -> bytes | None:
        packed = await self._ctx.db.read(messages.raw, message_id)
        if packed is None and wait:
            await self._ctx.db.write(messages.want_body, message_id, self._ctx.now())
            self._ctx.wake()
            deadline = self._ctx.clock.monotonic() + wait
            while packed is None and self._ctx.clock.monotonic() < deadline:
                await asyncio.sleep(0.1)
                packed = await self._ctx.db.read(messages.raw, message_id)
        if packed is None:
            return None
        return await asyncio.to_thread(_decompress, packed)


def _decompress(data: bytes) -> bytes:
    from tui_mail.mime.indexing import decompress

    return decompress(data)


def _pack(mail: ReadableMail) -> bytes:
    from tui_mail.mime.indexing import compressed

    return compressed(msgspec.msgpack.encode(mail))


def _unpack(data: bytes) -> ReadableMail:
    return msgspec.msgpack.decode(_decompress(data), type=ReadableMail)


def _why_not_here(message: Message) -> str:
    big = message.size >= 1_000_000
    size = f"{message.size / 1e6:.1f} MB" if big else f"{max(1, message.size // 1000)} kB"
    if message.body_state == "too_big":
        return f"{size}, still on the server"
    if message.body_state == "failed":
        return safe_line(message.problem or "the server does not give this mail")
    return f"{size}, on its way"


def _default_authserv_ids(host: str) -> tuple[str, ...]:
    """The host and its parent domains of at least two labels: `mx.google.com` for Gmail."""
    labels = host.lower().split(".")
    return tuple(".".join(labels[i:]) for i in range(max(1, len(labels) - 1)))


def is_risky(filename: str) -> bool:
    """A file that another program would run or that fetches from the network (SEC-17)."""
    return any(part in _RISKY for part in filename.lower().split(".")[1:])


def opener() -> list[str] | None:
    """The program that opens files here, as the start of an argv; None over SSH without one."""
    import shutil
    import sys

    if sys.platform == "darwin":
        return ["open"]
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return None
    return ["xdg-open"] if shutil.which("xdg-open") else None


def write_new(folder: Path, name: str, data: bytes) -> Path:
    """Write a new file 0600 in `folder`; a taken name gets a number (SEC-16).

    Raises ActionError when the folder cannot be written.
    """
    folder = folder.expanduser()
    stem, dot, suffix = name.rpartition(".")
    if not dot or not stem:
        stem, suffix = name, ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(1000):
            shown = stem if number == 0 else f"{stem}-{number}"
            target = folder / (f"{shown}.{suffix}" if suffix else shown)
            try:
                descriptor = os.open(
                    target,
                    os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC,
                    0o600,
                )
            except FileExistsError:
                continue
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            return target
    except OSError as error:
        raise ActionError(f"Cannot save into {folder}: {error.strerror}.") from error
    raise ActionError(f"{folder} is full of files called {name}.")


def clean_temporary(ctx: Context) -> None:
    """Remove what was put there for other programs; called at start and at exit."""
    import shutil

    shutil.rmtree(ctx.paths.temporary, ignore_errors=True)
