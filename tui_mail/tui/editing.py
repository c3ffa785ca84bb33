"""Handing the terminal to the user's editor and taking it back."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.app import SuspendNotSupported

from tui_mail.config.editor import editor_command
from tui_mail.tui.shell import CommandScreen


async def edit_file(screen: CommandScreen, path: Path) -> bool:
    """Edit a file outside; facts keep flowing meanwhile. False when that went wrong, and said.

    Painting is held back, because the thread that writes to the terminal is gone for so long.
    """
    app = screen.mail_app
    argv = editor_command(str(app.ctx.settings.get("writing.editor")))
    try:
        with app.batch_update(), app.suspend():
            process = await asyncio.create_subprocess_exec(*argv, str(path))
            code = await process.wait()
    except SuspendNotSupported:
        screen.say("An outside editor cannot be started here.")
        return False
    except OSError as error:
        screen.say(f"{argv[0]} cannot be started: {error.strerror}.", trouble=True)
        return False
    finally:
        app.forget_screen()
        screen.refresh(layout=True)
    if code:
        screen.say(f"{argv[0]} ended with {code}; nothing was taken.", trouble=True)
    return code == 0
