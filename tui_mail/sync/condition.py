"""How an account is, as the user sees it: the states of R13, and what decides them."""

from __future__ import annotations

import contextlib

from tui_mail.config.paths import Paths
from tui_mail.errors import AuthError, SecretError, StoreError, TuiMailError
from tui_mail.model.safe_text import safe_line
from tui_mail.store import accounts, disk
from tui_mail.sync.desk import Desk


class Condition:
    """Tells the state of one account; every change is stored and published."""

    def __init__(self, desk: Desk, paths: Paths) -> None:
        self._desk = desk
        self._paths = paths
        self.send_refused = ""
        """Why the submission server rejects the sign-in; empty when it does not."""

    async def set(self, state: str, reason: str = "") -> None:
        """Move the account to a state."""
        await self._desk.db.write(
            accounts.set_state,
            self._desk.account_id,
            state,
            safe_line(reason, 300),
            self._desk.now(),
        )
        self._desk.publish("account", [self._desk.account_id])

    async def connecting(self) -> None:
        """Say so, unless it goes on from a state in which mail was already in step."""
        now = await self._desk.db.read(accounts.account, self._desk.account_id)
        if now is None or now.state not in ("active", "retrying"):
            await self.set("connecting")

    async def active(self) -> None:
        """Everything is well, unless sending is refused until the user acts."""
        if self.send_refused:
            await self.set("auth_failed", self.send_refused)
        else:
            stopped = "" if self._desk.account.receive else "receiving is stopped by you"
            await self.set("active", stopped or self.no_room_for_bodies())

    async def report(self, state: str, error: BaseException) -> None:
        """Move to a state because of an error, which is noted too."""
        await self.note(error)
        text = error.message if isinstance(error, TuiMailError) else type(error).__name__
        with contextlib.suppress(StoreError):
            await self.set(state, text)

    async def failed(self, error: BaseException) -> None:
        """Show why a single sync failed."""
        is_auth = isinstance(error, AuthError | SecretError)
        await self.report("auth_failed" if is_auth else "retrying", error)

    async def note(self, error: BaseException) -> None:
        """Keep an error as the account's last one; the state stays."""
        text = str(error) if isinstance(error, TuiMailError) else type(error).__name__
        with contextlib.suppress(StoreError):
            await self._desk.db.write(
                accounts.note_error, self._desk.account_id, safe_line(text, 300), self._desk.now()
            )

    def no_room(self) -> str:
        """Why nothing is fetched while the disk is nearly full; empty when there is room."""
        return disk.shortage(self._paths.database, disk.SYNC_NEEDS, "Sync waits")

    def no_room_for_bodies(self) -> str:
        """Why only headers are fetched; empty when there is room."""
        return disk.shortage(self._paths.database, disk.BODIES_NEED, "The text of mails waits")
