"""The account's folders: what LIST says, carefully (VAL-2)."""

from __future__ import annotations

import sqlite3

from tui_mail.accounts.archiving import archive_choice
from tui_mail.config.settings import AccountSettings
from tui_mail.imap.values import ListedFolder, ListResult
from tui_mail.store import accounts
from tui_mail.sync.desk import Desk
from tui_mail.sync.valves import believes_list, is_folder_gone
from tui_mail.sync.wire import Wire

_GMAIL_PLACES = ("all", "junk", "trash")
_NOT_SYNCED = ("junk", "trash")


async def list_folders(desk: Desk, wire: Wire) -> ListResult:
    """Ask for the folders and store them; a short list never makes folders go at once."""
    listed = await wire.call(lambda session: session.list_folders())
    labels = wire.session.quirks.labels
    desk.gmail = labels and any(f.role == "all" for f in listed.folders)
    desk.server_files_sent = wire.session.quirks.files_sent or desk.gmail
    settings, gmail, now = desk.account, desk.gmail, desk.now()
    await desk.db.write(_store, desk.account_id, settings, listed, gmail, labels, now)
    desk.publish("account", [desk.account_id])
    return listed


def _store(
    conn: sqlite3.Connection,
    account_id: int,
    settings: AccountSettings,
    listed: ListResult,
    gmail: bool,
    labels: bool,
    now: int,
) -> None:
    known = {
        row[0]: (row[1], row[2], row[3])
        for row in conn.execute(
            "SELECT wire_name, id, missing_count, missing_since FROM folders"
            " WHERE account_id = ? AND state <> 'gone' AND wire_name <> ?",
            (account_id, accounts.LOCAL_ARCHIVE),
        )
    }
    names = {folder.wire_name for folder in listed.folders}
    roles = _roles(listed.folders, settings)
    for folder in listed.folders:
        role = roles.get(folder.wire_name, "")
        accounts.add_folder(
            conn,
            account_id,
            folder.wire_name,
            folder.name,
            delimiter=folder.delimiter or "",
            role=role,
            selectable=folder.selectable,
            selected=folder.selectable and _is_synced(folder, role, settings, gmail),
            mailbox_id=folder.status.mailbox_id if folder.status else "",
        )
    for wire_name, role in roles.items():
        if role == "archive":
            accounts.give_role(conn, account_id, role, wire_name)
    choice = archive_choice(listed.folders, settings, labels=labels)
    seen = {"kind": choice.kind, "folder": choice.folder, "reason": choice.reason}
    accounts.set_server(conn, account_id, {"archive": seen})
    has_inbox = any(name.upper() == b"INBOX" for name in names)
    if not believes_list(len(known), len(known.keys() & names), has_inbox):
        accounts.add_event(
            conn,
            account_id,
            None,
            "short list",
            f"the server listed {len(names)} of {len(known)} known folders; nothing is dropped",
            now,
        )
        return
    for wire_name, (folder_id, count, since) in known.items():
        if wire_name in names:
            continue
        since = since or now
        conn.execute(
            "UPDATE folders SET missing_count = ?, missing_since = ? WHERE id = ?",
            (count + 1, since, folder_id),
        )
        if is_folder_gone(count + 1, since, now):
            conn.execute(
                "UPDATE folders SET state = 'gone', state_at = ? WHERE id = ?", (now, folder_id)
            )
            accounts.add_event(
                conn,
                account_id,
                folder_id,
                "folder gone",
                "the folder is gone from the server; its mail is kept for 30 days",
                now,
            )


def _roles(folders: tuple[ListedFolder, ...], settings: AccountSettings) -> dict[bytes, str]:
    """One folder for each role: the user's word, then the server's, then the name's."""
    chosen: dict[str, tuple[int, bytes]] = {}
    for folder in folders:
        candidates = [(folder.role, 1 if folder.role_guessed else 2)]
        if settings.archive_folder and folder.name == settings.archive_folder:
            candidates.append(("archive", 3))
        if folder.wire_name.upper() == b"INBOX":
            candidates = [("inbox", 3)]
        for role, rank in candidates:
            if role in ("inbox", "sent", "drafts", "archive", "all", "junk", "trash") and (
                rank > chosen.get(role, (0, b""))[0]
            ):
                chosen[role] = (rank, folder.wire_name)
    return {name: role for role, (_, name) in chosen.items()}


def _is_synced(folder: ListedFolder, role: str, settings: AccountSettings, gmail: bool) -> bool:
    """Spam and trash only when asked for (R14); only what was chosen (R15).

    On Gmail All Mail holds everything, and labels are chosen mail by mail.
    """
    if folder.name in settings.extra_folders:
        return True
    if folder.name in settings.skip_folders or role in _NOT_SYNCED:
        return False
    if gmail:
        return role in _GMAIL_PLACES
    if settings.sync_scope == "chosen":
        return folder.name in settings.sync_folders
    return role != "all" and folder.role not in ("flagged", "important")
