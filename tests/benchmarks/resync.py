"""A mailbox we have already: nothing new, ten new mails, a thousand changed flags; beside mbsync.

`python -m tests.benchmarks.resync [--count 50000] [--repeats 5] [--work DIR]`
Connected: one pass over the inbox on an open connection, stored and announced, which is what a
push or a poll costs. Process: `tui-mail sync --once` from start to end. mbsync is always a process.
"""

from __future__ import annotations

import argparse
import asyncio
import imaplib
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.letters import Letters
from tests.benchmarks.measuring import print_table, ratio, run, shown
from tests.benchmarks.peers import (
    NO_MBSYNC,
    ROOT,
    Mbsync,
    engine_run,
    has_mbsync,
    mailbox,
    our_profile,
    scratch,
    server,
)
from tests.integration.dovecot import PASSWORD, Dovecot
from tui_mail.config.paths import Paths
from tui_mail.sync import passes
from tui_mail.sync.engine import Engine
from tui_mail.sync.wire import Wire

SETTLE_SECONDS = 1.1
"""Dovecot looks at a Maildir again when it changed within the same second; let that pass."""


class Elsewhere:
    """Another client that changes the mailbox."""

    def __init__(self, dovecot: Dovecot, user: str, count: int) -> None:
        self._imap = imaplib.IMAP4(dovecot.host, dovecot.port)
        self._imap.login(user, PASSWORD)
        self._letters = Letters(small=True, seed=int(time.time()))
        self._number = count
        self._sign = "+"
        self._imap.select("INBOX")
        known = self._imap.uid("SEARCH", "1:*")[1][0].split()
        self._last = int(known[-1]) if known else 0
        step = max(1, count // 1000)
        self._chosen = ",".join(str(1 + n * step) for n in range(min(1000, count)))
        self._imap.store(self._chosen, "-FLAGS.SILENT", "(\\Flagged)")

    def nothing(self) -> None:
        """Leave it as it is."""

    def ten_new(self) -> None:
        """Ten mails arrive."""
        for _ in range(10):
            self._number += 1
            raw = self._letters.mail(self._number).replace(b"\n", b"\r\n")
            self._imap.append("INBOX", None, None, raw)
        self._imap.noop()

    def thousand_flags(self) -> None:
        """A star comes to, or goes from, a thousand mails all over the folder."""
        self._imap.store(self._chosen, f"{self._sign}FLAGS.SILENT", "(\\Flagged)")
        self._sign = "-" if self._sign == "+" else "+"

    def close(self) -> None:
        """Take the new mails away again, so that the mailbox can be used for the next run."""
        self._imap.select("INBOX")
        found = self._imap.uid("SEARCH", f"UID {self._last + 1}:*")[1][0].split()
        fresh = [uid.decode() for uid in found if int(uid) > self._last]
        if fresh:
            self._imap.uid("STORE", ",".join(fresh), "+FLAGS.SILENT", "(\\Deleted)")
            self._imap.uid("EXPUNGE", ",".join(fresh))
        self._imap.logout()


class Connected:
    """An engine with an open connection, as it stands between two pushes."""

    def __init__(self, paths: Paths) -> None:
        self._engine = Engine(paths)
        self._wire: Wire | None = None
        self._announced = 0

    async def open(self) -> None:
        await self._engine.start()
        (self._sync,) = self._engine._syncs.values()
        self._wire = await self._sync._connect()
        await self._sync._prepare(self._wire)
        self._inbox = next(f for f in await self._sync._folders() if f.role == "inbox")
        tell = self._sync.desk.publish

        def counted(kind: str, ids: object = ()) -> None:
            ids = list(ids)  # type: ignore[call-overload]
            self._announced += len(ids) if kind == "conversations" else 0
            tell(kind, ids)

        self._sync.desk.publish = counted
        await self.look()

    async def look(self) -> tuple[float, int]:
        """One pass: seconds it took, and how many conversations were announced."""
        assert self._wire is not None
        self._announced = 0
        started = time.perf_counter()
        await passes.folder_pass(self._sync.desk, self._wire, self._inbox.id)
        return time.perf_counter() - started, self._announced

    async def close(self) -> None:
        if self._wire is not None:
            await self._wire.close()
        await self._engine.stop()


async def connected_times(
    paths: Paths, change: Callable[[], None], repeats: int, least: int
) -> float:
    """Median seconds of a pass after a change; every pass must announce what changed."""
    ours = Connected(paths)
    await ours.open()
    times: list[float] = []
    try:
        for _ in range(repeats):
            await asyncio.to_thread(change)
            await asyncio.sleep(SETTLE_SECONDS)
            seconds, announced = await ours.look()
            if announced < least:
                raise SystemExit(f"only {announced} conversations were announced")
            times.append(seconds)
    finally:
        await ours.close()
    return statistics.median(times)


def measure(dovecot: Dovecot, count: int, repeats: int, work: Path | None) -> list[list[str]]:
    """The lines of the table."""
    user = mailbox(dovecot, count, small=True)
    rows: list[list[str]] = []
    with scratch(work) as folder:
        paths = our_profile(dovecot, user, folder / "home")
        home = str(folder / "home")
        engine_run(folder / "home")
        peer = Mbsync(dovecot, user, folder) if has_mbsync() else None
        if peer is not None:
            peer.sync()
        other = Elsewhere(dovecot, user, count)
        command = [sys.executable, "-m", "tui_mail", "--home", home, "sync", "--once", "--quiet"]
        cases: list[tuple[str, Callable[[], None], int]] = [
            ("nothing new", other.nothing, 0),
            ("10 new", other.ten_new, 1),
            ("1,000 flags", other.thousand_flags, min(count, 1000) // 4),
        ]
        try:
            for name, change, least in cases:
                connected = asyncio.run(connected_times(paths, change, repeats, least))
                ours: list[float] = []
                theirs: list[float] = []
                for _ in range(repeats):
                    change()
                    time.sleep(SETTLE_SECONDS)
                    if peer is not None:
                        theirs.append(peer.sync().seconds)
                    ours.append(run(command, cwd=ROOT).seconds)
                process = statistics.median(ours)
                reference = statistics.median(theirs) if theirs else None
                rows.append(
                    [
                        f"{count:,}",
                        name,
                        shown(connected),
                        shown(process),
                        shown(reference) if theirs else NO_MBSYNC,
                        ratio(connected, reference),
                        ratio(process, reference),
                    ]
                )
        finally:
            other.close()
    return rows


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--work", type=Path, help="keep the mailboxes here for the next run")
    options = parser.parse_args()
    head = ["mails", "what", "connected", "process", "mbsync", "connected ratio", "process ratio"]
    with server(options.work) as dovecot:
        rows = measure(dovecot, options.count, options.repeats, options.work)
    print_table(head, rows)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
