"""What a person sees and does, for tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual.pilot import Pilot

from tests.tui.factory import Mailbox
from tui_mail.tui.app import TuiMail
from tui_mail.tui.widgets.conversation_list import ConversationList

LASTING = frozenset({"watch", "settings", "engine", "browser", "editor", "wizard", "test", "end"})
"""Groups of background work that end when a person or the program does."""
_WORK = 0.3
"""Seconds of the processor that background work gets at least, however long they take to come."""


@dataclass(slots=True)
class Journey:
    """An app under test."""

    app: TuiMail
    pilot: Pilot[Any]
    box: Mailbox

    @property
    def list(self) -> ConversationList:
        """The inbox list."""
        return self.app.screen_stack[0].query_one(ConversationList)

    async def press(self, *keys: str) -> None:
        """Press keys and let what they started settle."""
        await self.pilot.press(*keys)
        await self.settled()

    async def settled(self) -> None:
        """Wait until actions, reads and repaints are through; not for what waits for a server."""
        await self.app.acts.drain()
        for _ in range(3):
            await self.pilot.pause()
        end, worked = asyncio.get_running_loop().time() + 1, time.process_time() + _WORK
        while self._busy() and (
            asyncio.get_running_loop().time() < end or time.process_time() < worked
        ):
            await self.pilot.pause(0.005)
        await self.until(lambda: not self.list._following and not self.list._filling)
        await self.pilot.pause()

    def _busy(self) -> bool:
        return any(w.is_running and w.group not in LASTING for w in self.app.workers)

    async def until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Wait for a condition."""
        end = asyncio.get_running_loop().time() + seconds
        while not condition():
            if asyncio.get_running_loop().time() > end:
                raise AssertionError("waited in vain; the screen shows:\n" + self.screen)
            await self.pilot.pause(0.01)

    @property
    def lines(self) -> list[str]:
        """The text of the screen."""
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        return ["".join(s.text for s in strip)[:width] for strip in strips][:height]

    @property
    def screen(self) -> str:
        """The text of the screen in one piece."""
        return "\n".join(line.rstrip() for line in self.lines)

    @property
    def rows(self) -> list[str]:
        """Subjects in view, from the list's own rows."""
        found = self.list
        shown = range(found.top, min(found.total, found.top + found.size.height))
        return [row.subject if (row := found.window.row(i)) else "" for i in shown]

    @property
    def cursor(self) -> str:
        """The subject under the cursor."""
        row = self.list.cursor_row
        return row.subject if row else ""
