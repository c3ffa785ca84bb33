"""Fewer bytes to the terminal: unchanged pieces are left out, and one frame is in flight at a time.

Relies on the shape of Textual's frames and on some of its private names; both are pinned by tests
that compare screens with the stock driver's.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from rich.cells import cell_len
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.screen import Screen

_SYNC_START = "\x1b[?2026h"
_SYNC_END = "\x1b[?2026l"
_ASK = "\x1b[?2026$p"
_POINTER_SHAPE = "\x1b]22;"
"""Sent on every screen change; of use to a mouse only."""
_MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_PIECE = re.compile(
    r"(?P<link>\x1b\]8;[^\x1b\x07]*\x1b\\)?"
    r"(?P<style>(?:\x1b\[[0-9;:]*m)*)"
    r"(?P<text>[^\x1b\n]*)"
    r"(?:\x1b\[0?m)?(?:\x1b\]8;;\x1b\\)?\n?"
)
_CERTAIN = re.compile(
    "[\x20-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u2615\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]*"
)
"""Text every terminal measures as we do; after other text the rest of the row is written again."""
_PATIENCE = 2.0
"""Seconds a terminal gets to answer before pacing is given up."""


class DiffDriver(LinuxDriver):
    """Knows which piece of text stands where, and writes only the pieces that differ."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shown: dict[int, dict[int, tuple[int, str]]] = {}
        """Row to column to (column behind the piece, the piece as it was written)."""
        self._cursor = ""
        self._frame_open = False
        self._frame_began = False
        self.frames = 0
        """Frames that reached the terminal."""

    def forget(self) -> None:
        """Believe nothing of what is on the screen: after a resize, a suspension, a redraw."""
        self._shown.clear()
        self._cursor = ""

    def start_application_mode(self) -> None:
        """A fresh alternate screen is empty."""
        self.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def write(self, data: str) -> None:
        """Write a frame without what is already there; anything else as it is."""
        if data == _SYNC_START:
            self._frame_open, self._frame_began = True, False
            return
        if data == _SYNC_END:
            self._frame_open = False
            if self._frame_began:
                super().write(_SYNC_END)
            return
        if data.startswith(_POINTER_SHAPE):
            return
        first, *moves = _MOVE.split(data)
        if not moves or first:
            if "\x1b[2J" in data or "\x1b[?1049" in data or moves:
                self.forget()
            super().write(data)
            return
        changed = self._changed(moves)
        if not changed:
            return
        self.frames += 1
        if self._frame_open and not self._frame_began:
            self._frame_began = True
            super().write(_SYNC_START)
        super().write(changed)

    def _changed(self, moves: list[str]) -> str:
        out: list[str] = []
        for row, column, run in zip(moves[::3], moves[1::3], moves[2::3], strict=True):
            if run:
                self._run(out, int(row), int(column), run)
        cursor = f"\x1b[{moves[-3]};{moves[-2]}H" if not moves[-1] else ""
        if cursor and (out or cursor != self._cursor):
            out.append(cursor)
            self._cursor = cursor
        return "".join(out)

    def _run(self, out: list[str], y: int, x: int, run: str) -> None:
        """Append the pieces of one run that differ from what stands there."""
        row = self._shown.setdefault(y, {})
        at = -1
        position, length = 0, len(run)
        while position < length:
            match = _PIECE.match(run, position)
            if match is None or match.end() == position:
                out.append(f"\x1b[{y};{x}H{run[position:]}")
                row.clear()
                return
            piece = match[0].rstrip("\n")
            position = match.end()
            width = cell_len(match["text"])
            if not width:
                if piece:
                    out.append(piece if at == x else f"\x1b[{y};{x}H{piece}")
                    at = x
                continue
            end = x + width
            if row.get(x) != (end, piece):
                reach = end if _CERTAIN.fullmatch(match["text"]) else 1 << 16
                for start in [s for s, (stop, _) in row.items() if s < reach and stop > x]:
                    del row[start]
                row[x] = (end, piece)
                if at != x:
                    out.append(f"\x1b[{y};{x}H")
                out.append(piece)
                at = end
            x = end


class PacedApp(App[int]):
    """Waits for the terminal to take a frame before it paints the next.

    The terminal acknowledges a frame by answering a question Textual asks anyway. Where it does not
    report synchronised output there is no pacing, and after one missed answer there is none either.
    """

    pacing = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_flight: asyncio.TimerHandle | None = None
        self._frames_seen = 0
        self._is_behind = False
        self._painted_size: Size | None = None

    def get_driver_class(self) -> type[Any]:
        """The comparing driver in place of the stock one; others stay."""
        driver = super().get_driver_class()
        return DiffDriver if driver is LinuxDriver else driver

    def forget_screen(self, *, clear: bool = False) -> None:
        """Let the next frame be written whole, on an empty screen when asked."""
        if isinstance(self._driver, DiffDriver):
            self._driver.forget()
            if clear:
                self._driver.write("\x1b[2J")

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Compose a frame; one that is lost because painting is held back is painted later.

        The first frame of another size is written whole: frames of the old size may have gone out
        after the terminal had changed.
        """
        if renderable is not None:
            if self._batch_count:
                self._is_behind = True
            elif screen.size != self._painted_size:
                self._painted_size = screen.size
                self.forget_screen()
        super()._display(screen, renderable)

    def _end_batch(self) -> None:
        super()._end_batch()
        if self._is_behind and not self._batch_count:
            self._is_behind = False
            if self._screen_stack:
                self.screen.refresh()

    def post_display_hook(self) -> None:
        """Ask for an answer behind every frame that was written."""
        driver = self._driver
        if (
            not self.pacing
            or not self._sync_available
            or self._in_flight is not None
            or self._batch_count
            or not isinstance(driver, DiffDriver)
            or driver.frames == self._frames_seen
        ):
            return
        self._frames_seen = driver.frames
        self._begin_batch()
        driver.write(_ASK)
        self._in_flight = asyncio.get_running_loop().call_later(_PATIENCE, self._give_up)

    def on_terminal_supports_synchronized_output(self) -> None:
        """The terminal has read everything up to the question."""
        self._acknowledge()

    def _give_up(self) -> None:
        self.pacing = False
        self._acknowledge()

    def _acknowledge(self) -> None:
        if self._in_flight is not None:
            self._in_flight.cancel()
            self._in_flight = None
            self._end_batch()
            if self.is_running and self._screen_stack:
                self.screen.check_idle()
