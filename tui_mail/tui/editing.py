"""Handing the terminal to the user's editor and taking it back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

from textual.app import SuspendNotSupported

from tui_mail.config.editor import editor_command
from tui_mail.model.safe_text import safe_line
from tui_mail.tui.shell import CommandScreen

_RESET = (
    b"\x1b[?1049l\x1b[r\x1b[?1l\x1b>\x1b[?7h\x1b[?25h\x1b(B\x1b[m\x1b[4l"
    b"\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1004l"
)
"""Ends what a program that crashed may have left: its screen, scroll region, keys, mouse."""


async def edit_file(screen: CommandScreen, path: Path) -> bool:
    """Edit a file outside; facts keep flowing meanwhile. False when that went wrong, and said.

    Painting is held back, because the thread that writes to the terminal is gone for so long.
    """
    app = screen.mail_app
    argv = editor_command(str(app.ctx.settings.get("writing.editor")))
    name = safe_line(Path(argv[0]).name, 40)
    said = ""
    try:
        with app.batch_update(), app.suspend(), _own_terminal():
            said = await _run([*argv, str(path)], name)
    except SuspendNotSupported:
        said = "An outside editor cannot be started here."
    app.forget_screen()
    screen.refresh(layout=True)
    if said:
        screen.say(said, trouble=True)
    return not said


async def _run(argv: list[str], name: str) -> str:
    """What went wrong, in words; raises nothing, since a suspended app would not come back."""
    try:
        process = await asyncio.create_subprocess_exec(*argv)
        code = await process.wait()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "that is no command"
        return f"{name} cannot be started: {reason}. g , sets another editor."
    return f"{name} ended with {code}; nothing was taken." if code else ""


@contextlib.contextmanager
def _own_terminal() -> Iterator[None]:
    """Whatever the other program leaves behind, the terminal is as it was afterwards.

    A Ctrl-C typed there is the other program's: a handler that does nothing is not inherited, as
    an ignored signal would be.
    """
    fd = sys.__stdin__.fileno() if sys.__stdin__ is not None else -1
    former = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        modes = termios.tcgetattr(fd)
    except (termios.error, ValueError):
        modes = None
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
        if modes is not None:
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(fd, termios.TCSADRAIN, modes)
        if sys.__stderr__ is not None:
            with contextlib.suppress(OSError, ValueError):
                os.write(sys.__stderr__.fileno(), _RESET)
