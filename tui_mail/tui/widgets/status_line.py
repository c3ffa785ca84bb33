"""One line that says how things stand: the last thing done, the accounts, what waits."""

from __future__ import annotations

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.actions.status import MENDS, Status
from tui_mail.model.safe_text import safe_line
from tui_mail.store.accounts import Account
from tui_mail.tui import text
from tui_mail.tui.format import clock_time, counted, duration, number

_GOOD = {"active"}


def account_words(account: Account) -> str:
    """What is wrong with an account, or what it is busy with, and the key that mends it."""
    name = account.short_name or account.address
    if account.state == "initial_sync":
        return f"{name}: {progress_words(account)}"
    mend = MENDS.get(account.state, "")
    reason = (account.reason or account.state.replace("_", " ")).rstrip(".")
    return f"{name}: {reason}" + (f" ({mend})" if mend else "")


def progress_words(account: Account) -> str:
    """First sync: folder, how much of how much, rate, time left."""
    progress = account.progress
    done, total = int(progress.get("done", 0)), int(progress.get("total", 0))
    rate = float(progress.get("rate", 0) or 0)
    words = f"{progress.get('folder', '') or progress.get('phase', '') or 'first sync'}"
    if total:
        words += f" {number(done)}/{number(total)}"
    if rate >= 1:
        words += f", {number(round(rate))}/s"
        if total > done:
            words += f", {duration((total - done) / rate)} left"
    return words


def standing(status: Status) -> str:
    """The right half of the line: troubles first, then work, then the age of the data."""
    words: list[str] = []
    if status.held is not None:
        words.append(f"sending in {max(0, status.held[1])} s, z stops it")
    if status.troubled_mails:
        words.append(f"{counted(status.troubled_mails, 'mail')} not sent (g o)")
    words += [account_words(a) for a in status.accounts if a.state not in _GOOD]
    waiting = status.waiting_mails - status.troubled_mails - (status.held is not None)
    if waiting > 0:
        words.append(f"{counted(waiting, 'mail')} waiting")
    if status.waiting_operations:
        words.append(f"{counted(status.waiting_operations, 'change')} waiting")
    if status.oldest_ok_at and not words:
        words.append(f"as of {clock_time(status.oldest_ok_at)}")
    return " · ".join(words)


class StatusLine(Widget):
    """Left what was done last, right how things stand."""

    DEFAULT_CSS = "StatusLine { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._said = ""
        self._trouble = False
        self._standing = ""

    def say(self, message: str, *, trouble: bool = False) -> None:
        """Show what happened."""
        if (message, trouble) != (self._said, self._trouble):
            self._said, self._trouble = message, trouble
            self.refresh()

    def unsay(self, message: str) -> None:
        """Take a message away that is no longer true, unless something else was said since."""
        if self._said == message:
            self.say("")

    def stand(self, words: str) -> None:
        """Show how things stand."""
        if words != self._standing:
            self._standing = words
            self.refresh()

    @property
    def shown(self) -> str:
        """Both halves, for tests and for screen readers."""
        return f"{self._said} {self._standing}".strip()

    def render_line(self, y: int) -> Strip:
        """The message takes the room it needs; the standing gets the rest, at the right."""
        width, style = self.size.width, self.rich_style
        left = f" {safe_line(self._said)}"
        right = f"{safe_line(self._standing)} "
        room = width - cell_len(left) - 2
        if cell_len(right) > room:
            right = text.fit(right, max(room, width // 3 if not self._trouble else 0))
        left = text.fit(left, width - cell_len(right))
        said = style + Style(bold=True) if self._trouble else style
        return text.strip(width, (left, said), (right, style + Style(dim=not self._trouble)))
