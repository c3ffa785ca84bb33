"""First sync with bodies, raw copies and search index, beside mbsync on the same Dovecot.

`python -m tests.benchmarks.first_sync [--count 1000 10000] [--repeats 3] [--work DIR]`
The peer stores the raw mails only. Runs of both take turns; medians are shown.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from pathlib import Path

from tests.benchmarks.measuring import Ran, print_table, ratio, shown
from tests.benchmarks.peers import (
    NO_MBSYNC,
    Mbsync,
    engine_run,
    has_mbsync,
    mailbox,
    our_profile,
    scratch,
    server,
)
from tests.integration.dovecot import Dovecot


def measure(dovecot: Dovecot, count: int, repeats: int, work: Path | None) -> list[str]:
    """One line of the table."""
    user = mailbox(dovecot, count)
    ours: list[Ran] = []
    theirs: list[Ran] = []
    with scratch(work) as folder:
        peer = Mbsync(dovecot, user, folder) if has_mbsync() else None
        home = folder / "home"
        for _ in range(repeats):
            our_profile(dovecot, user, home)
            os.sync()
            ours.append(engine_run(home))
            if peer is not None:
                peer.forget()
                theirs.append(peer.sync())
    marks = [json.loads(ran.output) for ran in ours]
    if any(mark["bodies"] != count for mark in marks):
        raise SystemExit(f"the sync was not complete: {marks}")
    seconds = statistics.median(ran.seconds for ran in ours)
    peer_seconds = statistics.median(ran.seconds for ran in theirs) if theirs else None
    return [
        f"{count:,}",
        shown(seconds),
        shown(peer_seconds) if theirs else NO_MBSYNC,
        ratio(seconds, peer_seconds),
        f"{count / seconds:,.0f}",
        f"{statistics.median(ran.cpu for ran in ours):.1f} s",
        f"{statistics.median(ran.cpu for ran in theirs):.1f} s" if theirs else "-",
        shown(statistics.median(mark["first_rows"] for mark in marks)),
        shown(max(mark["slowest_write"] for mark in marks)),
        f"{max(mark['engine_mib'] for mark in marks):.0f} MiB",
        f"{max(mark['reader_mib'] for mark in marks):.0f} MiB",
    ]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", type=Path, help="keep the mailboxes here for the next run")
    options = parser.parse_args()
    head = ["mails", "we", "mbsync", "ratio", "mails/s", "our CPU", "mbsync CPU", "first rows"]
    head += ["longest write", "engine", "reader"]
    with server(options.work) as dovecot:
        rows = [measure(dovecot, n, options.repeats, options.work) for n in options.count]
    print_table(head, rows)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
