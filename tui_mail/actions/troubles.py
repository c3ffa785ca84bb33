"""The four classic troubles explained for one account or mail: sign-in, send, inbox, deal."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from tui_mail.accounts import secrets
from tui_mail.actions.context import Context
from tui_mail.actions.status import state_now
from tui_mail.actions.why import why
from tui_mail.errors import ActionError, TuiMailError
from tui_mail.model.safe_text import one_line
from tui_mail.model.views import VIEW_NAMES, View, view_folder
from tui_mail.store import accounts, trouble
from tui_mail.store.ownership import EngineLock
from tui_mail.store.trouble import Mail


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. All of it is safe text."""

    ok: bool
    text: str
    hint: str = ""
    """What to do."""


async def sign_in(ctx: Context, slug: str) -> list[Line]:
    """Why an account cannot sign in. Raises ActionError for an unknown one."""
    settings, row_id = ctx.settings.account(slug), ctx.account_ids.get(slug)
    row = await ctx.db.read(accounts.account, row_id) if row_id is not None else None
    if settings is None or row is None:
        raise ActionError(f"There is no account `{one_line(slug, 40)}`.")
    lines: list[Line] = []
    if settings.paused:
        resume = f"`tui-mail account resume {slug}`."
        lines.append(Line(False, "The account is paused by you.", resume))
    runs = EngineLock.holder(ctx.paths.lock) is not None
    state = state_now(row.state, runs)
    good = state in ("active", "initial_sync")
    words = state.replace("_", " ") + (f": {row.reason}" if row.reason else "")
    start = "`tui-mail daemon status` says how to start one."
    lines.append(Line(good, f"State: {words}"))
    if not runs:
        lines.append(Line(good, "No engine runs, so nobody signs in now.", start))
    if row.last_error and not good:
        lines.append(Line(False, f"The server's last words: {row.last_error}"))
    try:
        place = await asyncio.to_thread(secrets.backend_name, settings)
        await asyncio.to_thread(secrets.read_secret, settings, ctx.paths)
        lines.append(Line(True, f"There is a secret: {one_line(place, 80)}."))
    except TuiMailError as error:
        lines.append(Line(False, one_line(error.message, 200), error.hint))
    if row.state == "auth_failed":
        way = "login" if settings.auth == "oauth" else "password"
        lines.append(
            Line(
                False,
                "It is not tried again by itself, so that the account is not locked.",
                f"`tui-mail account {way} {slug}`, then `tui-mail account test {slug}`.",
            )
        )
    elif row.state == "retrying":
        lines.append(
            Line(False, "That is the network or the server, not your password: it goes on trying.")
        )
    secured = settings.imap_security.upper()
    user = one_line(settings.imap_user or settings.address, 80)
    lines.append(Line(True, f"{settings.imap_host}:{settings.imap_port} ({secured}) as {user}."))
    return lines


async def send(ctx: Context, slug: str, mail: Mail | None) -> list[Line]:
    """Why a mail, or every mail of an account, does not go."""
    lines: list[Line] = []
    for one_slug in [slug] if slug else sorted(ctx.account_ids):
        lines += await _sender(ctx, one_slug)
    row_id = ctx.account_ids.get(slug) if slug else None
    found = await ctx.db.read(trouble.outgoing, row_id, mail.id if mail else None)
    words = {
        "held": "waits for its undo time or its hour",
        "queued": "waits for the server",
        "sending": "is on its way",
        "failed": "was refused",
        "partial": "was refused for some recipients",
        "uncertain": "may have gone: the connection ended before the server's answer",
        "sent": "was sent",
    }
    for one in found:
        good = one.state in ("sent", "sending", "held", "queued")
        said = f": {one.error}" if one.error and one.state != "sent" else ""
        subject = one_line(one.subject or "(no subject)", 60)
        hint = "" if good else f"Decide: `tui-mail outbox`, number {one.id}."
        lines.append(Line(good, f"“{subject}” {words.get(one.state, one.state)}{said}.", hint))
    if not found and mail is not None:
        lines.append(Line(False, "It was never given to the outbox.", "It is a draft or received."))
    elif not found:
        lines.append(Line(True, "Nothing waits to be sent."))
    return lines


async def _sender(ctx: Context, slug: str) -> list[Line]:
    account, row_id = ctx.settings.account(slug), ctx.account_ids.get(slug)
    if account is None or row_id is None:
        raise ActionError(f"There is no account `{one_line(slug, 40)}`.")
    row = await ctx.db.read(accounts.account, row_id)
    lines: list[Line] = []
    if not account.smtp_host:
        lines.append(Line(False, "There is no server for sending.", "Set smtp_host."))
    if account.paused:
        lines.append(Line(False, "The account is paused: nothing goes.",
                          f"`tui-mail account resume {slug}`."))  # fmt: skip
    if row is not None and row.state == "auth_failed":
        lines.append(Line(False, f"The sign-in was rejected: {row.reason}",
                          f"`tui-mail account password {slug}`."))  # fmt: skip
    return lines


async def inbox(ctx: Context, mail: Mail) -> list[Line]:
    """Why a mail that is here is not in the inbox, or that it is."""
    found = await ctx.db.read(trouble.standing, mail.id)
    lines: list[Line] = []
    if found.in_inbox:
        lines.append(Line(True, "Its conversation is in the inbox."))
    if found.deleted:
        lines.append(Line(False, "It was deleted here.", "z takes it back for 30 days (Trash)."))
    if found.screened:
        lines.append(Line(False, "It is screened: its sender is blocked.",
                          "`tui-mail block list`, or b in the view Screened."))  # fmt: skip
    if found.muted:
        lines.append(Line(False, "Its conversation is muted.", "M ends that."))
    if found.snoozed:
        lines.append(
            Line(False, "Its conversation sleeps until a time you chose.", "View Snoozed.")
        )
    if found.let_go:
        lines.append(Line(False, "You chose not to have it synced any more.",
                          "`tui-mail account scope ID` says what is."))  # fmt: skip
    elif found.gone:
        lines.append(Line(False, "The server no longer has it; deleted or moved elsewhere."))
    views = [name for view in found.views if (name := _view(view))]
    if views and not found.in_inbox:
        lines.append(Line(True, f"It is shown in: {', '.join(views)}."))
    where = ", ".join(one_line(name, 60) for name in found.folders)
    if where:
        hint = "" if found.in_inbox else "Archived, moved by you, or by a rule of the server."
        lines.append(Line(True, f"On the server it is in: {where}.", hint))
    return lines


def _view(view_id: int) -> str:
    if view_folder(view_id) is not None:
        return ""
    try:
        return VIEW_NAMES[View(view_id)]
    except (KeyError, ValueError):
        return ""


async def absent(ctx: Context, only: str = "") -> list[Line]:
    """Why mail may not be here at all: what each account, or one, leaves out, and what failed."""
    lines: list[Line] = []
    rows = [row for row in await ctx.db.read(accounts.accounts) if only in ("", row.slug)]
    for row in rows:
        account = ctx.settings.account(row.slug)
        if account is None:
            continue
        if row.state != "active":
            lines.append(Line(False, f"{row.slug}: {row.state.replace('_', ' ')}; {row.reason}"))
        if account.sync_days:
            lines.append(Line(True, f"{row.slug}: brings {account.sync_days} days of past mail.",
                              f"`tui-mail account scope {row.slug} --past all`."))  # fmt: skip
        if account.past_mail == "contacts":
            widen = f"`tui-mail account scope {row.slug} --past-of everyone`."
            lines.append(Line(True, f"{row.slug}: of past mail only mail with contacts.", widen))
        left = await ctx.db.read(trouble.left_out, row.id)
        if left:
            shown = ", ".join(one_line(name, 40) for name in left[:8])
            lines.append(Line(True, f"{row.slug}: these folders are not synced: {shown}."))
        stuck = await ctx.db.read(trouble.not_fetched, row.id)
        if stuck:
            lines.append(Line(False, f"{row.slug}: {stuck} mails are listed but did not come.",
                              f"`tui-mail doctor --online {row.slug}`."))  # fmt: skip
    return lines


async def deal(ctx: Context, mail: Mail) -> list[Line]:
    """Why a mail is not seen at a deal, lead or project."""
    lines: list[Line] = []
    for reason in await why(ctx, mail.conversation_id):
        if reason.topic in ("link", "history", "people", "screened", "sight"):
            good = reason.topic in ("people", "sight") or reason.text.startswith("Linked")
            rule = f" ({reason.rule})" if reason.rule else ""
            lines.append(Line(good, reason.text + rule))
    if not any(line.ok and line.text.startswith("Linked") for line in lines):
        lines.append(Line(False, "So it is shown at no deal.", f"`tui-mail link "
                          f"{mail.conversation_id} deal:NUMBER`, or l in the inbox."))  # fmt: skip
    return lines


def find(conn: sqlite3.Connection, named: str) -> Mail | None:
    """The mail of `12` (newest of a conversation), `m34`, or a Message-ID."""
    return trouble.find(conn, named)


def worst(lines: Iterable[Line]) -> bool:
    """Whether something is wrong."""
    return any(not line.ok for line in lines)
