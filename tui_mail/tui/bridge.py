"""What happens elsewhere, folded into few looks at the store."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from tui_mail.store.database import Database
from tui_mail.store.pages import data_version

_GATHER = 0.1
"""Seconds over which facts are gathered: at most ten looks a second."""
_POLL = 1.0
"""Seconds between looks while no engine talks to us."""


async def watch(db: Database, socket: Path, changed: Callable[[], Awaitable[None]]) -> None:
    """Call `changed` after every burst of facts, or whenever the file changed, until cancelled.

    `db` has one reader: the version of the file is a reader's own.
    """
    from tui_mail.sync.facts import subscribe

    news = asyncio.Event()

    async def listen() -> None:
        version = await db.read(data_version)
        while True:
            with contextlib.suppress(OSError):
                async for _ in subscribe(socket):
                    news.set()
            await asyncio.sleep(_POLL)
            now = await db.read(data_version)
            if now != version:
                version = now
                news.set()

    listener = asyncio.create_task(listen())
    try:
        while True:
            waiter = asyncio.create_task(news.wait())
            await asyncio.wait({listener, waiter}, return_when=asyncio.FIRST_COMPLETED)
            if listener.done():
                waiter.cancel()
                listener.result()
                return
            news.clear()
            await changed()
            await asyncio.sleep(_GATHER)
    finally:
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener
