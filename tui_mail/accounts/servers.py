"""An account's settings as the sessions want them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from tui_mail.config.settings import AccountSettings
from tui_mail.imap.connection import ImapSettings
from tui_mail.imap.link import Security

if TYPE_CHECKING:
    from tui_mail.smtp.submission import SmtpSettings

PATIENCE, QUICK = (20.0, 60.0), (15.0, 20.0)
"""Seconds to connect and for a command: of the engine, and while a person waits."""


def _auth(account: AccountSettings) -> Literal["password", "bearer"]:
    return "password" if account.auth == "password" else "bearer"


def imap_settings(account: AccountSettings, times: tuple[float, float] = PATIENCE) -> ImapSettings:
    """The IMAP side, with what is known of the provider."""
    return ImapSettings(
        host=account.imap_host,
        port=account.imap_port,
        security=cast(Security, account.imap_security),
        user=account.imap_user or account.address,
        auth=_auth(account),
        timeout_connect=times[0],
        timeout_command=times[1],
        ca_file=account.ca_file or None,
        profiles=_quirks(account.provider) if account.provider else (),
    )


def _quirks(provider: str) -> tuple[str, ...]:
    from tui_mail.accounts.providers import shipped

    found = shipped().provider(provider)
    return found.quirks if found else ()


def smtp_settings(
    account: AccountSettings, times: tuple[float, float] = (20.0, 120.0)
) -> SmtpSettings:
    """The submission side."""
    from tui_mail.smtp.submission import SmtpSettings

    return SmtpSettings(
        host=account.smtp_host,
        port=account.smtp_port,
        security=cast(Security, account.smtp_security),
        user=account.smtp_user or account.imap_user or account.address,
        auth=_auth(account),
        timeout_connect=times[0],
        timeout_command=times[1],
        ca_file=account.ca_file or None,
    )
