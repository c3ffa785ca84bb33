"""A Dovecot mailbox, an SMTP sink and a proxy before both, for one run of the script."""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

from tests.faults import script
from tests.faults.cutter import Proxy, Wiretap
from tests.integration.dovecot import PASSWORD, Dovecot
from tests.integration.mailbox import Mailbox
from tests.integration.oracle import check_fold, check_mirror
from tests.profiles import mail, profile
from tui_mail.demo.smtp_sink import SmtpSink

ROOT = Path(__file__).resolve().parents[2]
_numbers = itertools.count(1)


class SinkThread:
    """The sink on a loop of its own, so that a blocking test can use it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.sink = SmtpSink()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.sink.start(), self.loop).result(10)

    def close(self) -> None:
        """Stop the sink and its loop."""
        asyncio.run_coroutine_threadsafe(self.sink.stop(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)


class World:
    """One fresh mailbox and profile; run the script in it, disturbed or not."""

    def __init__(self, server: Dovecot, sinks: SinkThread, folder: Path) -> None:
        self.server = server
        self.sinks = sinks
        self.user = f"fault{os.getpid()}-{next(_numbers)}"
        self.tap = Wiretap()
        self._imap = Proxy(self.tap, lambda: (server.host, server.port))
        self._smtp = Proxy(self.tap, lambda: ("127.0.0.1", sinks.sink.port))
        self.home = folder / self.user
        sinks.sink.accepted.clear()
        sinks.sink.users[self.user] = PASSWORD
        server.deliver(self.user, "INBOX", *(mail(n) for n in range(script.MAILS)))
        server.doveadm("mailbox", "create", "-u", self.user, "Projects")
        self.paths = profile(
            self.home,
            imap=("127.0.0.1", self._imap.port),
            smtp=("127.0.0.1", self._smtp.port),
            user=self.user,
        )
        text = self.paths.config_file.read_text(encoding="utf-8")
        self.paths.config_file.write_text(
            text.replace("# undo_seconds = 10", "undo_seconds = 0"), encoding="utf-8"
        )

    def close(self) -> None:
        """Stop the proxies."""
        self._imap.close()
        self._smtp.close()

    def run(self, fault: str = "", log: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the script as a process, with a fault point armed."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("TUI_MAIL")}
        if fault:
            env["TUI_MAIL_FAULT"] = fault
        if log is not None:
            env["TUI_MAIL_FAULT_LOG"] = str(log)
        return subprocess.run(
            [sys.executable, "-m", "tests.faults.script", str(self.home)],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def finish(self, tries: int = 4) -> None:
        """Resume undisturbed until the script goes through."""
        self.tap.arm(0)
        for _ in range(tries):
            self._make_due()
            done = self.run()
            if done.returncode == 0:
                return
        raise AssertionError(f"the resumed run fails: {done.stderr[-2000:]}")

    def _make_due(self) -> None:
        """Let the minutes go by that a mail waits after a lost connection."""
        conn = sqlite3.connect(self.paths.database, timeout=10)
        try:
            conn.execute("UPDATE outbox SET next_at = 0 WHERE state = 'retry_wait'")
            conn.commit()
        except sqlite3.OperationalError:
            pass
        finally:
            conn.close()

    def check(self) -> None:
        """The same end state as an undisturbed run: nothing lost, doubled, or sent twice."""
        expected = dict.fromkeys(range(script.MAILS), "INBOX")
        expected |= dict.fromkeys(script.ARCHIVED, "Archive")
        expected |= dict.fromkeys(script.MOVED, "Projects")
        expected |= dict.fromkeys(script.DELETED, "Trash")
        with Mailbox(self.server, self.user) as there:
            for folder in ("INBOX", "Archive", "Projects", "Trash"):
                ids = [f"<m{n}@fjord.example>" for n, at in expected.items() if at == folder]
                assert there.message_ids(folder) == sorted(ids), folder
            starred = [
                uid
                for folder in ("INBOX", "Archive", "Projects")
                for uid, flags in there.flags(folder).items()
                if "\\Flagged" in flags
            ]
            assert len(starred) == len(script.FLAGGED)
            copies = there.message_ids("Sent")
            assert len(copies) == len(set(copies)), "a sent copy is there twice"
        self._check_sent()
        check_mirror(self.paths, self.server, self.user)

    def _check_sent(self) -> None:
        conn = sqlite3.connect(self.paths.database)
        try:
            rows = conn.execute(
                "SELECT o.state, m.subject, o.uuid FROM outbox o"
                " JOIN messages m ON m.id = o.message_id"
            ).fetchall()
            drafts = conn.execute("SELECT count(*) FROM drafts WHERE state = 'kept'").fetchone()[0]
        finally:
            conn.close()
        assert sorted(row[1] for row in rows) == sorted(script.SENT)
        assert drafts == 1
        taken = Counter(
            uuid
            for _, _, uuid in rows
            for one in self.sinks.sink.accepted
            if uuid.encode() in one.raw
        )
        for state, subject, uuid in rows:
            assert taken[uuid] <= 1, f"{subject} went {taken[uuid]} times"
            if state == "uncertain":
                continue
            assert state == "sent", (subject, state)
            assert taken[uuid] == 1, f"{subject} is called sent but was not"
        check_fold(self.paths)
