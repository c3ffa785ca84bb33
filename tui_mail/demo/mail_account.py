"""One user's mailboxes, and what can be done to them by clients, tests and the demo."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tui_mail.demo.imap_names import canonical
from tui_mail.demo.mailboxes import Entry, Mail, Mailbox, clean_flags, to_wire, utc_now
from tui_mail.errors import RefusedError

DEFAULT_FOLDERS = (
    ("INBOX", ""),
    ("Archive", "\\Archive"),
    ("Drafts", "\\Drafts"),
    ("Sent", "\\Sent"),
    ("Spam", "\\Junk"),
    ("Trash", "\\Trash"),
)
"""Folder names with their special use (RFC 6154)."""


class MailAccount:
    """A user of the server. Folder arguments are names; a missing one raises RefusedError."""

    def __init__(
        self,
        name: str,
        password: str,
        *,
        folders: Iterable[tuple[str, str]] = DEFAULT_FOLDERS,
    ) -> None:
        self.name = name
        self.password = password
        self.mailboxes: dict[str, Mailbox] = {}
        for folder, special_use in folders:
            self.create(folder, special_use=special_use)

    def mailbox(self, name: str) -> Mailbox:
        """The folder of that name. Raises RefusedError NONEXISTENT."""
        found = self.mailboxes.get(canonical(name))
        if found is None or not found.selectable:
            raise RefusedError("No such mailbox", code="NONEXISTENT")
        return found

    def target(self, name: str) -> Mailbox:
        """The folder to put mail in. Raises RefusedError TRYCREATE."""
        found = self.mailboxes.get(canonical(name))
        if found is None or not found.selectable:
            raise RefusedError("No such mailbox", code="TRYCREATE")
        return found

    def create(self, name: str, *, special_use: str = "") -> Mailbox:
        """Make a folder and, above it, what is missing. Raises RefusedError ALREADYEXISTS."""
        name = canonical(name.rstrip("/"))
        if not name or "//" in name:
            raise RefusedError("Not a mailbox name", code="CANNOT")
        if name in self.mailboxes:
            raise RefusedError("Mailbox exists", code="ALREADYEXISTS")
        parent = name.rpartition("/")[0]
        if parent and parent not in self.mailboxes:
            self.create(parent)
        box = self._new_mailbox(name, special_use)
        self.mailboxes[name] = box
        return box

    def _new_mailbox(self, name: str, special_use: str) -> Mailbox:
        return Mailbox(name, special_use=special_use)

    def delete(self, name: str) -> None:
        """Delete a folder with its mails; sessions that have it selected are closed."""
        box = self.mailbox(name)
        if box.name == "INBOX":
            raise RefusedError("INBOX cannot be deleted", code="CANNOT")
        del self.mailboxes[box.name]
        box.remove(list(box.uids))
        box.close("Mailbox was deleted")

    def rename(self, old: str, new: str) -> None:
        """Rename a folder and all below it; INBOX only gives its mails away (RFC 3501 §6.3.5)."""
        box, new = self.mailbox(old), canonical(new.rstrip("/"))
        if new in self.mailboxes:
            raise RefusedError("Mailbox exists", code="ALREADYEXISTS")
        if box.name == "INBOX":
            self.create(new)
            self.move(box, list(box.uids), self.mailbox(new))
            return
        parent = new.rpartition("/")[0]
        if parent and parent not in self.mailboxes:
            self.create(parent)
        old = box.name
        for name in [n for n in self.mailboxes if n == old or n.startswith(old + "/")]:
            moved = self.mailboxes.pop(name)
            moved.name = new + name[len(old) :]
            self.mailboxes[moved.name] = moved
            self._renamed(moved)

    def _renamed(self, box: Mailbox) -> None:
        """A folder got another name."""

    def append(
        self,
        folder: str,
        raw: bytes,
        flags: Iterable[str] = (),
        internal_date: datetime | None = None,
    ) -> int:
        """Put a mail into a folder; answers its UID. Bare line feeds become CRLF."""
        mail = Mail(to_wire(raw), internal_date or utc_now(), clean_flags(flags))
        return self.file(mail, self.target(folder)).uid

    def file(self, mail: Mail, box: Mailbox) -> Entry:
        """Put a mail that is in no folder yet into one."""
        return box.add(mail)

    def copy(self, source: Mailbox, uids: Iterable[int], target: Mailbox) -> list[tuple[int, int]]:
        """Copy; answers pairs of old and new UID."""
        pairs: list[tuple[int, int]] = []
        for uid in list(uids):
            if entry := source.entries.get(uid):
                mail = entry.mail
                pairs.append((uid, target.add(Mail(mail.raw, mail.internal_date, mail.flags)).uid))
        return pairs

    def move(self, source: Mailbox, uids: Iterable[int], target: Mailbox) -> list[tuple[int, int]]:
        """Move; answers pairs of old and new UID."""
        pairs = self.copy(source, uids, target)
        source.remove(old for old, _ in pairs)
        return pairs

    def remove(self, box: Mailbox, uids: Iterable[int]) -> None:
        """Expunge those UIDs, flagged or not."""
        box.remove(uids)

    def set_mail_flags(self, mail: Mail, flags: frozenset[str]) -> None:
        """Give a mail these flags, wherever it is."""
        if flags == mail.flags:
            return
        mail.flags = flags
        for entry in tuple(mail.entries):
            entry.mailbox.touch(entry)

    # What tests and the demo do behind the clients' back, by folder name.

    def expunge(self, folder: str, uids: Iterable[int]) -> None:
        """Remove mails from a folder."""
        self.remove(self.mailbox(folder), list(uids))

    def empty(self, folder: str) -> None:
        """Remove all mails from a folder."""
        self.expunge(folder, self.mailbox(folder).uids)

    def add_flags(self, folder: str, uids: Iterable[int], *flags: str) -> None:
        """Set flags on mails."""
        for mail in self._mails(folder, uids):
            self.set_mail_flags(mail, mail.flags | clean_flags(flags))

    def remove_flags(self, folder: str, uids: Iterable[int], *flags: str) -> None:
        """Take flags off mails."""
        for mail in self._mails(folder, uids):
            self.set_mail_flags(mail, mail.flags - clean_flags(flags))

    def set_flags(self, folder: str, uids: Iterable[int], flags: Iterable[str]) -> None:
        """Replace the flags of mails."""
        wanted = clean_flags(flags)
        for mail in self._mails(folder, uids):
            self.set_mail_flags(mail, wanted)

    def move_uids(self, folder: str, uids: Iterable[int], target: str) -> list[tuple[int, int]]:
        """Move mails by folder name; answers pairs of old and new UID."""
        return self.move(self.mailbox(folder), list(uids), self.mailbox(target))

    def change_uidvalidity(self, folder: str, value: int | None = None) -> int:
        """Give a folder another UIDVALIDITY and keep the UIDs; answers the new value."""
        box = self.mailbox(folder)
        box.start_over(value, renumber=False)
        return box.uidvalidity

    def renumber(self, folder: str, value: int | None = None) -> int:
        """Give a folder another UIDVALIDITY and UIDs from 1; answers the new UIDVALIDITY."""
        box = self.mailbox(folder)
        box.start_over(value)
        return box.uidvalidity

    def flags_of(self, folder: str, uid: int) -> frozenset[str]:
        """The flags of a mail."""
        return self.mailbox(folder).entries[uid].mail.flags

    def raw_of(self, folder: str, uid: int) -> bytes:
        """The octets of a mail."""
        return self.mailbox(folder).entries[uid].mail.raw

    def uids(self, folder: str) -> list[int]:
        """The UIDs of a folder, ascending."""
        return list(self.mailbox(folder).uids)

    def _mails(self, folder: str, uids: Iterable[int]) -> list[Mail]:
        box = self.mailbox(folder)
        return [box.entries[uid].mail for uid in uids if uid in box.entries]
