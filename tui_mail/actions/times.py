"""Times as the user says them: in their language, their zone, with their morning."""

from __future__ import annotations

from tui_mail.actions.context import Context
from tui_mail.config.times import time_words
from tui_mail.model.moments import shown
from tui_mail.model.when import Moment, parse_when, proposals


def parse(ctx: Context, typed: str) -> Moment:
    """The moment a phrase means. Raises ActionError for what is unclear or past."""
    words = time_words(str(ctx.settings.get("writing.language")))
    return parse_when(typed, ctx.now(), words, morning=_morning(ctx))


def offers(ctx: Context) -> list[tuple[str, Moment]]:
    """Times to choose from, each with its name."""
    return proposals(ctx.now(), morning=_morning(ctx))


def words(ctx: Context, moment: Moment) -> str:
    """A moment in full, with what a change of the clocks did to it."""
    note = f" ({moment.note})" if moment.note else ""
    return shown(moment.at, ctx.now()) + note


def _morning(ctx: Context) -> int:
    return int(ctx.settings.get("writing.morning"))
