"""Trying an account: signing in to both servers; nothing is changed there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from tui_mail.config.settings import AccountSettings
from tui_mail.errors import TuiMailError
from tui_mail.imap.connection import ImapSettings
from tui_mail.imap.link import Security
from tui_mail.imap.session import ImapSession
from tui_mail.model.safe_text import safe_line
from tui_mail.smtp.submission import SmtpSession, SmtpSettings

_CONNECT_SECONDS, _COMMAND_SECONDS = 15.0, 20.0


@dataclass(frozen=True, slots=True)
class TestLine:
    """What one server said. `text` is safe."""

    __test__ = False

    server: str
    """`IMAP` or `SMTP`."""
    ok: bool
    text: str


def try_imap(account: AccountSettings, secret: Callable[[], str]) -> TestLine:
    """Sign in, list folders, sign out. Blocks; belongs in a thread."""
    session = ImapSession(
        ImapSettings(
            host=account.imap_host,
            port=account.imap_port,
            security=cast(Security, account.imap_security),
            user=account.imap_user or account.address,
            auth="xoauth2" if account.auth == "xoauth2" else "password",
            timeout_connect=_CONNECT_SECONDS,
            timeout_command=_COMMAND_SECONDS,
            ca_file=account.ca_file or None,
        ),
        secret,
    )
    try:
        session.connect()
        count = len(session.list_folders().folders)
        how = session.tls_description or "without encryption"
        return TestLine("IMAP", True, safe_line(f"signed in, {count} folders, {how}", 300))
    except TuiMailError as error:
        return TestLine("IMAP", False, safe_line(str(error), 500))
    finally:
        session.close()


def try_smtp(account: AccountSettings, secret: Callable[[], str]) -> TestLine:
    """Sign in to the server that takes outgoing mail; no mail is sent. Blocks."""
    if not account.smtp_host:
        return TestLine("SMTP", False, "There is no server for sending yet.")
    session = SmtpSession(
        SmtpSettings(
            host=account.smtp_host,
            port=account.smtp_port,
            security=cast(Security, account.smtp_security),
            user=account.smtp_user or account.imap_user or account.address,
            auth="xoauth2" if account.auth == "xoauth2" else "password",
            timeout_connect=_CONNECT_SECONDS,
            timeout_command=_COMMAND_SECONDS,
            ca_file=account.ca_file or None,
        ),
        secret,
    )
    try:
        session.connect()
        session.login()
        limit = session.size_limit
        size = f", mails up to {limit / 1048576:.0f} MB" if limit else ""
        how = session.tls_description or "without encryption"
        session.quit()
        return TestLine("SMTP", True, safe_line(f"signed in{size}, {how}", 300))
    except TuiMailError as error:
        return TestLine("SMTP", False, safe_line(str(error), 500))
    finally:
        session.close()
