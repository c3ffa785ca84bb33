"""Pictures of the program for its README, made by pressing keys in the demo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tui_mail.actions.context import open_context

if TYPE_CHECKING:
    from tui_mail.config.paths import Paths


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, the terminal's size, and the keys that lead to it."""

    name: str
    size: tuple[int, int]
    keys: tuple[str, ...]


PICTURES = (
    Picture("inbox", (140, 36), ("j", "j")),
    Picture("inbox-80x24", (80, 24), ("j", "x", "j", "x")),
    Picture("message", (120, 36), ("j", "j", "enter")),
    Picture("search", (120, 30), ("slash", *"from:ben sign")),
    Picture("compose", (110, 32), ("j", "j", "r")),
    Picture("review", (110, 28), ("j", "j", "r", *"Thank you!", "escape")),
    Picture("link", (120, 30), ("g", "m", "j")),
    Picture("board", (130, 30), ("g", "p", "B")),
    Picture("settings", (120, 36), ("g", "comma")),
    Picture("help", (110, 36), ("question_mark",)),
)


async def take(paths: Paths, folder: Path) -> list[Path]:
    """Write every picture as SVG into `folder`; the profile is synced already."""
    from tui_mail.tui.app import TuiMail

    made: list[Path] = []
    for picture in PICTURES:
        ctx = await open_context(paths)
        try:
            app = TuiMail(ctx, engine=False)
            async with app.run_test(size=picture.size) as pilot:
                await pilot.pause(1.0)
                for key in picture.keys:
                    await pilot.press(key)
                    await pilot.pause(0.05)
                await pilot.pause(1.5)
                path = folder / f"{picture.name}.svg"
                path.write_text(app.export_screenshot(title="tui-mail"), encoding="utf-8")
                made.append(path)
        finally:
            await ctx.close()
    return made
