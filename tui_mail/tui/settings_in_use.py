"""Settings the screens themselves depend on, and a file that is changed by hand meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from tui_mail.config.keymap import Keymap
from tui_mail.errors import ConfigError
from tui_mail.tui.commands import keymap
from tui_mail.tui.themes import theme_name
from tui_mail.tui.widgets.hints import Hints

if TYPE_CHECKING:
    from tui_mail.tui.program import Program

SECONDS = 2.0
"""Between two looks at the file."""

Mark = tuple[int, int, int]


def take_into_use(app: Program) -> None:
    """Theme, pacing and keys as the settings say now. Raises ConfigError for keys that clash."""
    settings = app.ctx.settings
    wanted = theme_name(settings.get("screen.theme"))
    if app.theme != wanted:
        app.theme = wanted
    app.pacing = bool(settings.get("screen.pacing"))
    app.keymap_in_use = keymap(settings.get("screen.keys"), settings.keys)
    for shown in app.screen_stack:
        for hints in shown.query(Hints):
            context = getattr(shown, "context", "")
            if context:
                hints.offer(context, app.keymap_in_use)


async def watch_file(app: Program) -> None:
    """Take a settings file that changes into use; a broken one is named and changes nothing."""
    path = app.ctx.paths.config_file
    seen = await asyncio.to_thread(_mark, path)
    await tell_doubts(app)
    while True:
        await asyncio.sleep(SECONDS)
        now = await asyncio.to_thread(_mark, path)
        if now == seen:
            continue
        seen = now
        before: tuple[object, Keymap] = (app.ctx.settings, app.keymap_in_use)
        try:
            await app.ctx.reload()
            app.ctx.wake()
            take_into_use(app)
        except ConfigError as error:
            app.settings_trouble = str(error)
            app.say(brief(app, app.settings_trouble), trouble=True)
            app.look_soon()
            continue
        if await tell_doubts(app):
            app.settings_trouble = ""
        elif app.ctx.settings != before[0]:
            app.say("The settings file was changed; it is in use now.")
        elif app.settings_trouble:
            app.say("The settings file is in order again.")
        app.settings_trouble = ""
        app.look_soon()


async def tell_doubts(app: Program) -> bool:
    """Say which names in the file nothing has, once; whether there was one to say."""
    from tui_mail.actions.naming import doubts

    said = {doubt.partition(": ")[2] for doubt in app.settings_doubts}
    app.settings_doubts = await doubts(app.ctx)
    found = [doubt for doubt in app.settings_doubts if doubt.partition(": ")[2] not in said]
    if found:
        more = len(found) - 1
        app.say(
            brief(app, found[0]) + (f" And {more} more: see the settings." if more else ""),
            trouble=True,
        )
    return bool(found)


def brief(app: Program, words: str) -> str:
    """What is said of the settings file, with its name in place of its whole path."""
    path = app.ctx.paths.config_file
    return words.replace(str(path), path.name)


def _mark(path: Path) -> Mark:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_ino, found.st_size)
