"""How accounts, queue and outbox stand, in the words of the status line. Pure."""

from __future__ import annotations

from tui_mail.actions.status import MENDS, Status
from tui_mail.store.accounts import Account
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
