"""Trying an account: signing in to both servers; nothing is changed there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from tui_mail.accounts.archiving import ArchiveChoice, archive_choice
from tui_mail.accounts.servers import QUICK, imap_settings, smtp_settings
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import AuthError, RefusedError, TuiMailError
from tui_mail.imap.session import ImapSession
from tui_mail.imap.values import ListedFolder
from tui_mail.model.safe_text import safe_line
from tui_mail.smtp.submission import SmtpSession

_AGAIN = (
    "Look at user name and password; with two-step sign-in most providers want an app password"
    " here."
)


@dataclass(frozen=True, slots=True)
class TestLine:
    """What one server said. `text` is safe."""

    __test__ = False

    server: str
    """`IMAP` or `SMTP`."""
    ok: bool
    text: str
    rejected: bool = False
    """The server said no to the user name or the secret, and not to something else."""
    archive: ArchiveChoice | None = None
    """Where archived mail would go, of an IMAP server that took the sign-in."""
    folders: tuple[ListedFolder, ...] = ()
    """What it has; names are not yet safe to show."""
    labels: bool = False
    """Its folders are labels (Gmail)."""


def try_imap(account: AccountSettings, secret: Callable[[], str]) -> TestLine:
    """Sign in, list folders, sign out. Blocks; belongs in a thread."""
    session = ImapSession(imap_settings(account, QUICK), secret)
    try:
        session.connect()
        folders = session.list_folders().folders
        how = session.tls_description or "without encryption"
        text = safe_line(f"signed in, {len(folders)} folders, {how}", 300)
        labels = session.quirks.labels
        archive = archive_choice(folders, account, labels=labels)
        return TestLine("IMAP", True, text, archive=archive, folders=folders, labels=labels)
    except TuiMailError as error:
        return _failed("IMAP", error)
    finally:
        session.close()


def try_smtp(account: AccountSettings, secret: Callable[[], str]) -> TestLine:
    """Sign in to the server that takes outgoing mail; no mail is sent. Blocks."""
    if not account.smtp_host:
        return TestLine("SMTP", False, "There is no server for sending yet.")
    session = SmtpSession(smtp_settings(account, QUICK), secret)
    try:
        session.connect()
        session.login()
        limit = session.size_limit
        size = f", mails up to {limit / 1048576:.0f} MB" if limit else ""
        how = session.tls_description or "without encryption"
        session.quit()
        return TestLine("SMTP", True, safe_line(f"signed in{size}, {how}", 300))
    except TuiMailError as error:
        return _failed("SMTP", error)
    finally:
        session.close()


def make_folder(account: AccountSettings, secret: Callable[[], str], name: str) -> None:
    """Make and subscribe a folder. Blocks. Raises RefusedError when the server does not want it."""
    session = ImapSession(imap_settings(account, QUICK), secret)
    try:
        session.connect()
        wire_name = session.wire_name(name)
        session.create(wire_name)
        with contextlib.suppress(RefusedError):
            session.subscribe(wire_name)
    finally:
        session.close()


def _failed(server: str, error: TuiMailError) -> TestLine:
    rejected = isinstance(error, AuthError)
    text = f"{error} {_AGAIN}" if rejected and not error.hint else str(error)
    return TestLine(server, False, safe_line(text, 500), rejected)
