"""A terminal for the real program: a pty, an emulator that keeps the screen, and a byte count."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import ptyprocess
import pyte

REPO = Path(__file__).resolve().parents[2]
_QUERY = b"\x1b[?2026$p"
_ANSWER = b"\x1b[?2026;2$y"
_LONGEST = 10.0
"""Seconds after which a silent program counts as still, whatever it does."""
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[\?[0-9;]*\$p|\x1b\[[?>][0-9;]*m|\x1b\[[<>=][0-9;]*u")


class Terminal:
    """Runs a command; `screen` is what a person sees, `raw` every byte that was sent."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        size: tuple[int, int] = (120, 40),
        env: Mapping[str, str] | None = None,
        answers: bool = True,
        program: str = sys.executable,
    ) -> None:
        columns, lines = size
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._answers = answers
        self.raw = bytearray()
        self._pending = b""
        self.spawned = time.monotonic()
        self.process = ptyprocess.PtyProcess.spawn(
            [program, *argv],
            cwd=str(REPO),
            env={**{k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")},
                 "TERM": "xterm-256color", "COLORTERM": "truecolor",
                 "TEXTUAL_DISABLE_KITTY_KEY": "1", "TZ": "UTC", **(env or {})},
            dimensions=(lines, columns),
        )  # fmt: skip

    @property
    def text(self) -> str:
        """The screen as lines."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def cells(self) -> list[list[tuple[object, ...]]]:
        """Every cell with its style, for comparing two terminals."""
        return [
            [tuple(self.screen.buffer[y][x]) for x in range(self.screen.columns)]
            for y in range(self.screen.lines)
        ]

    def pump(self, seconds: float) -> int:
        """Read for at most that long until something came; returns bytes read."""
        ready, _, _ = select.select([self.process.fd], [], [], seconds)
        if not ready:
            return 0
        try:
            data = os.read(self.process.fd, 65536)
        except OSError:
            return 0
        begun = self.raw[-len(_QUERY) + 1 :]  # a question may come in two pieces
        self.raw += data
        if self._answers:
            for _ in range((begun + data).count(_QUERY)):
                os.write(self.process.fd, _ANSWER)
        data = self._pending + data
        cut = data.rfind(b"\x1b", max(0, len(data) - 32))
        keep = cut if cut >= 0 and not re.search(rb"[@-~]", data[cut + 2 :]) else len(data)
        data, self._pending = data[:keep], data[keep:]
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data))
        return len(data)

    def until(self, condition: Callable[[str], bool], seconds: float = 20) -> float:
        """Read until the screen shows it; returns the seconds since the start of the program."""
        end = time.monotonic() + seconds
        while not condition(self.text):
            if time.monotonic() > end:
                raise AssertionError("waited in vain; the screen shows:\n" + self.text)
            self.pump(0.05)
        return time.monotonic() - self.spawned

    def settle(self, quiet: float = 0.13) -> None:
        """Read until nothing comes for a moment and the program has nothing left to do.

        On a busy machine silence alone may only mean that the program waits for the processor.
        """
        end = time.monotonic() + _LONGEST
        while self.pump(quiet) or (self.at_work() and time.monotonic() < end):
            pass

    def at_work(self) -> bool:
        """Whether a thread of the program runs or waits for the processor or the disk, now."""
        for stat in Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            with contextlib.suppress(OSError):
                if stat.read_text().rpartition(")")[2].split()[0] in "RD":
                    return True
        return False

    def press(self, keys: str) -> int:
        """Send keys and wait until the screen is still; returns the bytes that came."""
        before = len(self.raw)
        os.write(self.process.fd, keys.encode())
        self.settle()
        return len(self.raw) - before

    def send(self, keys: str) -> None:
        """Send what is longer than the terminal's buffer, as fast as it is read.

        Questions are answered behind it, as terminals do.
        """
        rest, before, answers = keys.encode(), len(self.raw), self._answers
        self._answers = False
        while rest:
            if select.select([], [self.process.fd], [], 0.05)[1]:
                rest = rest[os.write(self.process.fd, rest[:1024]) :]
            self.pump(0)
        self._answers = answers
        for _ in range(self.raw.count(_QUERY, before) if answers else 0):
            os.write(self.process.fd, _ANSWER)

    def resize(self, columns: int, lines: int) -> None:
        """Change the window."""
        self.screen.resize(lines, columns)
        self.process.setwinsize(lines, columns)
        self.settle()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        os.kill(self.process.pid, number)

    def wait(self, seconds: float = 10) -> int | None:
        """Wait for the end; returns the exit status."""
        end = time.monotonic() + seconds
        while self.process.isalive():
            if time.monotonic() > end:
                raise AssertionError("still running:\n" + self.text)
            self.pump(0.05)
        while self.pump(0.05):
            pass
        return self.process.exitstatus

    def close(self) -> None:
        """End the program whatever it does."""
        if self.process.isalive():
            self.process.kill(signal.SIGKILL)
        self.process.close(force=True)
