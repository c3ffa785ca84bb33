"""Everything that can be set: accounts, general settings, keys; the file keeps its comments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_mail.actions import accounts as actions
from tui_mail.actions import effects
from tui_mail.config.load import problem_of
from tui_mail.config.settings import AccountSettings, Setting
from tui_mail.errors import ConfigError
from tui_mail.store.accounts import Account
from tui_mail.tui import background, settings_in_use, text
from tui_mail.tui.commands import BY_ID, SETTINGS, keymap
from tui_mail.tui.editing import edit_file
from tui_mail.tui.setting_rows import (
    SettingRow,
    every_row,
    help_of,
    parsed,
    shown_value,
    typed_keys,
)
from tui_mail.tui.setting_screen import SettingScreen
from tui_mail.tui.standing import standing
from tui_mail.tui.widgets.hints import Hints
from tui_mail.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from tui_mail.actions.status import Status


def screen() -> SettingsScreen:
    """The settings of this profile."""
    return SettingsScreen()


class SettingsScreen(SettingScreen):
    """Accounts first, then groups of settings, then keys."""

    CONTEXT = SETTINGS

    def __init__(self) -> None:
        super().__init__("Settings")
        self._rows: list[Account] = []

    async def on_mount(self) -> None:
        """Read the file again: a person may have changed it."""
        self.query_one(Hints).offer(SETTINGS, self.mail_app.keymap_in_use)
        await self._reread()

    async def on_screen_resume(self) -> None:
        """An account may have changed."""
        await self.refresh_facts()

    async def _reread(self) -> None:
        try:
            await self.mail_app.ctx.reload()
            self.mail_app.ctx.wake()
            self.mail_app.settings_trouble = ""
            await settings_in_use.tell_doubts(self.mail_app)
        except ConfigError as error:
            self.mail_app.settings_trouble = str(error)
        await self.refresh_facts()
        self.take_into_use()

    async def refresh_facts(self) -> None:
        """States of accounts."""
        self._rows = await self.mail_app.read_accounts()
        self.show_rows()

    def show_status(self, status: Status) -> None:
        """Say how things stand."""
        for line in self.query(StatusLine):
            line.stand(standing(status))

    def every_row(self) -> Sequence[SettingRow]:
        """All rows."""
        app = self.mail_app
        return list(
            every_row(
                app.ctx.settings, self._rows, app.keymap_in_use, app.settings_trouble,
                [settings_in_use.brief(app, one) for one in app.settings_doubts],
            )
        )  # fmt: skip

    def take_into_use(self) -> None:
        """What the screens themselves depend on: theme, keys, pacing."""
        try:
            settings_in_use.take_into_use(self.mail_app)
        except ConfigError as error:
            self.say(str(error), trouble=True)
        self.show_rows()

    # Values

    async def command_setting_change(self) -> None:
        """Change the marked row."""
        row = self.list.row
        if row is None:
            return
        if row.kind == "account":
            await self.mail_app.open_screen("account", slug=row.item)
        elif row.kind == "account_field":
            slug, setting = row.item
            await self.mail_app.open_screen("account", slug=slug, key=setting.key)
        elif row.kind == "key":
            await self._ask_keys(row)
        elif row.kind == "general":
            await self._change(row.item)

    async def _change(self, setting: Setting) -> None:
        value = self.mail_app.ctx.settings.get(setting.key)
        if setting.kind == "bool":
            await self._set(setting, not value)
        elif setting.kind == "choice":
            await self._ask_choice(setting, setting.choices)
        elif setting.key == "writing.default_account":
            known = [account.id for account in self.mail_app.ctx.settings.accounts]
            await self._ask_choice(setting, ["", *known])
        else:
            from tui_mail.tui.dialogs.ask import AskScreen

            async def take(typed: str) -> None:
                await self._set(setting, parsed(setting, typed))

            shown = shown_value(value) if value not in ("", []) else ""
            body = text.plain(help_of(setting))
            await self.app.push_screen(AskScreen(setting.key, body, take, value=shown))

    async def _ask_choice(self, setting: Setting, names: Sequence[str]) -> None:
        from tui_mail.tui.dialogs.picker import Choice, PickerScreen

        now = self.mail_app.ctx.settings.get(setting.key)
        choices = [
            Choice(shown_value(name), "now" if name == now else "", "", name) for name in names
        ]

        async def take(name: str) -> None:
            await self._set(setting, name)

        await self.app.push_screen(PickerScreen(setting.key, choices, take, note=setting.text))

    async def _set(self, setting: Setting, value: object) -> None:
        ctx = self.mail_app.ctx
        if setting.key == "screen.keys":
            keymap(str(value), ctx.settings.keys)
        problem = problem_of(setting, value)
        if problem:
            raise ConfigError(f"{setting.key} {problem}")
        said, asks = await effects.effect(ctx, setting.key, value)

        async def apply() -> None:
            await actions.set_value(ctx, setting.key, value)
            self.take_into_use()
            words = f"{setting.key} is now {shown_value(value)}."
            self.say(words if asks or not said else f"{words} {said}")

        if not asks:
            await apply()
            return
        from tui_mail.tui.dialogs.ask import ConfirmScreen

        title = f"{setting.key}: {shown_value(value)}?"
        self.call_later(self.app.push_screen, ConfirmScreen(title, text.plain(said), apply))

    async def _ask_keys(self, row: SettingRow) -> None:
        from tui_mail.tui.dialogs.ask import AskScreen

        app, command_id = self.mail_app, str(row.item)

        async def take(typed: str) -> None:
            settings = app.ctx.settings
            keymap(settings.get("screen.keys"), typed_keys(settings, command_id, typed))
            await actions.set_keys(app.ctx, command_id, typed.strip())
            self.take_into_use()
            self.say(f"{command_id} is now on {typed.strip() or 'no key'}.")

        now = ", ".join(
            key.replace(",", "comma") for key in app.keymap_in_use.keys.get(command_id, ())
        )
        body = text.parts(
            BY_ID[command_id].help,
            "\n\nSeveral keys with commas: a, ctrl+r, g i. The comma itself: comma.",
        )
        await self.app.push_screen(AskScreen(f"Keys for {command_id}", body, take, value=now))

    async def command_setting_default(self) -> None:
        """Give the marked row its default."""
        row = self.list.row
        if row is None or not row.changed:
            self.say("That is the default.")
        elif row.kind == "general":
            await self._set(row.item, row.item.default)
        elif row.kind == "account_field":
            await self.mail_app.open_screen("account", slug=row.item[0])
            self.mail_app.say("Here d gives a value of the account its default.")
        elif row.kind == "key":
            await actions.set_keys(self.mail_app.ctx, row.item, None)
            self.take_into_use()
            self.say(f"{row.item} has its own key again.")

    async def command_setting_file(self) -> None:
        """Open the settings file in the editor."""

        async def edit() -> None:
            from tui_mail.config.save import ensure

            path = self.mail_app.ctx.paths.config_file
            ensure(path)
            await edit_file(self, path)
            await self._reread()

        background.begin(self, edit, "editor")

    # Accounts

    def _account(self) -> AccountSettings | None:
        row = self.list.row
        if row is None or row.kind != "account":
            self.say("Go to an account first.")
            return None
        return self.mail_app.ctx.settings.account(str(row.item))

    async def command_account_add(self) -> None:
        """A new account."""
        await self.mail_app.open_screen("wizard")

    async def command_account_secret(self) -> None:
        """Sign in again; the engine tries it at once."""
        account = self._account()
        if account is not None:
            await self.mail_app.open_screen("account", slug=account.id, secret=True)

    async def command_account_pause(self) -> None:
        """Pause the account, or go on."""
        account = self._account()
        if account is not None:
            await actions.set_paused(self.mail_app.ctx, account.id, not account.paused)
            await self.refresh_facts()
            self.say(f"{account.id} {'goes on' if account.paused else 'is paused'}.")

    async def command_account_stop(self) -> None:
        """Bring no more mail, or again; unlike a pause it leaves sending alone."""
        account = self._account()
        if account is not None:
            await actions.set_receiving(self.mail_app.ctx, account.id, not account.receive)
            await self.refresh_facts()
            said = "brings no more mail; sending still works."
            self.say(f"{account.id} {said if account.receive else 'brings mail again.'}")

    async def command_account_remove(self) -> None:
        """Take the account out, once more asked."""
        account = self._account()
        if account is None:
            return
        from tui_mail.actions import scope
        from tui_mail.tui.dialogs.ask import ConfirmScreen
        from tui_mail.tui.dialogs.picker import Choice, PickerScreen

        found = await scope.held(self.mail_app.ctx, account.id)

        async def chosen(mail: str) -> None:
            async def forget() -> None:
                await remove(mail)

            body = text.plain(
                f"{scope.MAIL_CHOICES[mail]}. It is no longer synced and its secret is forgotten."
                " Contacts, deals and drafts stay, and nothing changes on the server. Undo does not"
                " bring it back: it has to be added again."
            )
            await self.app.push_screen(ConfirmScreen(f"Remove {account.id}?", body, forget))

        async def remove(mail: str) -> None:
            gone = await scope.remove_account(self.mail_app.ctx, account.id, mail=mail)
            await self.refresh_facts()
            self.mail_app.look_soon()
            said = f"{gone:,} of its mails are removed here" if gone else "its mail is still here"
            self.say(f"{account.id} is out; {said}.")

        choices = [Choice(words, "", "", mail) for mail, words in scope.MAIL_CHOICES.items()]
        title = f"Remove {account.id}: what is kept here?"
        await self.app.push_screen(PickerScreen(title, choices, chosen, note=found.words))

    async def command_account_order(self, step: int) -> None:
        """Move the account up or down."""
        account = self._account()
        if account is None:
            return
        slugs = [one.id for one in self.mail_app.ctx.settings.accounts]
        place = slugs.index(account.id)
        goal = max(0, min(place + step, len(slugs) - 1))
        slugs.insert(goal, slugs.pop(place))
        await actions.order_accounts(self.mail_app.ctx, slugs)
        await self.refresh_facts()
