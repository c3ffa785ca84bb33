"""One account: its values, a test against its servers, and the password."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from tui_mail.actions import accounts as actions
from tui_mail.actions import scope
from tui_mail.config.settings import AccountSettings, Setting
from tui_mail.errors import ConfigError, SecretError
from tui_mail.store import signatures
from tui_mail.tui import background, text
from tui_mail.tui.commands import ACCOUNT
from tui_mail.tui.setting_rows import (
    SettingRow,
    account_rows,
    help_of,
    parsed,
    shown_value,
    text_rows,
)
from tui_mail.tui.unlocking import UnlockingScreen
from tui_mail.tui.widgets.hints import Hints


def screen(*, slug: str, secret: bool = False, key: str = "") -> AccountScreen:
    """An account to change; it begins with signing in again, or with the value `key`."""
    return AccountScreen(slug, secret=secret, key=key)


class AccountScreen(UnlockingScreen):
    """An account is changed value by value."""

    CONTEXT = ACCOUNT

    def __init__(self, slug: str, *, secret: bool, key: str) -> None:
        super().__init__(f"Account {slug}")
        self._slug, self._begins_with_secret, self._begins_with = slug, secret, key
        self.account = AccountSettings("", "")
        self._said: tuple[str, ...] = ()

    async def on_mount(self) -> None:
        """Show the values; a new account begins with its address."""
        self.query_one(Hints).offer(ACCOUNT, self.mail_app.keymap_in_use)
        found = self.mail_app.ctx.settings.account(self._slug)
        if found is not None:
            self.account = found
        self.show_rows()
        if self._begins_with_secret:
            await self.command_account_secret()
        for place, row in enumerate(self.list.rows):
            if row.kind == "field" and row.item.key == self._begins_with:
                self.list.mark(place)
                await self._ask(row.item)

    async def refresh_facts(self) -> None:
        """The file may have been changed by hand meanwhile."""
        found = self.mail_app.ctx.settings.account(self._slug)
        if found is not None and found != self.account:
            self.account = found
            self.show_rows()

    def every_row(self) -> Sequence[SettingRow]:
        """What was said by the servers, then every value."""
        rows = [row for line in self._said for row in text_rows(line)]
        kept = self.account.secret
        rows.append(SettingRow("secret", "password", kept, "Enter types a new password.", None))
        return [*rows, *account_rows(self.account)]

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

        async def take(typed: str) -> Callable[[], Awaitable[None]] | None:
            if setting.key == "secret":
                return lambda: self._move_secret(typed.strip())
            await self._set(setting, parsed(setting, typed))
            return None

        async def choose(name: str) -> None:
            await self._set(setting, name)

        if setting.key == "sync_folders":
            account_id = self.mail_app.ctx.account_ids[self._slug]

            async def ticked(names: tuple[str, ...]) -> None:
                await self._set(setting, names)

            await self.mail_app.open_screen(
                "folders", account_id=account_id, ticked=value, take=ticked
            )
            return
        if setting.kind == "bool":
            await self._set(setting, not value)
        elif setting.key == "signature" and (names := await self._signatures()):
            choices = [Choice(shown_value(n), "now" if n == value else "", "", n) for n in names]
            await self.app.push_screen(PickerScreen(setting.key, choices, choose,
                                                    note=setting.text))  # fmt: skip
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
        if setting.key == "address" and "@" not in value:
            raise ConfigError("This is no e-mail address.")
        if setting.key in scope.KEYS:
            await self._set_scope(changed)
            return
        await actions.put_account(self.mail_app.ctx, changed)
        self.say(f"{setting.key} is now {shown_value(value)}.")
        self.account = changed
        self.show_rows()

    async def _signatures(self) -> list[str]:
        """What the signature can be: none, or one of those there are."""
        ctx = self.mail_app.ctx
        found = await ctx.db.read(signatures.of_account, ctx.account_ids[self._slug])
        return ["", *(one.name for one in found)] if found else []

    async def _move_secret(self, place: str) -> None:
        """Keep the secret elsewhere; it goes along, and the old copy is removed."""
        ctx, before = self.mail_app.ctx, self.account
        changed = replace(before, secret=place)
        if changed == before:
            return
        await asyncio.to_thread(actions.secret_place, changed)

        async def move() -> None:
            try:
                where = await actions.move_secret(ctx, self._slug, place)
            except SecretError as error:
                from tui_mail.tui.dialogs.ask import ConfirmScreen

                body = text.plain(
                    f"{error}\n\nShall only the setting change? Then s takes the password anew."
                )
                await self.app.push_screen(ConfirmScreen("The secret was not moved.", body, only))
                return
            self.account = changed
            self.show_rows()
            self.say(f"The secret is kept in {where} now; the old copy is removed.")

        async def only() -> None:
            await actions.put_account(ctx, changed)
            self.account = changed
            self.show_rows()
            self.say("Changed; s takes the password.")

        uses_vault = "vault" in (before.secret, place)
        await self.with_vault(replace(before, secret="vault") if uses_vault else before, move)

    async def _set_scope(self, changed: AccountSettings) -> None:
        """What touches mail says so in numbers first; what is here stays unless told otherwise."""
        from tui_mail.tui.dialogs.picker import Choice, PickerScreen

        found = await scope.effect(self.mail_app.ctx, changed)

        async def keep(remove: bool) -> None:
            await scope.apply(self.mail_app.ctx, changed, remove=remove)
            self.account = changed
            self.show_rows()
            self.mail_app.look_soon()
            if found.outside is None:
                self.say(" ".join(found.words) or "Changed.")
            else:
                self.say(f"Changed; {number} mails went from here." if remove else
                         "Changed; what is here stays.")  # fmt: skip

        number = f"{found.outside.messages:,}" if found.outside is not None else ""
        if found.outside is None:
            await keep(False)
            return
        choices = [
            Choice("Keep what is here", "change the setting only", "", False),
            Choice(f"Let {number} mails go here", "the server keeps them", "", True),
        ]
        note = " ".join(found.words)
        offer = PickerScreen("Less is brought", choices, keep, note=note)
        self.call_later(self.app.push_screen, offer)

    async def command_setting_default(self) -> None:
        """Give the marked value its default."""
        row = self.list.row
        if row is not None and row.kind == "field" and row.changed:
            if row.item.key == "secret":
                await self._move_secret(row.item.default)
            else:
                await self._set(row.item, row.item.default)

    async def command_account_secret(self) -> None:
        """Sign in again: type the password, use the browser, or run the command again."""
        if self.account.secret.startswith(("command", "credential")):
            await actions.try_again(self.mail_app.ctx, self._slug)
            self.say("The secret comes from elsewhere; it is asked for again now.")
        elif self.account.auth == "oauth":
            await self.with_vault(self.account, self._sign_in)
        else:
            await self.with_vault(self.account, self._ask_secret)

    async def _sign_in(self) -> None:
        async def known(client: str) -> None:
            self.account = replace(self.account, oauth_client=client)

        async def done(tokens: str) -> None:
            await actions.put_account(self.mail_app.ctx, self.account)
            await actions.new_secret(self.mail_app.ctx, self._slug, tokens)
            self.show_rows()
            self.say("Signed in; the sync goes on.")

        await self.mail_app.open_screen(
            "browser", account=self.account, by_code=False, done=done, known=known
        )

    async def _ask_secret(self) -> None:
        from tui_mail.tui.dialogs.ask import AskScreen

        async def take(typed: str) -> None:
            if not typed:
                raise ConfigError("Nothing was typed.")
            await actions.new_secret(self.mail_app.ctx, self._slug, typed)
            self.say("Kept; the server is asked now.")
            self.show_rows()

        body = text.plain(f"It is kept in: {self.account.secret}. A command needs none here.")
        await self.app.push_screen(AskScreen("Password", body, take, secret=True))

    async def command_account_test(self) -> None:
        """Sign in to both servers; keys go on meanwhile."""
        await self.with_vault(self.account, self._start_test)

    async def _start_test(self) -> None:
        self._said = ("Asking both servers …",)
        self.show_rows()
        background.begin(self, self._test, "test")

    async def _test(self) -> None:
        lines = await actions.test_account(self.mail_app.ctx, self.account, None)
        self._said = tuple(
            f"{'✓' if line.ok else '✗'} {line.server}: {line.text}" for line in lines
        )
        self.show_rows()
