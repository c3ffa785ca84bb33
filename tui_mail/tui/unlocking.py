"""Screens of settings that may need the vault's passphrase on the way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tui_mail.actions import accounts as actions
from tui_mail.config.settings import AccountSettings
from tui_mail.tui import text
from tui_mail.tui.setting_screen import SettingScreen


class UnlockingScreen(SettingScreen):
    """Asks for the passphrase, then goes on with what it was needed for."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._passphrase = ""
        """Of a new vault, typed once and wanted once more."""

    async def with_vault(
        self, account: AccountSettings, work: Callable[[], Awaitable[None]]
    ) -> None:
        """Do it once the vault is open, when the secret is there; the passphrase is asked for."""
        from tui_mail.tui.dialogs.ask import AskScreen

        needs = await actions.vault_needs(self.mail_app.ctx, account)
        if not needs:
            await work()
            return

        async def take(typed: str) -> Callable[[], Awaitable[None]]:
            if needs == "new" and self._passphrase != typed:
                first, self._passphrase = not self._passphrase, typed
                self.say("Type it once more." if first else "The two differ; once more.")
                return lambda: self.with_vault(account, work)
            self._passphrase = ""
            await actions.open_vault(self.mail_app.ctx, typed)
            return work

        title = "Passphrase of the vault"
        if needs == "new":
            title = "The same once more" if self._passphrase else "New passphrase of the vault"
        body = text.plain("The vault is an encrypted file for secrets; 8 characters or more.")
        await self.app.push_screen(AskScreen(title, body, take, secret=True))
