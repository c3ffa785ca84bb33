"""What is synced, changed later: the effect in numbers first, then the change (R16, B3)."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from tui_mail.actions import accounts as actions
from tui_mail.actions import sending
from tui_mail.actions.context import Context
from tui_mail.actions.wizard import past_words
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import ActionError
from tui_mail.filing import letting_go
from tui_mail.model.safe_text import one_line
from tui_mail.store import scope
from tui_mail.store.database import Pace
from tui_mail.store.scope import Outside

KEYS = (
    "sync_days", "sync_scope", "sync_folders", "skip_folders", "extra_folders", "past_mail",
    "default_visibility", "past_visibility",
)  # fmt: skip
"""Settings whose change touches mail, or might be thought to."""
_FIRST, _MOST = 100, 400


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change would do."""

    words: tuple[str, ...]
    """Safe text, one sentence each."""
    outside: Outside | None = None
    """Mail that is here and would not be brought any more; it stays unless the user says so."""
    ids: tuple[int, ...] = field(default=(), repr=False)
    before: int = 0
    folders: tuple[str, ...] = ()


async def effect(ctx: Context, new: AccountSettings) -> Effect:
    """The effect of `new` against the settings that hold. Raises ActionError for a new account."""
    old = ctx.settings.account(new.id)
    account_id = ctx.account_ids.get(new.id)
    if old is None or account_id is None:
        raise ActionError(f"There is no account `{one_line(new.id, 40)}`.")
    words: list[str] = []
    before = 0
    if new.sync_days and (not old.sync_days or new.sync_days < old.sync_days):
        before = ctx.now() - new.sync_days * 86_400
    elif old.sync_days and (not new.sync_days or new.sync_days > old.sync_days):
        words.append(f"More past mail is fetched: {past_words(new.sync_days)} of it.")
    names = await _leaving(ctx, account_id, old, new)
    joining = set(new.sync_folders) - set(old.sync_folders)
    if new.sync_scope == "chosen" and joining:
        listed = ", ".join(one_line(name, 40) for name in sorted(joining)[:5])
        words.append(f"Filled in from {past_words(new.sync_days)} back: {listed}.")
    if (old.past_mail, new.past_mail) == ("contacts", "everyone"):
        words.append("Past mail of everyone is fetched.")
    elif old.past_mail != new.past_mail:
        words.append("Past mail that is here stays; new mail comes from everyone as before.")
    if (old.default_visibility, old.past_visibility) != (
        new.default_visibility,
        new.past_visibility,
    ):
        words.append("It holds for mail that comes from now on: 0 conversations here change.")
    ids: list[int] = []
    outside = None
    if before or names:
        ids = await ctx.db.read(scope.outside, account_id, before, names)
        if ids:
            outside = await ctx.db.read(scope.count, ids)
            words.append(
                f"{outside.messages:,} mails that are here would not be brought today; with them"
                f" {outside.conversations:,} conversations came only from there,"
                f" {outside.linked:,} of them linked. They stay unless you say otherwise."
            )
    return Effect(tuple(words), outside, tuple(ids), before, tuple(names))


async def _leaving(
    ctx: Context, account_id: int, old: AccountSettings, new: AccountSettings
) -> list[str]:
    """Folders that are synced now and would not be."""
    policy = (await ctx.policies()).get(account_id)
    if policy is not None and policy.gmail:
        return []
    gone = set(new.skip_folders) - set(old.skip_folders)
    gone |= set(old.extra_folders) - set(new.extra_folders)
    now = await ctx.db.read(scope.folder_names, account_id)
    if new.sync_scope == "chosen":
        gone |= set(now) - set(new.sync_folders) - set(new.extra_folders)
    return sorted(gone & set(now))


async def apply(ctx: Context, new: AccountSettings, *, remove: bool = False) -> Effect:
    """Keep the new settings; with `remove` also let go, only here, what they would not bring."""
    found = await effect(ctx, new)
    await actions.put_account(ctx, new)
    if remove and found.ids:
        account_id, now = ctx.account_ids[new.id], ctx.now()
        await ctx.db.write(scope.forget_past, account_id, found.before, found.folders)
        unit = functools.partial(_let_go, now=now)
        async for _ in ctx.db.write_parts(found.ids, Pace(_FIRST, _MOST), unit):
            pass
        ctx.wake()
    return found


def _let_go(conn: sqlite3.Connection, part: Sequence[int], *, now: int) -> None:
    letting_go.let_go(conn, part, now)


# -- an account that goes ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """What an account has here."""

    mails: int
    linked: int
    """Of these, mails of conversations at a deal, lead or project."""
    waiting_mails: int
    waiting_changes: int

    @property
    def words(self) -> str:
        """For the question before it goes."""
        said = f"{self.mails:,} mails are here, {self.linked:,} of them linked."
        if self.waiting_mails == 1:
            said += " One mail waits to be sent: it becomes a draft again."
        elif self.waiting_mails:
            said += f" {self.waiting_mails:,} wait to be sent: they become drafts again."
        if self.waiting_changes:
            said += f" {self.waiting_changes:,} changes have not reached the server."
        return said


async def held(ctx: Context, slug: str) -> Held:
    """Numbers for the question what is kept. Raises ActionError for an unknown account."""
    account_id = _row(ctx, slug)
    every = await ctx.db.read(_count, account_id, False)
    loose = await ctx.db.read(_count, account_id, True)
    mails, changes = await ctx.db.read(scope.waiting, account_id)
    return Held(every, every - loose, mails, changes)


def _count(conn: sqlite3.Connection, account_id: int, but_linked: bool) -> int:
    return len(scope.of_account(conn, account_id, but_linked=but_linked))


MAIL_CHOICES = {
    "all": "Keep all its mail here, to be read and found",
    "linked": "Keep only mail that is linked; remove the rest from here",
    "none": "Remove all its mail from here",
}
"""What can be kept of an account's mail; records and drafts stay in any case."""


async def remove_account(
    ctx: Context, slug: str, *, mail: str = "all", keep_secret: bool = False
) -> int:
    """Take an account out and remove its mail as said; answers how many mails went from here.

    Mail that has not begun to go is a draft again: it must not go when the account comes back.
    The server keeps everything. Raises ActionError, ConfigError.
    """
    if mail not in MAIL_CHOICES:
        raise ActionError(f"`{one_line(mail, 20)}` is no choice.", hint="all, linked or none.")
    account_id = _row(ctx, slug)
    for outbox_id in await ctx.db.read(scope.unsent, account_id):
        await ctx.db.write(sending.stop, outbox_id, ctx.now())
    await actions.remove_account(ctx, slug, keep_secret=keep_secret)
    if mail == "all":
        return 0
    ids = await ctx.db.read(_ids, account_id, mail == "linked")
    async for _ in ctx.db.write_parts(ids, Pace(20, 200), letting_go.erase):
        pass
    return len(ids)


def _ids(conn: sqlite3.Connection, account_id: int, but_linked: bool) -> list[int]:
    return scope.of_account(conn, account_id, but_linked=but_linked)


def _row(ctx: Context, slug: str) -> int:
    if slug not in ctx.account_ids or ctx.settings.account(slug) is None:
        raise ActionError(f"There is no account `{one_line(slug, 40)}`.")
    return ctx.account_ids[slug]
