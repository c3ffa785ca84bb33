"""The other client: looks at and changes a mailbox with imaplib, beside the program."""

from __future__ import annotations

import imaplib
import re

from tests.integration.cyrus import Cyrus
from tests.integration.dovecot import PASSWORD, Dovecot


class Mailbox:
    """One logged-in connection of another mail program."""

    def __init__(self, server: Dovecot | Cyrus, user: str) -> None:
        self.imap = imaplib.IMAP4(server.host, server.port)
        self.imap.login(user, PASSWORD)

    def __enter__(self) -> Mailbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.imap.logout()

    def select(self, folder: str) -> None:
        kind, data = self.imap.select(f'"{folder}"')
        assert kind == "OK", data

    def uids(self, folder: str) -> list[int]:
        self.select(folder)
        return [int(uid) for uid in self.imap.uid("SEARCH", "ALL")[1][0].split()]

    def count(self, folder: str) -> int:
        return len(self.uids(folder))

    def flags(self, folder: str) -> dict[int, set[str]]:
        self.select(folder)
        found: dict[int, set[str]] = {}
        for line in self.imap.uid("FETCH", "1:*", "(FLAGS)")[1]:
            if line:
                match = re.search(rb"UID (\d+)", line)
                flags = re.search(rb"FLAGS \(([^)]*)\)", line)
                assert match and flags
                found[int(match[1])] = set(flags[1].decode().split()) - {"\\Recent"}
        return found

    def raws(self, folder: str) -> dict[int, bytes]:
        self.select(folder)
        found: dict[int, bytes] = {}
        for uid in self.uids(folder):
            found[uid] = self.imap.uid("FETCH", str(uid), "(BODY.PEEK[])")[1][0][1]
        return found

    def message_ids(self, folder: str) -> list[str]:
        ids = []
        for raw in self.raws(folder).values():
            match = re.search(rb"(?im)^message-id:\s*(\S+)", raw)
            ids.append(match[1].decode() if match else "")
        return sorted(ids)

    def store(self, folder: str, uids: list[int], change: str, flags: str) -> None:
        self.select(folder)
        self.imap.uid("STORE", ",".join(map(str, uids)), change, flags)

    def expunge(self, folder: str, uids: list[int]) -> None:
        self.store(folder, uids, "+FLAGS", "(\\Deleted)")
        self.imap.uid("EXPUNGE", ",".join(map(str, uids)))

    def move(self, folder: str, uids: list[int], target: str) -> None:
        self.select(folder)
        self.imap.uid("MOVE", ",".join(map(str, uids)), target)
