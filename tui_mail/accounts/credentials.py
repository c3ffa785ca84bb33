"""What an account signs in with, and what becomes of it when a server says no (R13)."""

from __future__ import annotations

import threading

from tui_mail.accounts import secrets
from tui_mail.config.paths import Paths
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import AuthError, TuiMailError


class Credential:
    """Gives the password or a fresh token for each sign-in at one of an account's servers.

    A password that was rejected is not given again, and a token is renewed once, then no more
    (§4.10), until something else is kept or the user asks. Called from several threads.
    """

    def __init__(self, account: AccountSettings, paths: Paths) -> None:
        self._account = account
        self._paths = paths
        self._lock = threading.Lock()
        self._given = ""
        self._rejected = ""
        self._is_second = False
        """The token in use has itself just replaced a rejected one."""
        self._kept_then = ""
        """What was kept when it failed."""

    def __call__(self) -> str:
        """The secret for one sign-in. Blocks. Raises SecretError, AuthError, TransportError."""
        with self._lock:
            rejected, self._given = self._rejected, ""
        if self._account.auth == "oauth":
            from tui_mail.accounts import oauth

            try:
                value = oauth.access_token(self._account, self._paths, rejected=rejected)
            except AuthError:
                self._remember()
                raise
        else:
            value = secrets.read_secret(self._account, self._paths)
            if rejected and value == rejected:
                raise AuthError(
                    "The server rejected this password; it is not tried again.",
                    hint=f"Run `tui-mail account password {self._account.id}`.",
                )
        with self._lock:
            self._given = value
        return value

    def accepted(self) -> None:
        """A server took it."""
        with self._lock:
            self._rejected, self._is_second = "", False

    def refused(self) -> bool:
        """A server rejected it; True when one try with another token is worth it."""
        with self._lock:
            if not self._given:
                return False
            again = self._account.auth == "oauth" and not self._is_second
            self._rejected, self._is_second = self._given, again
        if not again:
            self._remember()
        return again

    def forgive(self) -> None:
        """The user wants it tried again as it is."""
        with self._lock:
            self._rejected, self._is_second, self._kept_then = "", False, ""

    def is_other(self) -> bool:
        """Whether something else is kept now than when it failed. Blocks."""
        with self._lock:
            then = self._kept_then
        return self._kept() not in ("", then)

    def _remember(self) -> None:
        kept = self._kept()
        with self._lock:
            self._kept_then = kept

    def _kept(self) -> str:
        try:
            return secrets.read_secret(self._account, self._paths)
        except TuiMailError:
            return ""
