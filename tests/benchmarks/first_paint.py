"""First paint, keys, bytes and memory over generated mailboxes.

`python -m tests.benchmarks.first_paint` with:

    --counts 1000,100000,1000000    conversations
    --repeat 5                      starts per size; medians are shown
    --keys 60                       key presses per kind
    --work DIR                      keeps the mailboxes for the next run
    --json                          one JSON object instead of the table

A pty of 120×40 answers the synchronised-output query, so that the end of a frame is exact. Times
depend on the machine; the ratios to the smallest mailbox do not.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from tests.tui.factory import make_mailbox
from tests.tui.terminal import Terminal

_FRAME_END = b"\x1b[?2026l"

_FILL = """
WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)
INSERT INTO conversations(id, subject, people, snippet, messages, attachments,
  first_at, last_at, last_in_at, account_id)
SELECT i, 'Offer ' || i || ' for the second half of the year', 'Person ' || (i % 977),
  'Dear all, please find the numbers of week ' || (i % 52) || ' below', 1 + i % 4,
  i % 9 = 0, :newest - 60 * i, :newest - 60 * i, :newest - 60 * i, 1 FROM n;
WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)
INSERT INTO marks(conversation_id, unread, starred) SELECT i, i % 5 = 0, i % 37 = 0 FROM n;
WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)
INSERT INTO messages(id, account_id, conversation_id, subject, from_name, from_address, sort_at,
  flags, first_seen)
SELECT i, 1, i, 'Offer ' || i, 'Person ' || (i % 977), 'p' || (i % 977) || '@example.org',
  :newest - 60 * i, i % 5 > 0, :newest FROM n;
WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)
INSERT INTO placements(folder_id, generation, uid, message_id, flags, first_seen)
SELECT 1, 1, i, i, i % 5 > 0, :newest FROM n;
WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)
INSERT INTO presence(message_id, folder_id) SELECT i, 1 FROM n;
WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)
INSERT INTO listing(view_id, at, conversation_id, unread)
SELECT v.column1, :newest - 60 * i, i, i % 5 = 0 FROM n, (VALUES (1), (11), (1001)) v;
INSERT INTO view_counts(view_id, total, unread)
SELECT view_id, count(*), sum(unread) FROM listing GROUP BY view_id;
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one size of mailbox costs. Times in milliseconds, sizes in bytes."""

    count: int
    first_paint: float
    first_bytes: int
    step_p50: float
    step_p95: float
    step_p99: float
    step_bytes: int
    page_p50: float
    page_p99: float
    page_bytes: int
    end_p50: float
    archive_p50: float
    archive_p99: float
    memory_mib: float


def fill(home: Path, count: int) -> None:
    """A mailbox of `count` conversations, written with bulk SQL."""
    box = make_mailbox(home)
    conn = box.connect()
    conn.execute("PRAGMA synchronous = OFF")
    conn.execute("BEGIN")
    values = {"first": 1, "last": count, "newest": box.clock.at}
    for statement in _FILL.split(";"):
        if statement.strip():
            conn.execute(
                statement, values if ":newest" in statement or ":first" in statement else {}
            )
    conn.execute("COMMIT")
    conn.execute("ANALYZE")
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()


def frame_after(terminal: Terminal, key: str) -> tuple[float, int]:
    """Milliseconds from a key to the end of the first frame behind it, and all bytes it cost."""
    terminal.settle(0.05)
    before, start = len(terminal.raw), time.perf_counter()
    os.write(terminal.process.fd, key.encode())
    while _FRAME_END not in terminal.raw[before:]:
        if not terminal.pump(2):
            break
    took = (time.perf_counter() - start) * 1000
    terminal.settle(0.05)
    return took, len(terminal.raw) - before


def percentile(values: list[float], share: float) -> float:
    """The value below which that share lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(home: Path, count: int, repeat: int, keys: int) -> Figures:
    """Start, press keys, look at the memory."""
    paints: list[float] = []
    first_bytes: list[int] = []
    argv = ["-m", "tests.tui.program", str(home)]
    for number in range(repeat):
        terminal = Terminal(argv)
        paints.append(terminal.until(lambda s: "Offer " in s and "Help" in s) * 1000)
        terminal.settle(0.4)
        first_bytes.append(len(terminal.raw))
        if number < repeat - 1:
            terminal.close()
    try:
        steps = [frame_after(terminal, "j") for _ in range(min(keys, 35))]
        pages = [frame_after(terminal, "\x1b[6~") for _ in range(min(keys, count // 50))]
        ends = [frame_after(terminal, "G" if n % 2 else "\x1b[H")[0] for n in range(1, 11)]
        frame_after(terminal, "\x1b[H")
        archives = [frame_after(terminal, "a")[0] for _ in range(keys)]
        memory = psutil.Process(terminal.process.pid).memory_info().rss / 2**20
    finally:
        terminal.close()
    step, page = [took for took, _ in steps], [took for took, _ in pages]
    return Figures(
        count=count,
        first_paint=statistics.median(paints),
        first_bytes=round(statistics.median(first_bytes)),
        step_p50=statistics.median(step),
        step_p95=percentile(step, 0.95),
        step_p99=percentile(step, 0.99),
        step_bytes=round(statistics.median(size for _, size in steps)),
        page_p50=statistics.median(page),
        page_p99=percentile(page, 0.99),
        page_bytes=round(statistics.median(size for _, size in pages)),
        end_p50=statistics.median(ends),
        archive_p50=statistics.median(archives),
        archive_p99=percentile(archives, 0.99),
        memory_mib=memory,
    )


def main(argv: list[str]) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--counts", default="1000,100000,1000000")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary:
        work = args.work or Path(temporary)
        found: list[Figures] = []
        for count in (int(part) for part in args.counts.split(",")):
            home = work / f"n{count}"
            if not home.exists():
                fill(home, count)
            found.append(measure(home, count, args.repeat, args.keys))
    if args.json:
        print(json.dumps([asdict(figures) for figures in found]))
        return 0
    print(f"{'':14}" + "".join(f"{figures.count:>22,}" for figures in found))
    for name in list(asdict(found[0]))[1:]:
        base = getattr(found[0], name)
        cells = (
            f"{getattr(figures, name):>12,.1f} (×{getattr(figures, name) / (base or 1):.2f})"
            for figures in found
        )
        print(f"{name:14}" + "".join(f"{cell:>22}" for cell in cells))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
