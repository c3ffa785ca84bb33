"""A large store, written straight into its tables: what a long-lived mailbox leaves behind.

The rows agree with each other as filing would leave them; only the mails are short (about 300
characters of text), so that a million of them are made in minutes.
"""

from __future__ import annotations

import random
import sqlite3
import sys
from itertools import accumulate
from pathlib import Path

from tests.benchmarks.letters import EVERYWHERE, RARE, TENTH, Letters
from tests.profiles import profile
from tui_mail.config.load import load
from tui_mail.config.paths import Paths
from tui_mail.model.views import View, folder_view
from tui_mail.store import accounts
from tui_mail.store.database import create

_BATCH = 5_000
_START = 1_500_000_000
_STEP = 240


def store(folder: Path, count: int) -> Paths:
    """A profile with `count` mails in the inbox, one of ten unread; made once, then reused."""
    paths = profile(folder)
    if (folder / "made").exists():
        return paths
    create(paths.database, paths.backups)
    conn = sqlite3.connect(paths.database, isolation_level=None)
    conn.execute("PRAGMA synchronous = OFF")
    conn.execute("PRAGMA cache_size = -262144")
    conn.execute("BEGIN")
    account = accounts.mirror(conn, load(paths.config_file).accounts)["work"]
    inbox = accounts.add_folder(conn, account, b"INBOX", "INBOX", role="inbox")
    writer = _Writer(conn, account, inbox)
    for first in range(0, count, _BATCH):
        writer.write(range(first, min(count, first + _BATCH)))
        conn.execute("COMMIT")
        conn.execute("BEGIN")
    writer.close(count)
    conn.execute("COMMIT")
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
    (folder / "made").touch()
    print(f"made a store of {count:,} mails", file=sys.stderr, flush=True)
    return paths


class _Writer:
    def __init__(self, conn: sqlite3.Connection, account: int, inbox: int) -> None:
        self._conn = conn
        self._account = account
        self._inbox = inbox
        self._chance = random.Random(5)
        letters = Letters(small=True)
        self._words = letters.words
        self._weights = list(accumulate(1 / (rank + 6) for rank in range(len(self._words))))

    def _text(self, count: int) -> list[str]:
        return self._chance.choices(self._words, cum_weights=self._weights, k=count)

    def write(self, numbers: range) -> None:
        conversations: list[tuple[object, ...]] = []
        marks: list[tuple[int, int]] = []
        messages: list[tuple[object, ...]] = []
        listing: list[tuple[int, int, int, int]] = []
        texts: list[tuple[object, ...]] = []
        for number in numbers:
            cid = number + 1
            at = _START + number * _STEP
            unread = int(number % 10 == 0)
            name, address = f"Person {number % 700}", f"person{number % 700}@fjord.example"
            words = self._text(40)
            subject = " ".join(words[:5])
            extra = [EVERYWHERE] + [TENTH] * (number % 10 == 4) + [RARE] * (number % 1000 == 250)
            body = " ".join([*words[5:], *extra])
            conversations.append((cid, subject, name, body[:120], at, at, at, self._account))
            marks.append((cid, unread))
            key = at << 20 | cid & (1 << 20) - 1
            messages.append(
                (
                    cid, self._account, cid, f"<{cid}@bulk.example>", cid.to_bytes(24, "big"),
                    subject, name, address, body[:120], at, at, at, 4_000 + number % 9_000,
                    0 if unread else 1, int(number % 15 == 0), key, at,
                )
            )  # fmt: skip
            texts.append((key, subject, f"{name} {address}", "Mira mira@northwind.example", body))
            views = [View.INBOX, View.ALL, folder_view(self._inbox)]
            views += [View.UNREAD] if unread else []
            listing += [(int(view), at, cid, unread) for view in views]
        conn = self._conn
        conn.executemany(
            "INSERT INTO conversations(id, subject, people, snippet, messages, first_at,"
            " last_at, last_in_at, account_id) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)",
            conversations,
        )
        conn.executemany("INSERT INTO marks(conversation_id, unread) VALUES (?, ?)", marks)
        conn.executemany(
            "INSERT INTO messages(id, account_id, conversation_id, message_id, fingerprint,"
            " subject, from_name, from_address, snippet, date, internal_date, sort_at, size, flags,"
            " attachments, text_key, first_seen, body_state)"
            f" VALUES ({', '.join('?' * 17)}, 'full')",
            messages,
        )
        conn.executemany(
            "INSERT INTO placements(folder_id, generation, uid, message_id, flags, first_seen)"
            " VALUES (?, 1, ?, ?, ?, 0)",
            [(self._inbox, row[0], row[0], row[13]) for row in messages],
        )
        conn.executemany(
            "INSERT INTO presence(message_id, folder_id) VALUES (?, ?)",
            [(row[0], self._inbox) for row in messages],
        )
        conn.executemany(
            "INSERT INTO listing(view_id, at, conversation_id, unread) VALUES (?, ?, ?, ?)", listing
        )
        columns = "subject, sender, recipients, files, body) VALUES (?, ?, ?, ?, '', ?)"
        conn.executemany(f"INSERT INTO texts(key, {columns}", texts)
        conn.executemany(f"INSERT INTO fts(rowid, {columns}", texts)

    def close(self, count: int) -> None:
        unread = len(range(0, count, 10))
        for view in (View.INBOX, View.ALL, folder_view(self._inbox)):
            self._conn.execute(
                "INSERT INTO view_counts VALUES (?, ?, ?)", (int(view), count, unread)
            )
        self._conn.execute(
            "INSERT INTO view_counts VALUES (?, ?, ?)", (int(View.UNREAD), unread, unread)
        )
        self._conn.execute(
            "UPDATE folders SET messages = ?, unread = ?, horizon = 0 WHERE id = ?",
            (count, unread, self._inbox),
        )
