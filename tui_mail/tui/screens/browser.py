"""Signing in in the browser: the address to open, the line for another machine, or a code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui_mail.actions import signing_in
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import ConfigError, TuiMailError
from tui_mail.tui import background, text
from tui_mail.tui.commands import ASK
from tui_mail.tui.shell import CommandScreen, stylesheet
from tui_mail.tui.widgets.fields import LineField
from tui_mail.tui.widgets.hints import Hints

Take = Callable[[str], Awaitable[None]]


def screen(
    *, account: AccountSettings, by_code: bool, done: Take, known: Take | None = None
) -> BrowserScreen:
    """`done` takes the tokens to keep, `known` a client id that was typed on the way."""
    return BrowserScreen(account, by_code=by_code, done=done, known=known)


class BrowserScreen(CommandScreen):
    """Asks for what is missing, shows what to open, and waits."""

    CONTEXT = ASK
    CSS_PATH: ClassVar[Any] = [stylesheet("ask.tcss")]

    def __init__(
        self, account: AccountSettings, *, by_code: bool, done: Take, known: Take | None
    ) -> None:
        super().__init__()
        self._account, self._by_code, self._done = account, by_code, done
        self._known = known
        self._wanted: signing_in.Wanted | None = None
        self._client_secret = ""
        self._begun: signing_in.SignIn | None = None

    def compose(self) -> ComposeResult:
        """What to do over a field for what is pasted."""
        with Vertical(id="ask"):
            yield Static(text.plain("Sign in in the browser"), id="ask-title")
            yield Static(id="ask-body")
            yield LineField(id="ask-field")
            yield Static(id="ask-note")
        yield Hints()

    async def on_mount(self) -> None:
        """Ask for the client id first, where it is not known."""
        self.set_focus(self.query_one(Input))
        self.query_one(Hints).offer(ASK, self.mail_app.keymap_in_use)
        try:
            self._wanted = await signing_in.wanted(self.mail_app.ctx, self._account)
            await self._go_on()
        except TuiMailError as error:
            self._note(str(error))

    def on_unmount(self) -> None:
        """Nobody waits for the browser any longer."""
        if self._begun is not None:
            self._begun.close()

    def _body(self, *lines: str) -> None:
        self.query_one("#ask-body", Static).update(text.lines("\n".join(lines)))

    def _note(self, words: str) -> None:
        self.query_one("#ask-note", Static).update(text.lines(words))

    async def _go_on(self) -> None:
        wanted, field = self._wanted, self.query_one(LineField)
        assert wanted is not None
        field.load("")
        field.password = False
        if not self._account.oauth_client:
            page = f"It is made at {wanted.client_page}" if wanted.client_page else ""
            self._body(f"{wanted.name} wants a client id of your own. Type it here.", page)
            return
        if wanted.client_secret and not self._client_secret:
            field.password = True
            self._body("Type the secret that came with the client id.")
            return
        by_code = self._by_code and wanted.by_code
        if self._by_code and not wanted.by_code:
            self._note(f"{wanted.name} gives no code for mail; this is the other way.")
        self._body("One moment …")
        self._begun = await signing_in.sign_in(
            self.mail_app.ctx, self._account, self._client_secret, by_code=by_code
        )
        field.display = self._begun.takes_paste
        self._body(*self._begun.lines)
        background.begin(self.app, self._wait, "browser")

    async def _wait(self) -> None:
        assert self._begun is not None
        try:
            tokens = await self._begun.wait()
        except TuiMailError as error:
            if self.is_attached:
                self._note(str(error))
            return
        if self.app.screen is self:
            await self.app.pop_screen()
        await self._done(tokens)

    async def command_ask_take(self) -> None:
        """The client id, its secret, or the address the browser could not open."""
        typed = self.query_one(Input).value.strip()
        try:
            if not typed:
                raise ConfigError("Nothing was typed.")
            if self._begun is not None:
                self._begun.paste(typed)
                return
            if not self._account.oauth_client:
                self._account = replace(self._account, oauth_client=typed)
                if self._known is not None:
                    await self._known(typed)
            else:
                self._client_secret = typed
            await self._go_on()
        except TuiMailError as error:
            self._note(str(error))

    async def command_ask_complete(self) -> None:
        """There is nothing to complete."""

    async def command_ask_no(self) -> None:
        """Leave it."""
        await self.app.pop_screen()
