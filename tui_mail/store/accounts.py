"""Accounts and folders as the engine left them, and the settings mirrored into rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tui_mail.config.settings import AccountSettings
from tui_mail.model.addresses import address_key


@dataclass(frozen=True, slots=True)
class Account:
    """One account's row. `reason` and `last_error` are safe text."""

    id: int
    slug: str
    address: str
    short_name: str
    position: int
    state: str
    """R13: not_started connecting initial_sync active retrying auth_failed paused removed."""
    reason: str
    state_at: int
    last_ok_at: int
    last_error: str
    last_error_at: int
    server: dict[str, Any]
    progress: dict[str, Any]
    """During a first sync: `folder`, `done`, `total`, `rate` a second, `phase`."""
    own_keys: frozenset[str]
    keep_linked: bool = True
    """Linked mail stays readable when its copy on the server goes."""
    colour: str = "none"
    """Of its short name."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder's row. `name` is decoded but not yet safe to show."""

    id: int
    account_id: int
    wire_name: bytes
    name: str
    delimiter: str
    role: str
    selectable: bool
    selected: bool
    mailbox_id: str
    uidvalidity: int
    generation: int
    uidnext: int
    modseq: int
    server_exists: int
    horizon: int
    """Past mail is complete from this time on (UTC seconds); -1: not yet."""
    state: str
    last_sync_at: int
    last_audit_at: int
    read_only: bool
    messages: int
    unread: int
    past_scope: str = "everyone"
    """Whose past mail is complete: `everyone`'s, or that with `contacts` only (B4)."""
    past_labels: str = ""
    """JSON of the labels past mail is complete for; empty: for all (Gmail)."""


_ACCOUNT_COLUMNS = (
    "id, slug, address, short_name, position, state, reason, state_at, last_ok_at, last_error,"
    " last_error_at, server, progress, own_keys, keep_linked, colour"
)
_FOLDER_COLUMNS = (
    "id, account_id, wire_name, name, delimiter, role, selectable, selected, mailbox_id,"
    " uidvalidity, generation, uidnext, modseq, server_exists, horizon, state,"
    " last_sync_at, last_audit_at, read_only, messages, unread, past_scope,"
    " past_labels"
)


def _account(row: tuple[Any, ...]) -> Account:
    values: list[Any] = [*row[:11], json.loads(row[11]), json.loads(row[12])]
    values += [frozenset(json.loads(row[13])), bool(row[14]), row[15]]
    return Account(*values)


def _folder(row: tuple[Any, ...]) -> Folder:
    flags = (6, 7, 18)
    values: list[Any] = [bool(v) if i in flags else v for i, v in enumerate(row)]
    return Folder(*values)


def mirror(conn: sqlite3.Connection, settings: Sequence[AccountSettings]) -> dict[str, int]:
    """Bring the rows in line with the settings file; returns the id of each slug.

    An account that left the file is marked as removed; its mail stays until the user says so.
    """
    ids: dict[str, int] = {}
    for position, account in enumerate(settings):
        keys = json.dumps(sorted({address_key(a) for a in account.own_addresses}))
        row = conn.execute(
            "INSERT INTO accounts(slug, address, short_name, position, own_keys, keep_linked,"
            " colour) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(slug)"
            " DO UPDATE SET address = excluded.address,"
            " short_name = excluded.short_name, position = excluded.position,"
            " own_keys = excluded.own_keys, keep_linked = excluded.keep_linked,"
            " colour = excluded.colour, removed_at = NULL,"
            " state = CASE state WHEN 'removed' THEN 'not_started' ELSE state END RETURNING id",
            (
                account.id,
                account.address,
                account.short_name or account.id,
                position,
                keys,
                account.keep_linked_copies,
                account.colour,
            ),
        ).fetchone()
        ids[account.id] = row[0]
        if account.paused:
            conn.execute(
                "UPDATE accounts SET state = 'paused', reason = 'paused by you' WHERE id = ?",
                (row[0],),
            )
        else:
            conn.execute(
                "UPDATE accounts SET state = 'not_started', reason = ''"
                " WHERE id = ? AND state = 'paused'",
                (row[0],),
            )
    marks = ",".join("?" * len(ids))
    conn.execute(
        "UPDATE accounts SET state = 'removed', removed_at = coalesce(removed_at, 1)"
        f" WHERE id NOT IN ({marks})",
        tuple(ids.values()),
    )
    return ids


def accounts(conn: sqlite3.Connection) -> list[Account]:
    """Every account that is not removed, in the user's order."""
    return [
        _account(row)
        for row in conn.execute(
            f"SELECT {_ACCOUNT_COLUMNS} FROM accounts WHERE state <> 'removed'"
            " ORDER BY position, id"
        )
    ]


def account(conn: sqlite3.Connection, account_id: int) -> Account | None:
    """One account."""
    row = conn.execute(
        f"SELECT {_ACCOUNT_COLUMNS} FROM accounts WHERE id = ?", (account_id,)
    ).fetchone()
    return _account(row) if row else None


def set_state(conn: sqlite3.Connection, account_id: int, state: str, reason: str, now: int) -> None:
    """Move an account to a state of R13 with its reason (safe text)."""
    conn.execute(
        "UPDATE accounts SET state = ?1, reason = ?2,"
        " state_at = CASE WHEN state = ?1 THEN state_at ELSE ?3 END,"
        " last_ok_at = CASE WHEN ?1 = 'active' THEN ?3 ELSE last_ok_at END WHERE id = ?4",
        (state, reason, now, account_id),
    )


def note_error(conn: sqlite3.Connection, account_id: int, text: str, now: int) -> None:
    """Keep the server's words (safe text) for the status line and `doctor`."""
    conn.execute(
        "UPDATE accounts SET last_error = ?, last_error_at = ? WHERE id = ?",
        (text, now, account_id),
    )


def note_ok(conn: sqlite3.Connection, account_id: int, now: int) -> None:
    """The account talked to its server successfully."""
    conn.execute("UPDATE accounts SET last_ok_at = ? WHERE id = ?", (now, account_id))


def set_server(conn: sqlite3.Connection, account_id: int, server: dict[str, Any]) -> None:
    """Remember what the servers are: capabilities, id, TLS, quirks, size limits; merged by key."""
    conn.execute(
        "UPDATE accounts SET server = json_patch(server, ?) WHERE id = ?",
        (json.dumps(server), account_id),
    )


def set_progress(conn: sqlite3.Connection, account_id: int, progress: dict[str, Any]) -> None:
    """Show how far a first sync is; an empty dict takes the line away."""
    conn.execute(
        "UPDATE accounts SET progress = ? WHERE id = ?", (json.dumps(progress), account_id)
    )


def folders(conn: sqlite3.Connection, account_id: int | None = None) -> list[Folder]:
    """Folders of one account or of all, roles first, then by name."""
    where = "" if account_id is None else "WHERE account_id = ? AND"
    where = where or "WHERE"
    rows = conn.execute(
        f"SELECT {_FOLDER_COLUMNS} FROM folders {where} state <> 'gone'"
        " ORDER BY account_id, CASE role WHEN 'inbox' THEN 0 WHEN 'sent' THEN 1"
        " WHEN 'drafts' THEN 2 WHEN 'archive' THEN 3 WHEN 'all' THEN 4 WHEN 'junk' THEN 8"
        " WHEN 'trash' THEN 9 ELSE 5 END, name COLLATE NOCASE",
        () if account_id is None else (account_id,),
    )
    return [_folder(row) for row in rows]


def folder(conn: sqlite3.Connection, folder_id: int) -> Folder | None:
    """One folder."""
    row = conn.execute(
        f"SELECT {_FOLDER_COLUMNS} FROM folders WHERE id = ?", (folder_id,)
    ).fetchone()
    return _folder(row) if row else None


def role_folder(conn: sqlite3.Connection, account_id: int, role: str) -> Folder | None:
    """The folder of an account with this role that can be selected."""
    row = conn.execute(
        f"SELECT {_FOLDER_COLUMNS} FROM folders WHERE account_id = ? AND role = ?"
        " AND state <> 'gone' ORDER BY selectable DESC, id LIMIT 1",
        (account_id, role),
    ).fetchone()
    return _folder(row) if row else None


def add_folder(
    conn: sqlite3.Connection,
    account_id: int,
    wire_name: bytes,
    name: str,
    *,
    delimiter: str = "/",
    role: str = "",
    selectable: bool = True,
    selected: bool = True,
    mailbox_id: str = "",
) -> int:
    """Add a folder or update what LIST says of it; a user's own role choice is not touched."""
    row = conn.execute(
        "INSERT INTO folders(account_id, wire_name, name, delimiter, role, selectable, selected,"
        " mailbox_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(account_id, wire_name)"
        " DO UPDATE SET name = excluded.name, delimiter = excluded.delimiter,"
        " role = CASE WHEN excluded.role <> '' THEN excluded.role ELSE role END,"
        " selectable = excluded.selectable, selected = excluded.selected,"
        " mailbox_id = CASE WHEN excluded.mailbox_id <> '' THEN excluded.mailbox_id"
        " ELSE mailbox_id END, missing_since = NULL, missing_count = 0,"
        " state = CASE state WHEN 'gone' THEN 'new' ELSE state END RETURNING id",
        (account_id, wire_name, name, delimiter, role, selectable, selected, mailbox_id),
    ).fetchone()
    folder_id: int = row[0]
    return folder_id


def give_role(conn: sqlite3.Connection, account_id: int, role: str, wire_name: bytes) -> None:
    """Give a role to one folder of an account and take it from the others on the server."""
    conn.execute(
        "UPDATE folders SET role = CASE wire_name WHEN ?1 THEN ?2 ELSE '' END"
        " WHERE account_id = ?3 AND wire_name <> ?4 AND (wire_name = ?1 OR role = ?2)",
        (wire_name, role, account_id, LOCAL_ARCHIVE),
    )


def make_archive(conn: sqlite3.Connection, account_id: int, wire_name: bytes, name: str) -> None:
    """Let a folder be the account's archive; a row is made when LIST has not told of it yet."""
    conn.execute(
        "INSERT INTO folders(account_id, wire_name, name, delimiter) SELECT ?1, ?2, ?3,"
        " coalesce((SELECT delimiter FROM folders WHERE account_id = ?1 AND wire_name <> ?4"
        " LIMIT 1), '/') WHERE true ON CONFLICT(account_id, wire_name) DO NOTHING",
        (account_id, wire_name, name, LOCAL_ARCHIVE),
    )
    give_role(conn, account_id, "archive", wire_name)


LOCAL_ARCHIVE = b"\x00local-archive"
"""Wire name of the folder that exists only here; no server name holds NUL."""


def local_archive(conn: sqlite3.Connection, account_id: int) -> int:
    """The id of the account's archive that the server knows nothing of."""
    return add_folder(
        conn,
        account_id,
        LOCAL_ARCHIVE,
        "Archive (only here)",
        role="archive",
        selectable=False,
        selected=False,
    )


def add_event(
    conn: sqlite3.Connection,
    account_id: int,
    folder_id: int | None,
    kind: str,
    detail: str,
    now: int,
) -> None:
    """Append to the log of what sync decided (safe text)."""
    conn.execute(
        "INSERT INTO folder_events(account_id, folder_id, at, kind, detail) VALUES (?, ?, ?, ?, ?)",
        (account_id, folder_id, now, kind, detail),
    )
