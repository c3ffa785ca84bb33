"""The server and the peer that is measured beside us."""

from __future__ import annotations

import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.letters import Letters, write_maildir
from tests.benchmarks.measuring import Ran, run
from tests.integration.dovecot import PASSWORD, Dovecot, available
from tests.profiles import profile
from tui_mail.config.paths import Paths

ROOT = Path(__file__).resolve().parents[2]
NO_MBSYNC = "mbsync (Debian package isync) is not installed"

_MBSYNC = """\
IMAPStore far
Host {host}
Port {port}
User {user}
Pass {password}
SSLType None
AuthMechs LOGIN

MaildirStore near
Path {mail}/
Inbox {mail}/INBOX

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Near
Expunge Near
Sync Pull
SyncState *
"""


@contextmanager
def server(work: Path | None) -> Iterator[Dovecot]:
    """A private Dovecot; with `work` its mailboxes are kept there for the next run."""
    why_not = available()
    if why_not is not None:
        raise SystemExit(f"not measured: {why_not}")
    base = None
    if work is not None:
        base = (work / "dovecot").absolute()
        base.mkdir(parents=True, exist_ok=True)
        base.chmod(0o711)
    with Dovecot(base) as dovecot:
        yield dovecot


def mailbox(dovecot: Dovecot, count: int, *, small: bool = False) -> str:
    """A user with `count` mails in the inbox, made once; the server's own index is warm."""
    user = f"{'small' if small else 'mixed'}{count}"
    folder = dovecot.mail / user / "Maildir"
    if not (folder / "made").exists():
        shutil.rmtree(folder.parent, ignore_errors=True)
        entry = pwd.getpwnam("mail")
        octets = write_maildir(
            folder, Letters(small=small), range(count), (entry.pw_uid, entry.pw_gid)
        )
        (folder / "made").touch()
        print(f"made {count:,} mails, {octets / 1e6:,.0f} MB", file=sys.stderr, flush=True)
    fields = "hdr.from hdr.subject hdr.message-id size.virtual date.received flags"
    dovecot.doveadm("fetch", "-u", user, fields, "mailbox", "INBOX", "all")
    return user


@contextmanager
def scratch(work: Path | None) -> Iterator[Path]:
    """A folder for what the programs under test write, removed afterwards."""
    if work is not None:
        work.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="tui-mail-bench-", dir=work))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


class Mbsync:
    """mbsync with its default settings on one user's inbox."""

    def __init__(self, dovecot: Dovecot, user: str, folder: Path) -> None:
        self._mail = folder / "mbsync-mail"
        self._rc = folder / "mbsyncrc"
        self._mail.mkdir(parents=True)
        self._rc.write_text(
            _MBSYNC.format(
                host=dovecot.host,
                port=dovecot.port,
                user=user,
                password=PASSWORD,
                mail=self._mail,
            )
        )

    def sync(self) -> Ran:
        """One run of the program."""
        return run(["mbsync", "-q", "-c", str(self._rc), "all"])

    def forget(self) -> None:
        """Make the next run a first one."""
        shutil.rmtree(self._mail)
        self._mail.mkdir()
        os.sync()


def has_mbsync() -> bool:
    """Whether the peer is here."""
    return shutil.which("mbsync") is not None


def our_profile(dovecot: Dovecot, user: str, folder: Path) -> Paths:
    """A fresh profile on the same mailbox."""
    shutil.rmtree(folder, ignore_errors=True)
    return profile(folder, imap=(dovecot.host, dovecot.port), user=user)


def engine_run(home: Path) -> Ran:
    """One complete sync in a process of its own; prints marks as JSON."""
    return run([sys.executable, "-m", "tests.benchmarks.engine_process", str(home)], cwd=ROOT)
