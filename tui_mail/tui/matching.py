"""Finding words in the conversation that is read: the field, the marks, and the way back."""

from __future__ import annotations

from textual import on
from textual.timer import Timer
from textual.widgets import Input

from tui_mail.tui.commands import FIND, MESSAGE
from tui_mail.tui.format import counted
from tui_mail.tui.loading import Loading
from tui_mail.tui.widgets.fields import LineField
from tui_mail.tui.widgets.hints import Hints

_FIND_DELAY = 0.12


class MatchingScreen(Loading):
    """A reader with a field `#find`."""

    def __init__(self, conversation_id: int) -> None:
        super().__init__(conversation_id)
        self._find_delay: Timer | None = None
        self.searched = ""
        """What is marked in the text."""
        self._finding = False

    @property
    def context(self) -> str:
        """The find field has its own keys."""
        return FIND if self._finding else MESSAGE

    async def command_find(self) -> None:
        """Open the find field."""
        self._finding = True
        self.set_class(True, "-finding")
        self.set_focus(self.query_one(LineField))
        self.query_one(Hints).offer(FIND, self.mail_app.keymap_in_use)

    @on(Input.Changed, "#find")
    def typed(self) -> None:
        """Mark once the typing pauses."""
        if self._find_delay is not None:
            self._find_delay.stop()
        if self._finding:
            self._find_delay = self.set_timer(_FIND_DELAY, self._find_now)

    def _find_now(self) -> None:
        self.searched = self.query_one(LineField).value
        if self.searched and any(not e.quotes for e in self.entries.values() if e.unfolded):
            for entry in self.entries.values():
                entry.quotes = True
            self.paint()
            return
        self.mark_found()

    def mark_found(self, *, again: bool = False) -> None:
        """Mark it in what is shown; after a repaint that changed nothing of it no word is said."""
        before = len(self.body.matches)
        count = self.body.find(self.searched, again=again)
        if self.searched and not (again and count == before):
            self.say(counted(count, "match", "matches") if count else "Nothing found here.")

    async def command_find_keep(self) -> None:
        """Back to the text, with what was found marked."""
        if self._find_delay is not None:
            self._find_delay.stop()
        self._find_now()
        self._close_find()

    async def command_find_leave(self) -> None:
        """Find nothing."""
        self.leave_find()

    def leave_find(self) -> None:
        """Nothing is looked for any more."""
        if self._find_delay is not None:
            self._find_delay.stop()
        self.searched = ""
        self.body.find("")
        self.query_one(LineField).value = ""
        self._close_find()

    def _close_find(self) -> None:
        self._finding = False
        self.set_class(False, "-finding")
        self.set_focus(self.body)
        self.query_one(Hints).offer(MESSAGE, self.mail_app.keymap_in_use)

    async def command_match_by(self, step: int) -> None:
        """The next or previous match."""
        if not self.body.matches:
            self.say("Nothing is marked; / finds.")
            return
        self.body.go_to_match(self.body.match + step)
        self.say(f"{self.body.match + 1} of {counted(len(self.body.matches), 'match', 'matches')}")
