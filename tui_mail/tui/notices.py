"""Telling of new mail outside the window: by the terminal, or by the desktop. Off by default."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from tui_mail.actions.context import Context
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from tui_mail.store.news import News

FRESH_SECONDS = 3600
"""Older mail that comes by a first sync is no news."""
_DESKTOP_SECONDS = 10


class Notices:
    """Remembers what was told already."""

    def __init__(self, ctx: Context, write: Callable[[str], None]) -> None:
        self._ctx = ctx
        self._write = write
        """Takes a control sequence for the terminal."""
        self._newest: int | None = None

    async def look(self) -> None:
        """Tell of what came since the last look; the first look only remembers."""
        how = str(self._ctx.settings.get("screen.notify"))
        if how == "off":
            self._newest = None
            return
        from tui_mail.store import news

        after = self._ctx.now() - FRESH_SECONDS
        found = await self._ctx.db.read(news.since, self._newest or 0, after)
        first, self._newest = self._newest is None, found.newest
        if first or not found.count:
            return
        title, body = words(found)
        if how == "desktop":
            await on_desktop(title, body)
        else:
            self._write(sequence(how, title, body, in_tmux="TMUX" in os.environ))


def words(found: News) -> tuple[str, str]:
    """Title and text of a notice; both are safe."""
    sender = one_line(found.sender, 60) or "(nobody)"
    subject = one_line(found.subject, 100) or "(no subject)"
    if found.count == 1:
        return sender, subject
    return f"{found.count} new mails", f"{sender}: {subject}"


def sequence(how: str, title: str, body: str, *, in_tmux: bool) -> str:
    """The control sequence of a notice: OSC 9 has one text, OSC 777 a title and a text.

    Inside tmux it is wrapped, so that the terminal outside gets it (`allow-passthrough on`).
    """
    if how == "osc9":
        said = f"\x1b]9;{title}: {body}\x07"
    else:
        said = f"\x1b]777;notify;{title.replace(';', ',')};{body.replace(';', ',')}\x07"
    return "\x1bPtmux;" + said.replace("\x1b", "\x1b\x1b") + "\x1b\\" if in_tmux else said


async def on_desktop(title: str, body: str) -> bool:
    """Ask the desktop to show it; False where there is none."""
    import shutil
    from html import escape

    program = shutil.which("notify-send")
    if program is None:
        return False
    kept = ("PATH", "HOME", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR",
            "DBUS_SESSION_BUS_ADDRESS")  # fmt: skip
    child = await asyncio.create_subprocess_exec(
        program,
        "--app-name=tui_mail",
        "--",
        title,
        escape(body),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in kept if name in os.environ},
    )
    try:
        return await asyncio.wait_for(child.wait(), _DESKTOP_SECONDS) == 0
    except TimeoutError:
        child.kill()
        return False
