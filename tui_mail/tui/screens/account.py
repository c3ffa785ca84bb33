"""One account: its values, a test against its servers, and the password."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from tui_mail.actions import accounts as actions
from tui_mail.config.settings import AccountSettings, Setting
from tui_mail.errors import ConfigError
from tui_mail.tui import text
from tui_mail.tui.commands import ACCOUNT
from tui_mail.tui.setting_rows import (
    SettingRow,
    account_rows,
    help_of,
    parsed,
    shown_value,
    text_rows,
)
from tui_mail.tui.setting_screen import SettingScreen
from tui_mail.tui.widgets.hints import Hints

_LOCAL = re.compile(r"[^a-z0-9_.-]+")


def screen(*, slug: str = "") -> AccountScreen:
    """An account to change, or a new one."""
    return AccountScreen(slug)


def guessed(account: AccountSettings, taken: Sequence[str]) -> AccountSettings:
    """Fill in what an address usually implies, where nothing was typed yet."""
    local, _, domain = account.address.lower().partition("@")
    name = _LOCAL.sub("-", domain.partition(".")[0] or local).strip("-.") or "mail"
    number, slug = 2, name
    while slug in taken:
        slug, number = f"{name}{number}", number + 1
    return replace(
        account,
        id=account.id or slug[:40],
        imap_host=account.imap_host or f"imap.{domain}",
        smtp_host=account.smtp_host or f"smtp.{domain}",
    )


class AccountScreen(SettingScreen):
    """A known account is changed value by value; a new one is kept as a whole."""

    CONTEXT = ACCOUNT

    def __init__(self, slug: str) -> None:
        super().__init__(f"Account {slug}" if slug else "New account")
        self._slug = slug
        self.account = AccountSettings("", "")
        self._secret: str | None = None
        self._said: tuple[str, ...] = ()
        self._passphrase = ""
        """Of a new vault, typed once and wanted once more."""
        self._next: Callable[[], Awaitable[None]] | None = None
        """What to do when this screen is on top again."""

    async def on_mount(self) -> None:
        """Show the values; a new account begins with its address."""
        self.query_one(Hints).offer(ACCOUNT, self.mail_app.keymap_in_use)
        found = self.mail_app.ctx.settings.account(self._slug)
        if found is not None:
            self.account = found
        self.show_rows()
        if not self._slug:
            self.say("Begin with the address; t tries it, Ctrl-s keeps it.")
            await self._ask(next(r.item for r in self.every_row() if r.item and r.item.key
                                 == "address"))  # fmt: skip

    def every_row(self) -> Sequence[SettingRow]:
        """What was said by the servers, then every value."""
        rows = [row for line in self._said for row in text_rows(line)]
        kept = "typed, not yet kept" if self._secret else self.account.secret
        rows.append(SettingRow("secret", "password", kept, "Enter types a new password.", None))
        return [*rows, *account_rows(self.account, is_new=not self._slug)]

    async def command_setting_change(self) -> None:
        """Change the marked value."""
        row = self.list.row
        if row is None:
            return
        if row.kind == "secret":
            await self.command_account_secret()
        elif row.kind == "field":
            await self._ask(row.item)

    async def _ask(self, setting: Setting) -> None:
        from tui_mail.tui.dialogs.ask import AskScreen
        from tui_mail.tui.dialogs.picker import Choice, PickerScreen

        value = getattr(self.account, setting.key)

        async def take(typed: str) -> None:
            await self._set(setting, parsed(setting, typed))

        async def choose(name: str) -> None:
            await self._set(setting, name)

        if setting.kind == "bool":
            await self._set(setting, not value)
        elif setting.kind == "choice":
            choices = [Choice(n, "now" if n == value else "", "", n) for n in setting.choices]
            await self.app.push_screen(PickerScreen(setting.key, choices, choose,
                                                    note=setting.text))  # fmt: skip
        else:
            shown = shown_value(value) if value not in ("", ()) else ""
            body = text.plain(help_of(setting))
            await self.app.push_screen(AskScreen(setting.key, body, take, value=shown))

    async def _set(self, setting: Setting, value: Any) -> None:
        value = tuple(value) if isinstance(value, list) else value
        changed = replace(self.account, **{setting.key: value})
        if setting.key == "address":
            if "@" not in value:
                raise ConfigError("This is no e-mail address.")
            if not self._slug:
                taken = [account.id for account in self.mail_app.ctx.settings.accounts]
                changed = guessed(actions.preset(self.mail_app.ctx, changed), taken)
                changed = replace(changed, secret=await actions.place_for_new_secret())
        if self._slug:
            await actions.put_account(self.mail_app.ctx, changed)
            self.say(f"{setting.key} is now {shown_value(value)}.")
        self.account = changed
        self.show_rows()

    async def command_setting_default(self) -> None:
        """Give the marked value its default."""
        row = self.list.row
        if row is not None and row.kind == "field" and row.changed:
            await self._set(row.item, row.item.default)

    async def _with_vault(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it once the vault is open, when the secret is there; the passphrase is asked for."""
        from tui_mail.tui.dialogs.ask import AskScreen

        needs = await actions.vault_needs(self.mail_app.ctx, self.account)
        if not needs:
            await work()
            return

        async def take(typed: str) -> None:
            if needs == "new" and self._passphrase != typed:
                first, self._passphrase = not self._passphrase, typed
                self.say("Type it once more." if first else "The two differ; once more.")
                self._next = lambda: self._with_vault(work)
                return
            self._passphrase = ""
            await actions.open_vault(self.mail_app.ctx, typed)
            self._next = work

        title = "Passphrase of the vault"
        if needs == "new":
            title = "The same once more" if self._passphrase else "New passphrase of the vault"
        body = text.plain("The vault is an encrypted file for secrets; 8 characters or more.")
        await self.app.push_screen(AskScreen(title, body, take, secret=True))

    async def on_screen_resume(self) -> None:
        """A question was answered: go on with what it was asked for."""
        work, self._next = self._next, None
        if work is not None:
            await work()

    async def command_account_secret(self) -> None:
        """Type the password."""
        await self._with_vault(self._ask_secret)

    async def _ask_secret(self) -> None:
        from tui_mail.tui.dialogs.ask import AskScreen

        async def take(typed: str) -> None:
            if not typed:
                raise ConfigError("Nothing was typed.")
            if self._slug:
                await actions.new_secret(self.mail_app.ctx, self._slug, typed)
                self.say("Kept; the server is asked now.")
            else:
                self._secret = typed
            self.show_rows()

        body = text.plain(f"It is kept in: {self.account.secret}. A command needs none here.")
        await self.app.push_screen(AskScreen("Password", body, take, secret=True))

    async def command_account_test(self) -> None:
        """Sign in to both servers; keys go on meanwhile."""
        await self._with_vault(self._start_test)

    async def _start_test(self) -> None:
        self._said = ("Asking both servers …",)
        self.show_rows()
        self.run_worker(self._test(), group="test", exclusive=True, exit_on_error=False)

    async def _test(self) -> bool:
        lines = await actions.test_account(self.mail_app.ctx, self.account, self._secret)
        self._said = tuple(
            f"{'✓' if line.ok else '✗'} {line.server}: {line.text}" for line in lines
        )
        self.show_rows()
        return all(line.ok for line in lines)

    async def command_account_keep(self) -> None:
        """Try a new account and keep it; one that fails is kept only when asked for again."""
        if self._slug:
            self.say("Every change is kept already.")
            return
        if not self.account.address:
            raise ConfigError("The address is missing.")
        await self._with_vault(self._start_keeping)

    async def _start_keeping(self) -> None:
        self._said = ("Asking both servers …",)
        self.show_rows()
        self.run_worker(self._keep(), group="test", exclusive=True, exit_on_error=False)

    async def _keep(self) -> None:
        from tui_mail.errors import TuiMailError
        from tui_mail.tui.dialogs.ask import ConfirmScreen

        async def keep() -> None:
            ctx = self.mail_app.ctx
            try:
                await actions.put_account(ctx, self.account, self._secret)
            except TuiMailError as error:
                self.say(str(error), trouble=True)
                return
            self._slug, self._secret = self.account.id, None
            self.mail_app.look_soon()
            if self.app.screen is self:
                await self.app.pop_screen()
            self.mail_app.say(f"{self.account.id} is added; its mail comes now.")

        if await self._test():
            await keep()
        else:
            said = text.lines("\n".join(self._said))
            await self.app.push_screen(ConfirmScreen("Keep it all the same?", said, keep))
