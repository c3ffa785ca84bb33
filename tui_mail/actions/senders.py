"""The addresses a mail can go from: accounts, their aliases, and those learnt from Sent."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from tui_mail.actions.context import Context
from tui_mail.model.addresses import address_key
from tui_mail.store import accounts

_LOOKED_AT = 500
"""Mails of a Sent folder that are looked at, the newest ones."""


@dataclass(frozen=True, slots=True)
class Sender:
    """One address to send from."""

    account_id: int
    name: str
    address: str
    source: str
    """`account`, `alias`, or `sent`: mail of this account went from it before."""


async def senders(ctx: Context) -> list[Sender]:
    """Every address, in the order of the accounts."""
    found: list[Sender] = []
    for account in ctx.settings.accounts:
        account_id = ctx.account_ids[account.id]
        known: set[str] = set()
        for address in account.own_addresses:
            if address_key(address) not in known:
                known.add(address_key(address))
                source = "alias" if address != account.address else "account"
                found.append(Sender(account_id, account.name, address, source))
        for address in await ctx.db.read(_sent_from, account_id):
            if address_key(address) not in known:
                known.add(address_key(address))
                found.append(Sender(account_id, account.name, address, "sent"))
    return found


def _sent_from(conn: sqlite3.Connection, account_id: int) -> list[str]:
    """Addresses that mails in the Sent folder of an account came from, the newest first."""
    folder = accounts.role_folder(conn, account_id, "sent")
    if folder is None:
        return []
    rows = conn.execute(
        "SELECT from_address, max(id) FROM (SELECT m.id, m.from_address FROM presence p"
        " JOIN messages m ON m.id = p.message_id WHERE p.folder_id = ? AND m.from_address LIKE"
        " '%@%' ORDER BY p.message_id DESC LIMIT ?) GROUP BY lower(from_address)"
        " ORDER BY 2 DESC LIMIT 20",
        (folder.id, _LOOKED_AT),
    )
    return [row[0] for row in rows]
