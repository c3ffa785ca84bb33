"""Signatures of accounts: keeping them, and which one mails begin with (B42)."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from tui_mail.actions.context import Context
from tui_mail.actions.recorded import Outcome, RecordDone, act
from tui_mail.config import save
from tui_mail.errors import ActionError
from tui_mail.model.records import Ref, clean
from tui_mail.model.safe_text import one_line
from tui_mail.store import signatures
from tui_mail.store.signatures import Signature


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


async def make_default(ctx: Context, account_id: int, name: str, where: str = "") -> None:
    """Set what new mails and answers of an account begin with; an empty name: nothing.

    `where` is both, new, replies or none; empty leaves it as it is.
    """
    account = ctx.account(account_id)
    if account is None:
        raise ActionError("There is no such account.")
    if name:
        name = (await named(ctx, account_id, name)).name
    changed = replace(account, signature=name, signature_in=where or account.signature_in)
    save.put_account(ctx.paths.config_file, changed)
    await ctx.reload()
