"""From the start of the program to a painted list, beside neomutt with a warm header cache.

`python -m tests.benchmarks.start [--count 50000] [--repeats 5] [--work DIR]`
Both run on a pty of 120x40, in turns, over the same number of mails; neomutt reads a Maildir.
"""

from __future__ import annotations

import argparse
import shutil
from functools import partial
from pathlib import Path

from tests.benchmarks.first_paint import fill
from tests.benchmarks.letters import Letters, write_maildir
from tests.benchmarks.measuring import medians, print_table, ratio, shown
from tests.benchmarks.peers import scratch
from tests.tui.terminal import Terminal

_NEOMUTT = """\
set header_cache="{cache}"
set mbox_type=Maildir
set folder="{folder}"
set sort=threads
set help=no
set quit=yes
set sleep_time=0
set confirmappend=no
set mark_old=no
"""


def ours(home: Path) -> float:
    """Seconds until our list is there."""
    terminal = Terminal(["-m", "tests.tui.program", str(home)])
    try:
        return terminal.until(lambda screen: "Offer " in screen and "Help" in screen)
    finally:
        terminal.close()


def neomutt(program: str, settings: Path, mail: Path, count: int) -> float:
    """Seconds until its index is there."""
    terminal = Terminal(["-n", "-F", str(settings), "-f", str(mail)], program=program)
    try:
        return terminal.until(lambda screen: f"Msgs:{count}" in screen, 120)
    finally:
        terminal.close()


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--work", type=Path, help="keep the mailboxes here for the next run")
    options = parser.parse_args()
    peer = shutil.which("neomutt")
    with scratch(options.work) as made:
        work = (options.work or made) / f"start{options.count}"
        home, mail = work / "home", work / "Maildir"
        if not mail.exists():
            fill(home, options.count)
            write_maildir(mail, Letters(small=True), range(options.count))
        runs = [partial(ours, home)]
        if peer is not None:
            settings = work / "neomuttrc"
            (work / "cache").mkdir(exist_ok=True)
            settings.write_text(_NEOMUTT.format(cache=work / "cache", folder=work))
            runs.append(partial(neomutt, peer, settings, mail, options.count))
            runs[1]()
        found = medians(runs, options.repeats)
    theirs = found[1] if peer is not None else None
    missing = "neomutt (Debian package neomutt) is not installed"
    print_table(
        ["mails", "we", "neomutt", "ratio"],
        [
            [
                f"{options.count:,}",
                shown(found[0]),
                shown(theirs) if theirs else missing,
                ratio(found[0], theirs),
            ]
        ],
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
