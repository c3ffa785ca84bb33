"""Gmail's model over IMAP: one mail, many labels, and folders that are views of labels.

All Mail holds everything outside Trash and Spam. Taking a mail out of a label's folder takes the
label away; out of INBOX that is "archive". Only Trash and Spam delete for good.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

from tui_mail.demo.imap_names import decode_name, encode_name
from tui_mail.demo.mail_account import MailAccount
from tui_mail.demo.mailboxes import Entry, Mail, Mailbox

GMAIL_FOLDERS = (
    ("INBOX", ""),
    ("[Gmail]/All Mail", "\\All"),
    ("[Gmail]/Drafts", "\\Drafts"),
    ("[Gmail]/Important", "\\Important"),
    ("[Gmail]/Sent Mail", "\\Sent"),
    ("[Gmail]/Spam", "\\Junk"),
    ("[Gmail]/Starred", "\\Flagged"),
    ("[Gmail]/Trash", "\\Trash"),
)

_LABELS = {
    "INBOX": "\\Inbox",
    "[Gmail]/Drafts": "\\Draft",
    "[Gmail]/Important": "\\Important",
    "[Gmail]/Sent Mail": "\\Sent",
    "[Gmail]/Starred": "\\Starred",
    "[Gmail]/All Mail": "",
    "[Gmail]/Spam": "\\Junk",
    "[Gmail]/Trash": "\\Trash",
}
_HOMES = {"\\Trash": "trash", "\\Junk": "spam", "\\Spam": "spam"}
_SYSTEM = {name.lower(): name for name in (*_LABELS.values(), "\\Spam", "\\Muted") if name}
_ID = re.compile(rb"<[^<>\s]+>")

_ids = itertools.count(1_780_000_000_000_000_001, 1_048_583)


def clean_label(label: bytes) -> str:
    """A label as it is kept: system labels in their usual case, the user's decoded."""
    text = decode_name(label)
    return _SYSTEM.get(text.lower(), text)


def label_wire(label: str) -> bytes:
    """A label as bytes of modified UTF-7."""
    return encode_name(label)


class GmailAccount(MailAccount):
    """A user of a server that plays X-GM-EXT-1."""

    def __init__(
        self,
        name: str,
        password: str,
        *,
        folders: Iterable[tuple[str, str]] = GMAIL_FOLDERS,
    ) -> None:
        self._threads: dict[bytes, int] = {}
        super().__init__(name, password, folders=folders)
        self.mailboxes["[Gmail]"].selectable = False

    def _new_mailbox(self, name: str, special_use: str) -> Mailbox:
        return Mailbox(name, special_use=special_use, label=_LABELS.get(name, name))

    def _renamed(self, box: Mailbox) -> None:
        old, box.label = box.label, box.name
        for entry in box.entries.values():
            entry.mail.labels = entry.mail.labels - {old} | {box.label}

    def delete(self, name: str) -> None:
        """Delete a label; its mails stay in All Mail."""
        label = self.mailbox(name).label
        mails = [entry.mail for entry in self.mailbox(name).entries.values()]
        for mail in mails:
            mail.labels -= {label}
        super().delete(name)

    def file(self, mail: Mail, box: Mailbox) -> Entry:
        """Take a new mail in, with its ids, and put it into every folder it belongs to."""
        mail.msgid = next(_ids)
        mail.thrid = self._thread_of(mail)
        self._enter(mail, box)
        if "\\Flagged" in mail.flags:
            mail.labels |= {"\\Starred"}
        self._refile(mail)
        return next(entry for entry in mail.entries if entry.mailbox is box)

    def copy(self, source: Mailbox, uids: Iterable[int], target: Mailbox) -> list[tuple[int, int]]:
        """Add the target's label. Into Trash or Spam it is a move."""
        return self._put(source, uids, target, leave=False)

    def move(self, source: Mailbox, uids: Iterable[int], target: Mailbox) -> list[tuple[int, int]]:
        """Add the target's label and take the source's away."""
        return self._put(source, uids, target, leave=True)

    def _put(
        self, source: Mailbox, uids: Iterable[int], target: Mailbox, *, leave: bool
    ) -> list[tuple[int, int]]:
        pairs: list[tuple[int, int]] = []
        for uid in list(uids):
            entry = source.entries.get(uid)
            if entry is None:
                continue
            mail = entry.mail
            if leave and source.label:
                mail.labels -= {source.label}
            self._enter(mail, target)
            self._refile(mail)
            placed = next((e for e in mail.entries if e.mailbox is target), None)
            if placed is not None:
                pairs.append((uid, placed.uid))
        return pairs

    def remove(self, box: Mailbox, uids: Iterable[int]) -> None:
        """Expunge: for good in Trash and Spam, else only out of this label.

        In All Mail, as with Gmail's default setting, the mail stays and loses its labels.
        """
        for uid in list(uids):
            entry = box.entries.get(uid)
            if entry is None:
                continue
            mail = entry.mail
            if box.label in _HOMES:
                for place in tuple(mail.entries):
                    place.mailbox.remove([place.uid])
                continue
            mail.labels = mail.labels - {box.label} if box.label else frozenset()
            mail.flags -= {"\\Deleted"}
            if box.label == "\\Starred":
                mail.flags -= {"\\Flagged"}
            self._refile(mail)

    def set_mail_flags(self, mail: Mail, flags: frozenset[str]) -> None:
        """Give a mail flags; `\\Flagged` and the star are the same."""
        super().set_mail_flags(mail, flags)
        starred = "\\Flagged" in flags
        if starred != ("\\Starred" in mail.labels) and mail.home == "all":
            mail.labels = mail.labels | {"\\Starred"} if starred else mail.labels - {"\\Starred"}
            self._refile(mail, touch=False)

    def set_labels(self, mail: Mail, labels: frozenset[str]) -> None:
        """Give a mail these labels; `\\Trash` and `\\Spam` move it there."""
        home = next((_HOMES[label] for label in labels if label in _HOMES), "")
        for label in labels:
            if label and not label.startswith("\\") and label not in self.mailboxes:
                self.create(label)
        mail.labels = frozenset(label for label in labels if label not in _HOMES)
        if home:
            mail.home = home
            mail.labels -= {"\\Inbox"}
        starred = "\\Starred" in mail.labels
        mail.flags = mail.flags | {"\\Flagged"} if starred else mail.flags - {"\\Flagged"}
        self._refile(mail)

    def labels_for(self, mail: Mail, box: Mailbox) -> frozenset[str]:
        """The labels Gmail shows in a folder: all but the folder's own."""
        return mail.labels - {box.label}

    def _enter(self, mail: Mail, box: Mailbox) -> None:
        mail.home = _HOMES.get(box.label, "all")
        if mail.home != "all":
            mail.labels -= {"\\Inbox"}
        elif box.label:
            mail.labels |= {box.label}
            if box.label == "\\Starred":
                mail.flags |= {"\\Flagged"}

    def _refile(self, mail: Mail, *, touch: bool = True) -> None:
        """Make the folders a mail is in those its labels ask for."""
        wanted = [box for box in self.mailboxes.values() if self._belongs(mail, box)]
        for entry in tuple(mail.entries):
            if entry.mailbox not in wanted:
                entry.mailbox.remove([entry.uid])
            elif touch:
                entry.mailbox.touch(entry)
        held = {id(entry.mailbox) for entry in mail.entries}
        for box in wanted:
            if id(box) not in held:
                box.add(mail)

    def _belongs(self, mail: Mail, box: Mailbox) -> bool:
        if not box.selectable:
            return False
        if home := _HOMES.get(box.label):
            return mail.home == home
        return mail.home == "all" and (not box.label or box.label in mail.labels)

    def _thread_of(self, mail: Mail) -> int:
        fields = dict(mail.fields())
        own = _ID.findall(fields.get(b"message-id", b""))
        linked = _ID.findall(fields.get(b"in-reply-to", b"")) + _ID.findall(
            fields.get(b"references", b"")
        )
        known = (self._threads[ref] for ref in linked if ref in self._threads)
        thread = next(known, mail.msgid)
        for ref in own + linked:
            self._threads.setdefault(ref, thread)
        return thread
