"""Facts from the engine to the screens, and wake-ups back, over a local socket (DESIGN §2).

Only ids travel, never mail; and once the key of the vault, from a terminal where its passphrase was
typed to an engine that runs already. The socket is the user's alone (0600, in a 0700 folder). When
it is gone everything still works, a second later.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

_MAX_IDS = 500
_MAX_LINE = 1 << 16


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened. Readers read what they show again."""

    kind: str
    """`conversations`, `account`, `outbox`, `progress`, or `engine` (it stopped)."""
    ids: tuple[int, ...] = ()
    """Ids of what changed; empty means many."""


class FactServer:
    """The engine's end: broadcasts facts and takes wake-ups."""

    def __init__(
        self,
        path: Path,
        woken: Callable[[bool], None],
        unlocked: Callable[[bytes], None] | None = None,
    ) -> None:
        self._path = path
        self._woken = woken
        """Called with True when every folder shall be looked at."""
        self._unlocked = unlocked
        """Called with the key of the vault."""
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.was_watched = False
        """Somebody has listened since the start."""

    async def start(self) -> None:
        """Listen, replacing a socket left by a dead engine; the caller holds the engine lock."""
        self._path.unlink(missing_ok=True)
        if len(os.fsencode(self._path)) > 100:
            return
        old = os.umask(0o077)
        try:
            self._server = await asyncio.start_unix_server(
                self._serve, path=str(self._path), limit=_MAX_LINE
            )
        finally:
            os.umask(old)

    async def stop(self) -> None:
        """Tell the listeners and close."""
        self.publish("engine")
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.close()
        self._path.unlink(missing_ok=True)

    @property
    def listeners(self) -> int:
        """How many screens listen now."""
        return len(self._writers)

    def publish(self, kind: str, ids: Iterable[int] = ()) -> None:
        """Send a fact to everyone who listens; a slow listener is dropped."""
        if not self._writers:
            return
        some = list(ids)
        if len(some) > _MAX_IDS:
            some = []
        line = json.dumps({"kind": kind, "ids": some}).encode() + b"\n"
        for writer in list(self._writers):
            if writer.transport.get_write_buffer_size() > _MAX_LINE * 4:
                writer.close()
                self._writers.discard(writer)
                continue
            with contextlib.suppress(OSError, RuntimeError):
                writer.write(line)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                if line in (b"wake\n", b"sync\n"):
                    self._woken(line == b"sync\n")
                elif line.startswith(b"unlock ") and self._unlocked is not None:
                    self._unlocked(base64.b64decode(line[7:]))
                elif line == b"listen\n":
                    self._writers.add(writer)
                    self.was_watched = True
        except (OSError, ValueError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


async def subscribe(path: Path) -> AsyncIterator[Fact]:
    """Yield facts until the engine goes. Raises OSError when there is no engine to listen to."""
    reader, writer = await asyncio.open_unix_connection(str(path), limit=_MAX_LINE)
    try:
        writer.write(b"listen\n")
        await writer.drain()
        while line := await reader.readline():
            try:
                data = json.loads(line)
                fact = Fact(str(data["kind"]), tuple(int(i) for i in data["ids"]))
            except (ValueError, KeyError, TypeError):
                continue
            yield fact
            if fact.kind == "engine":
                return
    finally:
        writer.close()
