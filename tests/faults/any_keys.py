"""Keys pressed without sense: `python -m tests.faults.any_keys [FIRST] [LAST] [--keys 400]`.

Runs the program over a copy of the demo's profile, without an engine, in a window of some size,
and presses what a seed says: commands, text, the window resized in between. A failure that is no
error of ours, an end nobody asked for, or a key that takes over five seconds is a finding.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from textual.pilot import Pilot

from tui_mail.actions.context import open_context
from tui_mail.config.paths import profile_paths
from tui_mail.errors import TuiMailError
from tui_mail.tui.app import TuiMail

ROOT = Path(__file__).resolve().parents[2]
SIZES = ((80, 24), (80, 24), (140, 45), (60, 15), (40, 10), (120, 30))
TEXT = (*"abcdefgh xyz019@.,-:/{}|", "ü", "世", "ש")
SPECIAL = (
    "enter", "escape", "tab", "shift+tab", "up", "down", "left", "right", "pageup", "pagedown",
    "home", "end", "backspace", "delete", "space", "ctrl+s", "ctrl+p", "ctrl+g", "ctrl+r", "ctrl+w",
    "ctrl+u", "ctrl+k", "ctrl+d", "slash", "question_mark", "colon",
)  # fmt: skip
PLACES = (("escape", "escape"), ("g", "i"), ("g", "p"), ("g", "c"), ("c",), ("enter",))
NEVER = frozenset({"ctrl+c", "ctrl+q", "ctrl+z"})
KEY_SECONDS = 5.0
HARMLESS = {"EDITOR": "true", "VISUAL": "true", "BROWSER": "true"}
"""Programs that a key may start."""
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def demo_profile(folder: Path) -> Path:
    """The demo's mail and records, synced once."""
    subprocess.run(
        [sys.executable, "-m", "tui_mail", "demo", "--headless", "--once", "--keep", str(folder)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder


@contextmanager
def _copied(profile: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copytree(profile, Path(folder) / "home"))


class Presser:
    """Presses keys by a seed and notes what they broke."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.findings: list[str] = []
        self.pressed = 0
        self._last: deque[str] = deque(maxlen=20)

    async def press(self, profile: Path, count: int) -> None:
        """Press `count` times, or until the program ends."""
        presser = self

        class Watched(TuiMail):
            def note_failure(self, error: Exception) -> None:
                if not isinstance(error, TuiMailError):
                    presser.note("".join(traceback.format_exception(error)[-6:]))
                super().note_failure(error)

        with _copied(profile) as home:
            ctx = await open_context(profile_paths(home))
            try:
                app = Watched(ctx, engine=False)
                async with app.run_test(size=self._chance.choice(SIZES)) as pilot:
                    await pilot.pause(0.3)
                    bound = [tuple(k.split()) for ks in app.keymap_in_use.keys.values() for k in ks]
                    while self.pressed < count and app.is_running and app._exception is None:
                        await self._one(pilot, bound)
            except Exception as error:
                self.note("".join(traceback.format_exception(error)[-6:]))
            finally:
                await ctx.close()

    async def _one(self, pilot: Pilot[int], bound: list[tuple[str, ...]]) -> None:
        chance = self._chance
        self.pressed += 1
        kind = chance.random()
        if kind < 0.01:
            await pilot.resize_terminal(*chance.choice(SIZES))
            return
        if kind < 0.55:
            keys = chance.choice(bound)
        elif kind < 0.75:
            keys = (chance.choice(SPECIAL),)
        elif kind < 0.95:
            keys = (chance.choice(TEXT),)
        else:
            keys = chance.choice(PLACES)
        screen = type(pilot.app.screen).__name__
        if NEVER & set(keys) or (keys == ("q",) and screen == "InboxScreen"):
            return
        self._last.append(f"{screen}:{'+'.join(keys)}")
        try:
            await asyncio.wait_for(pilot.press(*keys), KEY_SECONDS)
        except TimeoutError:
            self.note("no answer")

    def note(self, what: str) -> None:
        """Keep a finding with the keys before it."""
        self.findings.append(f"{what}\nafter {' '.join(self._last)}")


def main() -> int:
    """Press by several seeds; 1 when something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=int, nargs="?", default=1)
    parser.add_argument("last", type=int, nargs="?", default=10)
    parser.add_argument("--keys", type=int, default=400)
    options = parser.parse_args()
    os.environ.update(HARMLESS)
    for name in DISPLAYS:
        os.environ.pop(name, None)
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        profile = demo_profile(Path(folder) / "demo")
        for seed in range(options.first, options.last + 1):
            presser = Presser(seed)
            asyncio.run(presser.press(profile, options.keys))
            found += len(presser.findings)
            print(f"{seed}: {presser.pressed} keys, {len(presser.findings)} found", flush=True)
            for finding in presser.findings:
                print(finding, flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
