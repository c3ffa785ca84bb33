"""Signatures of accounts: keeping them, and which one mails begin with (B42)."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from tui_mail.actions.context import Context
from tui_mail.actions.parts import Done
from tui_mail.actions.recorded import Outcome, RecordDone, act
from tui_mail.config import save
from tui_mail.errors import ActionError
from tui_mail.model.records import Ref, clean
from tui_mail.model.safe_text import one_line
from tui_mail.store import journal, signatures
from tui_mail.store.signatures import Signature

DEFAULT = "default_signature"
"""Kind of undo that is in the settings."""


async def named(ctx: Context, account_id: int, name: str) -> Signature:
    """A signature by its name. Raises ActionError."""
    found = await ctx.db.read(signatures.by_name, account_id, name)
    if found is None:
        raise ActionError(f"There is no signature `{one_line(name, 60)}` for that account.")
    return found


async def put(
    ctx: Context, account_id: int, name: str, body: str, *, new: bool, dry_run: bool = False
) -> RecordDone:
    """Add a signature, or change one. Raises ActionError for an empty or a taken name."""
    given = one_line(clean(name), 100)
    if not given or not body.strip():
        raise ActionError("A signature needs a name and a text.")
    known = await ctx.db.read(signatures.by_name, account_id, given)
    if new and known is not None:
        raise ActionError(f"There is a signature {given} already.")
    now = ctx.now()

    def change(conn: sqlite3.Connection) -> Outcome:
        text = clean(body, long=True).removeprefix("-- \n").removeprefix("--\n").strip("\n")
        signature_id = signatures.put(conn, account_id, given, text, now)
        word = "Added" if new else "Changed"
        return Outcome(f"{word} signature {given}", records=[Ref("signature", signature_id)])

    return await act(ctx, "put_signature", change, dry_run=dry_run)


async def remove(ctx: Context, signature: Signature, *, dry_run: bool = False) -> RecordDone:
    """Remove a signature; undo brings it back."""

    def change(conn: sqlite3.Connection) -> Outcome:
        signatures.remove(conn, signature.id)
        return Outcome(f"Removed signature {one_line(signature.name, 60)}")

    return await act(ctx, "remove_signature", change, dry_run=dry_run)


async def need_free(ctx: Context, account_id: int, name: str) -> str:
    """The name as it is kept. Raises ActionError when it is empty or taken."""
    given = one_line(clean(name), 100)
    if not given:
        raise ActionError("A signature needs a name.")
    if await ctx.db.read(signatures.by_name, account_id, given) is not None:
        raise ActionError(f"There is a signature {given} already.", hint="Take another name.")
    return given


async def rename(
    ctx: Context, signature: Signature, name: str, *, dry_run: bool = False
) -> RecordDone:
    """Give a signature another name; the default stays the default. Raises ActionError."""
    account = ctx.account(signature.account_id)
    given = one_line(clean(name), 100)
    if given.casefold() != signature.name.casefold():
        given = await need_free(ctx, signature.account_id, name)
    now = ctx.now()

    def change(conn: sqlite3.Connection) -> Outcome:
        signatures.rename(conn, signature.id, given, now)
        return Outcome(f"Renamed signature {given}", records=[Ref("signature", signature.id)])

    done = await act(ctx, "rename_signature", change, dry_run=dry_run)
    if not dry_run and account is not None and account.signature == signature.name:
        followed = await make_default(ctx, signature.account_id, given, after=done.journal_id)
        return replace(done, journal_id=followed.journal_id)
    return done


async def make_default(
    ctx: Context, account_id: int, name: str, where: str = "", *, after: int | None = None
) -> RecordDone:
    """Set what new mails and answers of an account begin with; an empty name: nothing.

    `where` is both, new, replies or none; empty leaves it as it is. `after` is the journal entry
    that undo takes back with this one.
    """
    account = ctx.account(account_id)
    if account is None:
        raise ActionError("There is no such account.")
    if name:
        name = (await named(ctx, account_id, name)).name
    changed = replace(account, signature=name, signature_in=where or account.signature_in)
    save.put_account(ctx.paths.config_file, changed)
    await ctx.reload()
    shown = one_line(name, 60)
    summary = f"Mails begin with {shown}" if name else "Mails begin without a signature"
    undo = {
        "kind": DEFAULT,
        "account_id": account_id,
        "name": account.signature,
        "where": account.signature_in,
        **({"after": after} if after else {}),
    }
    entry = await ctx.db.write(_note_default, summary, undo, ctx.now())
    return RecordDone(entry, summary, ())


def _note_default(conn: sqlite3.Connection, summary: str, undo: dict[str, object], now: int) -> int:
    return journal.add(
        conn,
        now=now,
        actor="user",
        action="default_signature",
        summary=summary,
        targets={"accounts": [undo["account_id"]]},
        undo=undo,
    )


async def undo_default(ctx: Context, entry: journal.Entry) -> Done:
    """Put the former default back; it stands in the settings, not in the database."""
    account = ctx.account(int(entry.undo["account_id"]))
    if account is not None:
        former = replace(account, signature=entry.undo["name"], signature_in=entry.undo["where"])
        save.put_account(ctx.paths.config_file, former)
        await ctx.reload()
    await ctx.db.write(journal.mark_undone, entry.id, ctx.now())
    return Done(entry.id, f"Undone: {entry.summary}", (), undoable=False)
