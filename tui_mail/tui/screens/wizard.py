"""A new account, step by step; what it means is in `actions.wizard`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual.widgets import Static

from tui_mail.actions import wizard
from tui_mail.actions.wizard import Setup, Step
from tui_mail.config.settings import Setting
from tui_mail.errors import ConfigError, TuiMailError
from tui_mail.tui import background, text
from tui_mail.tui.commands import WIZARD
from tui_mail.tui.dialogs.ask import AskScreen, ConfirmScreen
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.setting_rows import SettingRow, help_of, parsed, shown_value
from tui_mail.tui.unlocking import UnlockingScreen
from tui_mail.tui.widgets.fields import LineField
from tui_mail.tui.widgets.hints import Hints
from tui_mail.tui.wizard_rows import PEOPLE, SCOPES, SIGHT, WAYS, step_rows

_WORDS = {
    "sync_scope": SCOPES,
    "past_mail": PEOPLE,
    "default_visibility": SIGHT,
    "past_visibility": SIGHT,
}


def screen() -> WizardScreen:
    """The first step."""
    return WizardScreen()


class WizardScreen(UnlockingScreen):
    """One step at a time; nothing is written before the end."""

    CONTEXT = WIZARD

    def __init__(self) -> None:
        super().__init__("New account")
        self.setup = wizard.begin()
        self._busy = ""

    async def on_mount(self) -> None:
        """Begin with the address."""
        self.query_one(Hints).offer(WIZARD, self.mail_app.keymap_in_use)
        self._show(self.setup)
        await self._ask_address()

    def every_row(self) -> Sequence[SettingRow]:
        """The rows of this step."""
        return list(step_rows(self.setup, self._busy))

    def _show(self, setup: Setup, busy: str = "") -> None:
        """Take what is known now and paint the step; another step begins at its first row."""
        moved = setup.step is not self.setup.step
        self.setup, self._busy = setup, busy
        place = f"New account {setup.account.address}".rstrip()
        title = f"{place} · step {setup.step} of {len(Step)}: {setup.step.title}"
        self.query_one("#settings-title", Static).update(text.plain(title))
        if moved or busy:
            self.say("")
        if moved:
            self.query_one(LineField).value = ""
            self.list.show(())
        self.show_rows()

    # From step to step

    async def command_wizard_next(self) -> None:
        """Go on, when nothing is missing."""
        setup = self.setup
        if self._busy:
            self.say("One moment: a server is being asked.")
        elif setup.step is Step.ADDRESS:
            if setup.account.address:
                self._show(wizard.forward(setup))
            else:
                await self._ask_address()
        elif setup.step is Step.SECRET:
            self._to_test()
        elif setup.step is Step.SHARING:
            await self.with_vault(setup.account, self._finish)
        else:
            self._show(wizard.forward(setup))

    def _to_test(self) -> None:
        self._show(wizard.forward(self.setup))
        if not self.setup.lines:
            self._start_test()

    async def command_wizard_back(self) -> None:
        """The step before, or leave at the first."""
        if self.query_one(LineField).value:
            await self.command_find_leave()
        elif self.setup.step is Step.ADDRESS:
            await self.command_wizard_leave()
        else:
            self.workers.cancel_group(self, "wizard")
            self._show(wizard.back(self.setup))

    async def command_wizard_leave(self) -> None:
        """Add no account."""
        if not self.setup.account.address:
            await self._leave()
            return
        body = text.plain("Nothing of it is kept, on this machine or on a server.")
        await self.app.push_screen(ConfirmScreen("Leave without an account?", body, self._leave))

    async def _leave(self) -> None:
        if self.app.screen is self:
            await self.app.pop_screen()

    async def _finish(self) -> None:
        slug = await wizard.finish(self.mail_app.ctx, self.setup)
        self.setup = wizard.begin()
        self.mail_app.look_soon()
        await self._leave()
        self.mail_app.say(f"{slug} is added; its mail comes now.")

    # Lines

    async def command_setting_change(self) -> None:
        """Do what the marked line says."""
        row = self.list.row
        if row is None:
            return
        if row.kind == "field":
            await self._change(row.item)
            return
        work: dict[str, Callable[[], Awaitable[None]]] = {
            "go": self.command_wizard_next,
            "address": self._ask_address,
            "secret": self._ask_secret,
            "place": self._ask_place,
            "way": self._ask_way,
            "browser": lambda: self._sign_in(by_code=False),
            "code": lambda: self._sign_in(by_code=True),
            "again": self._test_again,
            "insist": self._insist,
            "archive": self._turn_archive,
            "past": self._ask_past,
        }
        if row.kind in work:
            await work[row.kind]()
        elif row.kind == "candidate":
            self._show(wizard.choose(self.setup, int(row.item)))
        elif row.kind in ("alias", "folder"):
            key = "aliases" if row.kind == "alias" else "sync_folders"
            self._turn(key, str(row.item))

    def _turn(self, key: str, name: str) -> None:
        now: tuple[str, ...] = getattr(self.setup.account, key)
        changed = tuple(n for n in now if n != name) if name in now else (*now, name)
        marked = self.list.marked
        self._show(wizard.change(self.setup, key, changed))
        self.list.mark(marked)

    async def _change(self, setting: Setting) -> None:
        key, value = setting.key, getattr(self.setup.account, setting.key)
        if setting.choices:
            words = _WORDS.get(key, {})

            async def choose(name: str) -> None:
                self._show(wizard.change(self.setup, key, name))

            choices = [
                Choice(name, words.get(name, "now" if name == value else ""), "", name)
                for name in setting.choices
            ]
            await self.app.push_screen(
                PickerScreen(key.replace("_", " "), choices, choose, note=setting.text)
            )
            return

        async def take(typed: str) -> None:
            new: Any = parsed(setting, typed)
            new = tuple(new) if isinstance(new, list) else new
            if key == "aliases" and any("@" not in one for one in new):
                raise ConfigError("One of these is no e-mail address.")
            self._show(wizard.change(self.setup, key, new))

        shown = shown_value(value) if value not in ("", ()) else ""
        body = text.plain(help_of(setting))
        title = key.replace("_", " ")
        await self.app.push_screen(AskScreen(title, body, take, value=shown))

    async def _ask_address(self) -> None:
        async def take(typed: str) -> None:
            if "@" not in typed.strip(" @"):
                raise ConfigError("This is no e-mail address.")
            self._begin(lambda: self._look(typed), f"Looking for the servers of {typed.strip()} …")

        body = text.plain("Its servers are looked for: known providers at once, others by asking"
                          " the provider. Nothing is written before both servers took your"
                          " sign-in.")  # fmt: skip
        now = self.setup.account.address
        await self.app.push_screen(AskScreen("E-mail address", body, take, value=now))

    async def _look(self, address: str) -> None:
        begun = wizard.begin()
        self._show(await wizard.take_address(self.mail_app.ctx, begun, address))

    async def _ask_past(self) -> None:
        async def take(days: int) -> None:
            self._show(wizard.change(self.setup, "sync_days", days))

        now = self.setup.account.sync_days
        choices = [Choice(w, "now" if d == now else "", "", d) for d, w in wizard.PAST]
        note = "More can be brought at any time; less deletes nothing."
        await self.app.push_screen(PickerScreen("Past mail", choices, take, note=note))

    # Signing in

    async def _ask_secret(self) -> None:
        async def take(typed: str) -> None:
            self._show(wizard.with_secret(self.setup, typed))

        body = text.lines("\n".join(wizard.secret_words(self.setup)))
        await self.app.push_screen(AskScreen("Password", body, take, secret=True))

    async def _ask_place(self) -> None:
        async def take(place: str) -> None:
            if place == "command":
                await self._ask_command()
            else:
                self._show(wizard.change(self.setup, "secret", place))

        places = await wizard.places(self.mail_app.ctx)
        choices = [Choice(name, words, "", name) for name, words in places]
        await self.app.push_screen(PickerScreen("Where the secret is kept", choices, take))

    async def _ask_command(self) -> None:
        async def take(typed: str) -> None:
            words = typed.strip().removeprefix("command:").strip()
            if not words:
                raise ConfigError("Nothing was typed.")
            self._show(wizard.change(self.setup, "secret", f"command: {words}"))

        body = text.plain("Its first line of output is the secret: pass show mail, op read …")
        await self.app.push_screen(AskScreen("Command", body, take))

    async def _ask_way(self) -> None:
        async def take(way: str) -> None:
            self._show(wizard.change(self.setup, "auth", way))

        choices = [Choice(words, "", "", way) for way, words in WAYS.items()]
        await self.app.push_screen(PickerScreen("Signing in", choices, take))

    async def _sign_in(self, *, by_code: bool) -> None:
        async def done(tokens: str) -> None:
            self._show(wizard.with_secret(self.setup, tokens))
            self.say("Signed in.")

        async def known(client: str) -> None:
            self.setup = wizard.change(self.setup, "oauth_client", client)

        await self.mail_app.open_screen(
            "browser", account=self.setup.account, by_code=by_code, done=done, known=known
        )

    # The test

    def _begin(self, work: Callable[[], Awaitable[None]], busy: str) -> None:
        """Do something slow behind the screen; what fails is said, and the step can go on."""

        async def run() -> None:
            try:
                await work()
            except TuiMailError as error:
                self.say(str(error), trouble=True)
            finally:
                if self._busy:
                    self._show(self.setup)

        self._show(self.setup, busy)
        background.begin(self, run, "wizard")

    def _start_test(self) -> None:
        async def ask() -> None:
            self._show(await wizard.test(self.mail_app.ctx, self.setup))

        self._begin(ask, "Asking both servers …")

    async def _test_again(self) -> None:
        if not self._busy:
            self._start_test()

    async def _insist(self) -> None:
        from dataclasses import replace

        async def yes() -> None:
            self._show(wizard.forward(replace(self.setup, insists=True)))

        said = text.lines("\n".join(f"{one.server}: {one.text}" for one in self.setup.lines))
        await self.app.push_screen(ConfirmScreen("Keep it all the same?", said, yes))

    async def _turn_archive(self) -> None:
        self._show(wizard.turn_archive(self.setup))
