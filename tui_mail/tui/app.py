"""The app: it opens the profile, shows the inbox, and wires screens, keys and the engine."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, ClassVar

os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
gc.disable()  # imports make thousands of objects, and none of them is garbage

from textual import events
from textual.binding import BindingType
from textual.filter import LineFilter, Monochrome, NoColor
from textual.timer import Timer
from textual.worker import Worker, WorkerState

from tui_mail.actions.context import Context, open_context
from tui_mail.config.keymap import Keymap
from tui_mail.errors import ConfigError, StoreDamaged, TuiMailError
from tui_mail.model.clock import Clock
from tui_mail.model.safe_text import safe_line
from tui_mail.store import accounts
from tui_mail.store.accounts import Account
from tui_mail.tui import background
from tui_mail.tui.acting import ActionQueue, Deed
from tui_mail.tui.commands import keymap, shown_key
from tui_mail.tui.format import counted
from tui_mail.tui.notices import Notices
from tui_mail.tui.program import Program
from tui_mail.tui.safety import TerminalSafety
from tui_mail.tui.screens.inbox import InboxScreen
from tui_mail.tui.shell import CommandScreen, make_screen, stylesheet
from tui_mail.tui.themes import DARK, LIGHT, theme_name
from tui_mail.tui.widgets.status_line import StatusLine

gc.freeze()
gc.enable()

if TYPE_CHECKING:
    from tui_mail.actions.reading import Reader
    from tui_mail.actions.status import Status
    from tui_mail.config.paths import Paths

_LOOK_DELAY = 0.05
_LANES_DELAY = 10.0
"""Seconds after which the views over mail and records follow what changed."""
_LANES_EVERY = 60.0
"""Seconds between looks at them while nothing changes: time alone moves mail into them."""
_TYPING_WAIT = 0.02
_TYPING_WAITS = 13
"""How long, and how often again, a typed key may take to reach its field before the next one.

In short pieces, so that a machine that halts the program uses up one of them and not the whole."""
_AFTER_FIRST_FRAME = 0.1


class TuiMail(Program):
    """One open profile in one terminal."""

    CSS_PATH: ClassVar[Any] = [stylesheet("app.tcss"), stylesheet("inbox.tcss")]
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self, ctx: Context, *, engine: bool = True, one_process: bool = False, mailto: str = ""
    ) -> None:
        super().__init__()
        self._mailto = mailto
        self.ctx = ctx
        self.keymap_in_use: Keymap = keymap(ctx.settings.get("screen.keys"), ctx.settings.keys)
        self.settings_trouble = ""
        self.settings_doubts: list[str] = []
        self.pacing = bool(ctx.settings.get("screen.pacing"))
        self.acts = ActionQueue(self.note_failure)
        self.last_deed: Deed | None = None
        self.farewell = ""
        """What remains to be done, said after the terminal is restored."""
        self._wants_engine, self._one_process = engine, one_process
        self._reader: Reader | None = None
        self._net = TerminalSafety()
        self._uncoloured = NoColor()
        self._notices = Notices(ctx, self._write_sequence)
        self._look: Timer | None = None
        self._countdown: Timer | None = None
        self._lanes: Timer | None = None
        self._sending: tuple[str, int] | None = None
        self._asked_to_quit = False
        self._unasked: bool | None = None
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = theme_name(ctx.settings.get("screen.theme"))

    def get_line_filters(self) -> list[LineFilter]:
        """Every strip passes the safety net last.

        Without colour in the terminal's palette there is none at all: Textual chooses its filter
        before the theme is known, and its greys make black of the palette's own colours.
        """
        filters = super().get_line_filters()
        if self.no_color and self.native_ansi_color:
            filters = [self._uncoloured if isinstance(f, Monochrome) else f for f in filters]
        return [*filters, self._net]

    def get_default_screen(self) -> InboxScreen:
        """The inbox is the first screen."""
        return InboxScreen()

    # Life

    def on_load(self) -> None:
        """Take signals."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                loop.add_signal_handler(number, self._end)

    def _end(self) -> None:
        background.begin(self, self._end_well, "end", exclusive=False)

    async def _end_well(self) -> None:
        await self.before_exit()
        self.exit(0)

    async def before_exit(self) -> None:
        """Let every screen keep what was typed."""
        for screen in list(self.screen_stack):
            if hasattr(screen, "before_exit"):
                with contextlib.suppress(TuiMailError):
                    await screen.before_exit()

    def on_ready(self) -> None:
        """The first frame is out; everything else starts behind it."""
        self.set_timer(_AFTER_FIRST_FRAME, self._begin_warming)

    def _begin_warming(self) -> None:
        background.begin(self, self._warm, "warm", exclusive=False)

    async def _warm(self) -> None:
        """What the first frame did not need; and what start-up made is no garbage from now on."""
        from tui_mail.tui import warming

        try:
            await warming.load(warming.FIRST_LOOKS)
            self._start_background()
            await warming.load(warming.USUAL_KEYS)
        finally:
            if not gc.isenabled():
                gc.freeze()
                gc.set_threshold(50_000, 20, 50)
                gc.enable()

    def _start_background(self) -> None:
        background.begin(self, self._watch, "watch", exclusive=False)
        background.begin(self, self._recover, "recover", exclusive=False)
        if self._mailto:
            background.begin(self, self._compose_link, "link", exclusive=False)
        background.begin(self, self._watch_settings, "settings", exclusive=False)
        if self._wants_engine:
            background.begin(self, self._start_engine, "engine", exclusive=False)
        self.look_soon()
        self.set_interval(_LANES_EVERY, self.lanes_soon)

    async def _watch(self) -> None:
        from tui_mail.tui.bridge import watch

        await watch(self.ctx.db, self.ctx.paths.socket, self.look)

    async def _compose_link(self) -> None:
        """The composer for the link the program was started with."""
        await self.open_screen("compose", kind="new", mailto=self._mailto)

    async def _watch_settings(self) -> None:
        from tui_mail.tui.settings_in_use import watch_file

        await watch_file(self)

    async def _recover(self) -> None:
        """Drafts of a program that did not end well are offered."""
        from tui_mail.tui.composing import recover

        drafts = await recover(self)
        if drafts:
            found = counted(len(drafts), "draft")
            self.say(f"Recovered {found} that was not closed: g d shows it.")
            self.look_soon()
        await self._tell_cut_short()

    async def _tell_cut_short(self) -> None:
        """An action that ended half way is named; it is never finished by itself."""
        from tui_mail.actions.undoing import cut_short

        found = await cut_short(self.ctx)
        keys = self.keymap_in_use.keys.get("mail.undo")
        if found is not None:
            summary, number = found
            how = f": {shown_key(keys[0])} takes it back." if keys else "."
            self.say(f"Cut short: {summary} (of {number:,}){how}", trouble=True)

    async def _start_engine(self) -> None:
        from tui_mail.tui import engine

        if self._one_process:
            await engine.run_here(self.ctx.paths)
            return
        try:
            await engine.keep_engine(self.ctx.paths, self._engine_failed)
        except StoreDamaged as error:
            self.ctx.db.condemn(error.message)
            raise

    def _engine_failed(self, message: str) -> None:
        self.say(message, trouble=True)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """The one place where a failed background task is told."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self.note_failure(event.worker.error)

    def note_failure(self, error: Exception) -> None:
        """Say what failed; the trace goes to the log, without mail text."""
        if isinstance(error, TuiMailError):
            self.say(str(error), trouble=True)
            return
        import logging

        logging.getLogger("tui_mail").error("failure", exc_info=error)
        self.say(f"Something went wrong: {type(error).__name__}. The log has more.", trouble=True)

    def say(self, message: str, *, trouble: bool = False) -> None:
        """Show one line on the nearest screen that can."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, CommandScreen) and type(screen).say is not CommandScreen.say:
                screen.say(message, trouble=trouble)
                return

    def say_sending(self, message: str, journal_id: int | None) -> None:
        """Show that a mail waits to go, for as long as it does."""
        self._sending = (message, journal_id) if journal_id else None
        self.say(message)

    def _write_sequence(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)

    async def _end_sending(self) -> None:
        """Take that line away once the mail went or was stopped."""
        if self._sending is None:
            return
        from tui_mail.store import outbox

        message, journal_id = self._sending
        if not await self.ctx.db.read(outbox.is_held, journal_id):
            self._sending = None
            for screen in self.screen_stack:
                for line in screen.query(StatusLine):
                    line.unsay(message)

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Take keys in their order, each done before the next, so that typing ahead is safe."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        screen = self.screen
        if isinstance(screen, CommandScreen) and await screen.take_key(event):
            return
        focused = self.focused
        await super().on_event(event)
        if focused is not None:
            taken = asyncio.Event()
            focused.call_later(taken.set)
            for _ in range(_TYPING_WAITS):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(taken.wait(), _TYPING_WAIT)
                if taken.is_set():
                    break

    async def open_screen(self, name: str, **args: Any) -> None:
        """Show a screen of `tui.screens`, imported now."""
        await self.push_screen(make_screen(name, **args))

    @property
    def reader(self) -> Reader:
        """Opens mails; its worker starts with the first one."""
        if self._reader is None:
            from tui_mail.actions.reading import Reader

            self._reader = Reader(self.ctx)
        return self._reader

    def copy_to_clipboard(self, text: str) -> None:
        """Copy through the terminal (OSC 52), out of tmux too; `text` is made safe first."""
        safe = safe_line(text, 4000)
        super().copy_to_clipboard(safe)
        if "TMUX" in os.environ and self._driver is not None:
            from base64 import b64encode

            coded = b64encode(safe.encode("utf-8")).decode("ascii")
            self._driver.write(f"\x1bPtmux;\x1b\x1b]52;c;{coded}\x07\x1b\\")

    async def on_unmount(self) -> None:
        """However the app ends, no mail reader outlives it."""
        await self.close_reader()

    async def close_reader(self) -> None:
        """End the worker and remove what was opened with other programs."""
        if self._reader is not None:
            from tui_mail.actions.reading import clean_temporary

            reader, self._reader = self._reader, None
            await reader.close()
            clean_temporary(self.ctx)

    # Facts

    async def read_accounts(self) -> list[Account]:
        """Accounts in the user's order."""
        return await self.ctx.db.read(accounts.accounts)

    async def asks_where_archive(self) -> bool:
        """Known since the last look; read only before the first one."""
        if self._unasked is None:
            from tui_mail.actions.status import archive_unasked

            self._unasked = bool(archive_unasked(self.ctx, await self.read_accounts()))
        return self._unasked

    def look_soon(self) -> None:
        """Read the status again in a moment."""
        if self._look is None:
            self._look = self.set_timer(_LOOK_DELAY, self._look_now)

    def _look_now(self) -> None:
        self._look = None
        background.begin(self, self.look, "look")

    async def look(self) -> None:
        """Something changed: every screen that shows facts looks again."""
        from tui_mail.actions.status import archive_unasked, status

        now = await status(self.ctx)
        if self._exit:
            return
        self._unasked = bool(archive_unasked(self.ctx, now.accounts))
        await self._end_sending()
        for screen in self.screen_stack:
            if hasattr(screen, "refresh_facts"):
                await screen.refresh_facts()
            if hasattr(screen, "show_status"):
                screen.show_status(now)
        await self._notices.look()
        self.lanes_soon(_LANES_DELAY)
        if now.held is not None and self._countdown is None:
            self._countdown = self.set_timer(1, self._count_down)

    def lanes_soon(self, seconds: float = 0.0) -> None:
        """Bring the views over mail and records up to date, at the latest after a while."""
        if self._lanes is None or not seconds:
            if self._lanes is not None:
                self._lanes.stop()
            self._lanes = self.set_timer(max(0.01, seconds), self._follow_lanes)

    def _follow_lanes(self) -> None:
        self._lanes = None
        background.begin(self, self._refresh_lanes, "lanes")

    async def _refresh_lanes(self) -> None:
        from tui_mail.actions import lanes

        if await lanes.refresh(self.ctx):
            self.look_soon()

    def _count_down(self) -> None:
        self._countdown = None
        self.look_soon()

    # Commands of every screen

    async def command_palette(self) -> None:
        """Every command by name."""
        await self._push_palette(is_help=False)

    async def command_help(self) -> None:
        """What works here."""
        await self._push_palette(is_help=True)

    async def _push_palette(self, *, is_help: bool) -> None:
        if isinstance(self.screen, CommandScreen):
            await self.open_screen("palette", over=self.screen, is_help=is_help)

    async def command_go_sheet(self, name: str) -> None:
        """Labels, templates, signatures."""
        await self.open_screen(name)

    async def command_redraw(self) -> None:
        """Paint everything again."""
        self.forget_screen(clear=True)
        self.screen.refresh(layout=True)

    async def command_sync_now(self) -> None:
        """Ring the engine."""
        self.ctx.sync_now()
        self.say("Looking for new mail.")

    async def command_quit(self) -> None:
        """Leave; mail that still waits makes it ask once."""
        from tui_mail.actions.status import status

        now = await status(self.ctx)
        if now.waiting_mails and not self._asked_to_quit:
            self._asked_to_quit = True
            self.say(f"{_remains(now)}; it goes out in the background. Once more quits.")
            return
        await self.before_exit()
        await self.acts.drain()
        self.farewell = _remains(await status(self.ctx))
        self.exit(0)


def _remains(now: Status) -> str:
    waiting = [
        counted(number, word)
        for number, word in ((now.waiting_mails, "mail"), (now.waiting_operations, "change"))
        if number
    ]
    return " and ".join(waiting) + " still waiting" if waiting else ""


async def _main(
    paths: Paths, *, engine: bool, one_process: bool, clock: Clock | None, mailto: str
) -> int:
    ctx = await open_context(paths, clock=clock)
    try:
        app = TuiMail(ctx, engine=engine, one_process=one_process, mailto=mailto)
        code = await app.run_async(mouse=bool(ctx.settings.get("screen.mouse")))
        await app.acts.drain()
        if app.farewell:
            print(f"{app.farewell}; tui-mail brings them to the server in the background.")
        return app.return_code or code or 0
    finally:
        await ctx.close()


def run(
    paths: Paths,
    *,
    engine: bool = True,
    one_process: bool = False,
    clock: Clock | None = None,
    mailto: str = "",
) -> int:
    """Show the inbox until the user leaves, with the composer for `mailto`; the exit code.

    Raises ConfigError for a terminal that cannot show it, and whatever opening the profile raises.
    """
    if os.environ.get("TERM", "") in ("", "dumb", "unknown") or not sys.stdin.isatty():
        raise ConfigError(
            "This terminal cannot show the inbox.",
            hint="Set TERM, or use the command line: tui-mail --help.",
        )
    gc.disable()  # start-up makes no garbage worth a look before the first frame is out
    try:
        return asyncio.run(
            _main(paths, engine=engine, one_process=one_process, clock=clock, mailto=mailto)
        )
    finally:
        gc.enable()
