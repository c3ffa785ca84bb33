"""What a key costs: idle, beside a first sync, held on a slow link, in the reader.

`python -m tests.benchmarks.keys [--mails 10000] [--keys 100] [--work DIR]`
The program runs on a pty of 120x40 against Dovecot, its engine in a process of its own. A key is
answered when the terminal's cursor stands on the next row. Times depend on the machine; the ratio
of a busy to an idle engine does not.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.first_paint import percentile
from tests.benchmarks.measuring import print_table
from tests.benchmarks.peers import mailbox, our_profile, scratch, server
from tests.integration.dovecot import Dovecot
from tests.tui.terminal import Terminal

LINK_OCTETS = 20_000
"""Octets a second of the slow link."""
REPEATS = 30
"""Keys a second that a held key sends."""
HELD_SECONDS = 4.0


class SlowTerminal(Terminal):
    """A terminal behind a slow link: it takes so many octets a second and no more."""

    rate = 1 << 30
    _free_at = 0.0

    def pump(self, seconds: float) -> int:
        wait = self._free_at - time.monotonic()
        if wait > 0:
            time.sleep(min(wait, seconds))
            if wait > seconds:
                return 0
        came = super().pump(seconds)
        self._free_at = max(self._free_at, time.monotonic()) + came / self.rate
        return came


@contextmanager
def program(home: Path) -> Iterator[SlowTerminal]:
    """The program on a profile, with its engine."""
    terminal = SlowTerminal(["-m", "tui_mail"], env={"TUI_MAIL_HOME": str(home)})
    try:
        yield terminal
    finally:
        os.write(terminal.process.fd, b"qq")
        terminal.close()


def step(terminal: Terminal, key: str) -> float:
    """Milliseconds until the cursor has moved to another row."""
    row, started = terminal.screen.cursor.y, time.perf_counter()
    os.write(terminal.process.fd, key.encode())
    while terminal.screen.cursor.y == row:
        if time.perf_counter() - started > 5:
            raise SystemExit("a key was not answered:\n" + terminal.text)
        terminal.pump(1)
    return (time.perf_counter() - started) * 1000


def steps(terminal: Terminal, keys: int) -> list[float]:
    """Many steps down and up, with a breath between them as a person has."""
    for _ in range(5):
        step(terminal, "j")
    found: list[float] = []
    for number in range(keys):
        found.append(step(terminal, "jjjjjkkkkk"[number % 10]))
        end = time.monotonic() + 0.03
        while (left := end - time.monotonic()) > 0:
            terminal.pump(left)
    return found


def octets_a_key(terminal: Terminal, key: str, count: int) -> float:
    """Octets a key costs on a still screen, median."""
    terminal.settle(0.3)
    return statistics.median(terminal.press(key) for _ in range(count))


def held(terminal: SlowTerminal) -> float:
    """Seconds the screen lags after a key that was held is let go."""
    terminal.settle(0.3)
    terminal.rate = LINK_OCTETS
    begun = time.monotonic()
    sent = 0
    while (passed := time.monotonic() - begun) < HELD_SECONDS:
        if sent < passed * REPEATS:
            os.write(terminal.process.fd, b"j")
            sent += 1
        terminal.pump(0.01)
    let_go = last = time.monotonic()
    while time.monotonic() - last < 0.5:
        if terminal.pump(0.1):
            last = time.monotonic()
    terminal.rate = SlowTerminal.rate
    return last - let_go


def measure(dovecot: Dovecot, mails: int, keys: int, work: Path | None) -> list[list[str]]:
    """The lines of the table."""
    user = mailbox(dovecot, mails)
    with scratch(work) as folder:
        our_profile(dovecot, user, folder / "home")
        with program(folder / "home") as terminal:
            terminal.until(lambda screen: "/s, " in screen, 60)
            terminal.until(lambda screen: screen.count("\n") > 20, 60)
            busy = steps(terminal, keys)
            still_syncing = "/s" in terminal.text
            terminal.until(lambda screen: "/s" not in screen, 600)
            terminal.settle(1.0)
            idle = steps(terminal, keys)
            lag = held(terminal)
            list_octets = octets_a_key(terminal, "k", 20)
            terminal.press("/larger:40k\r")
            terminal.settle(1.0)
            terminal.press("\r")
            terminal.settle(1.0)
            reader = octets_a_key(terminal, "\x1b[B", 10)
            page = octets_a_key(terminal, "\x1b[6~", 5)
    if not still_syncing:
        raise SystemExit("the first sync ended before the keys did: take more --mails")
    ratio = statistics.median(busy) / statistics.median(idle)
    return [
        ["key to paint, idle, p50 / p95", _shown(idle), ""],
        ["beside a first sync, p50 / p95", _shown(busy), f"{ratio:.1f}x"],
        [f"held key at {LINK_OCTETS // 1000} kB/s, lag", f"{lag:.2f} s", ""],
        ["octets a step in the list", f"{list_octets:.0f}", ""],
        ["octets a step in the reader", f"{reader:.0f}", ""],
        ["octets a page in the reader", f"{page:.0f}", ""],
    ]


def _shown(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} / {percentile(times, 0.95):.1f} ms"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--work", type=Path, help="keep the mailboxes here for the next run")
    options = parser.parse_args()
    with server(options.work) as dovecot:
        rows = measure(dovecot, options.mails, options.keys, options.work)
    print_table(["what", "cost", "to idle"], rows)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
