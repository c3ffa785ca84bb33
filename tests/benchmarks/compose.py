"""Typing in the composer on a real pty: bytes and latency of each character (DESIGN §7).

`python -m tests.benchmarks.compose [KIB]` types into the middle of a text of that size.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.tui.drafts import kept_draft
from tests.tui.factory import make_mailbox
from tests.tui.terminal import Terminal

TYPED = 200
PAUSE = 0.06
"""Seconds between characters: a quick typist."""


def text_of(kib: int) -> str:
    """Paragraphs of wrapped words, as mails have them."""
    line = "The quick brown fox signs the ferry terminal's offer and sends it on to Lindenau. "
    paragraph = line * 5 + "\n\n"
    return (paragraph * (kib * 1024 // len(paragraph) + 1))[: kib * 1024]


def measure(kib: int, size: tuple[int, int] = (120, 40)) -> dict[str, float]:
    """Latencies in ms and bytes a character."""
    with tempfile.TemporaryDirectory() as folder:
        box = make_mailbox(Path(folder) / "home", 1)
        kept_draft(box, "Long", to="bo@example.org", body=text_of(kib))
        terminal = Terminal(["-m", "tests.tui.program", str(box.paths.config_dir)], size=size)
        try:
            terminal.until(lambda screen: "Subject 0000" in screen and "Help" in screen)
            terminal.press("gd")
            terminal.until(lambda screen: "Long" in screen)
            terminal.press("\r")
            terminal.until(lambda screen: "quick brown" in screen)
            terminal.press("\x1b[B" * 6 + "\x1b[C" * 20)
            for letter in "warm up ":
                terminal.press(letter)
            return _typed(terminal)
        finally:
            terminal.close()


def _typed(terminal: Terminal) -> dict[str, float]:
    latencies: list[float] = []
    octets: list[int] = []
    for number in range(TYPED):
        letter = "abcdefghij "[number % 11]
        before, started = len(terminal.raw), time.perf_counter()
        os.write(terminal.process.fd, letter.encode())
        while not terminal.pump(1.0):
            pass
        latencies.append((time.perf_counter() - started) * 1000)
        rest = started + PAUSE - time.perf_counter()
        while rest > 0:
            terminal.pump(rest)
            rest = started + PAUSE - time.perf_counter()
        octets.append(len(terminal.raw) - before)
    latencies.sort()
    return {
        "p50 ms": statistics.median(latencies),
        "p99 ms": latencies[int(len(latencies) * 0.99)],
        "bytes p50": statistics.median(octets),
        "bytes mean": statistics.mean(octets),
        "bytes max": max(octets),
    }


def main(argv: list[str]) -> int:
    """Print a table for an empty text and for the given size, 64 KiB by default."""
    for kib in (1, int(argv[0]) if argv else 64):
        found = measure(kib)
        print(f"{kib:>4} KiB  " + "  ".join(f"{name} {value:.1f}" for name, value in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
