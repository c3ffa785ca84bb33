"""What the records cost: linking a message, opening a person, the picker's first result.

`python -m tests.benchmarks.linking [--persons 50000] [--deals 20000] [--mails 4000]`
Ends with status 1 when a budget is missed: 1 ms a message, 50 ms a person with 5,000
conversations, 30 ms for the picker.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.measuring import timed
from tui_mail.actions import picking
from tui_mail.config.settings import AccountSettings
from tui_mail.filing import linking, screening
from tui_mail.filing.arrivals import FolderPlace, file_arrivals
from tui_mail.model.addresses import Address
from tui_mail.model.arrivals import Arrival
from tui_mail.model.blocking import Target
from tui_mail.model.messages import Envelope
from tui_mail.model.records import Ref
from tui_mail.store import (
    accounts,
    activities,
    blocks,
    deals,
    items,
    names,
    organizations,
    pages,
    people,
    record_mail,
)
from tui_mail.store.database import create

NOW = 1_790_000_000
OWN = "mira@northwind.example"
BATCH = 400
CONVERSATIONS = 5_000
_TOPICS = "quote invoice ferry lamp kiosk sign contract meeting offer visit order drawing"
WORDS = _TOPICS.split()


def fill(conn: sqlite3.Connection, persons: int, open_deals: int) -> None:
    """People in firms of twenty, and open deals spread over them, older than any mail."""
    for firm in range(persons // 20):
        values = {"name": f"Firm {firm}", "domains": [f"firm{firm}.example"]}
        organizations.create(conn, values, 1)
    for number in range(persons):
        people.create(
            conn,
            {
                "name": f"Person {number} {WORDS[number % len(WORDS)].title()}",
                "addresses": [(f"p{number}@firm{number // 20}.example", "")],
                "organization_id": number // 20 + 1,
            },
            1,
        )
    for number in range(open_deals):
        person = number * persons // open_deals
        items.create(
            conn,
            "deal",
            {
                "title": f"{WORDS[number % len(WORDS)].title()} {number}",
                "person_id": person + 1,
                "organization_id": person // 20 + 1,
                "value": number * 100,
            },
            1,
        )
    for number in range(200):
        blocks.add(conn, Target("domain", f"spam{number}.example"), None, "user", 1)


class Post:
    """Mails from known people and strangers, as the engine hands them over."""

    def __init__(self, place: FolderPlace, persons: int) -> None:
        self._place = place
        self._persons = persons
        self._random = random.Random(1)
        self._uid = 0

    def batch(self, count: int, sender: str = "") -> list[Arrival]:
        """Mails with three recipients each; a third of them answer an earlier one."""
        return [self._mail(sender) for _ in range(count)]

    def _mail(self, sender: str) -> Arrival:
        self._uid += 1
        uid, pick = self._uid, self._random
        numbers = [pick.randrange(self._persons * 2) for _ in range(3)]
        first, *rest = (f"p{n}@firm{n // 20}.example" for n in numbers)
        answered = f"<{pick.randrange(1, uid)}@x.example>" if uid % 3 == 0 else ""
        envelope = Envelope(
            message_id=f"<{uid}@x.example>",
            in_reply_to=(answered,) if answered and not sender else (),
            subject=f"{pick.choice(WORDS)} {uid}",
            from_=(Address("", sender or first),),
            to=(Address("", OWN), *(() if sender else (Address("", rest[0]),))),
            cc=() if sender else (Address("", rest[1]),),
            fingerprint=uid.to_bytes(16, "big"),
        )
        return Arrival(uid, 0, NOW + uid, 2000, envelope)

    def file(self, conn: sqlite3.Connection, mails: list[Arrival]) -> None:
        """Store them in batches of the engine's size."""
        for start in range(0, len(mails), BATCH):
            conn.execute("BEGIN IMMEDIATE")
            file_arrivals(conn, self._place, mails[start : start + BATCH], NOW)
            conn.execute("COMMIT")


def opened(folder: Path) -> tuple[sqlite3.Connection, FolderPlace]:
    """A new database with one account and its inbox."""
    path = folder / "mail.db"
    create(path, folder)
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute("PRAGMA foreign_keys = ON")
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("PRAGMA cache_size = -16384")
    account = AccountSettings(id="work", address=OWN)
    ids = accounts.mirror(conn, [account])
    folder_id = accounts.add_folder(conn, ids["work"], b"INBOX", "INBOX", role="inbox")
    own = frozenset({OWN})
    return conn, FolderPlace(folder_id, ids["work"], 1, "inbox", own, "private", True)


def median(work: Callable[[], object], repeats: int = 9) -> float:
    """The median of some runs, in seconds."""
    return statistics.median(timed(work) for _ in range(repeats))


def open_person(conn: sqlite3.Connection, ref: Ref) -> None:
    """Everything the screen of a person shows first."""
    people.get(conn, ref.id)
    record_mail.count(conn, ref)
    assert len(record_mail.conversations(conn, ref)) == 50
    record_mail.attachments(conn, ref)
    found = items.of_persons(conn, [ref.id], only_open=False)
    activities.next_of(conn, [item.ref for item in found])
    activities.notes(conn, ref)


def measure(persons: int, open_deals: int, mails: int) -> list[tuple[str, float, float]]:
    """(what, milliseconds, budget in milliseconds; 0: none) of everything measured."""
    results: list[tuple[str, float, float]] = []

    def note(what: str, seconds: float, budget: float = 0.0) -> None:
        results.append((what, seconds * 1000, budget))

    with tempfile.TemporaryDirectory() as bare, tempfile.TemporaryDirectory() as full:
        conn, place = opened(Path(bare))
        plain = timed(lambda: Post(place, persons).file(conn, Post(place, persons).batch(mails)))
        conn.close()
        conn, place = opened(Path(full))
        conn.execute("BEGIN")
        note(f"{persons:,} persons and {open_deals:,} deals made",
             timed(lambda: fill(conn, persons, open_deals)))  # fmt: skip
        conn.execute("COMMIT")
        post = Post(place, persons)
        crowd = post.batch(mails)
        known = timed(lambda: post.file(conn, crowd))
        note("a message filed, no records", plain / mails)
        note("a message filed, all records", known / mails)
        note("what records add to a message", (known - plain) / mails, 1.0)
        states = dict(
            conn.execute("SELECT link_state, count(*) FROM conversations GROUP BY 1").fetchall()
        )
        assert states["linked"] > mails // 10, states
        ids = [row[0] for row in conn.execute("SELECT id FROM conversations LIMIT 2000")]
        note("a conversation decided anew", timed(lambda: linking.evaluate(conn, ids, NOW)) / 2000)
        busy = Ref("person", 42)
        (address,) = (a for a, _ in people.get_many(conn, [42])[0].addresses)
        post.file(conn, post.batch(CONVERSATIONS, address))
        note(f"a person with {CONVERSATIONS:,} conversations", median(
            lambda: open_person(conn, busy)), 50.0)  # fmt: skip
        note("their 100th page", median(lambda: record_mail.conversations(conn, busy, 4950)), 50.0)
        note("their organization", median(
            lambda: record_mail.conversations(conn, Ref("organization", 3))), 50.0)  # fmt: skip
        cid = pages.ids(conn, 1, 1)[0]
        note("the picker, nothing typed", median(lambda: picking.rank(conn, [cid])), 30.0)
        for typed in ("f", "fer", "ferry 12", "person 499"):
            note(
                f"the picker, `{typed}`", median(lambda t=typed: picking.rank(conn, [cid], t)), 30.0
            )
        note("persons, `pe`", median(lambda: people.search(conn, "pe")), 30.0)
        note(
            "names, `firm 24`", median(lambda: names.find(conn, "firm 24", ["organization"])), 30.0
        )
        note("persons, the last page", median(lambda: people.page(conn, persons - 50)), 30.0)
        note("totals of the board", median(lambda: deals.totals(conn)), 30.0)
        note("what a domain's block would hide", median(
            lambda: screening.reach(conn, Target("domain", "firm2.example"), None), 3))  # fmt: skip
        conn.close()
    return results


def main() -> int:
    """Measure, print, and say whether every budget is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=50_000)
    parser.add_argument("--deals", type=int, default=20_000)
    parser.add_argument("--mails", type=int, default=4_000)
    args = parser.parse_args()
    missed = 0
    for what, spent, budget in measure(args.persons, args.deals, args.mails):
        verdict = "" if not budget else f"of {budget:g} ms" + ("" if spent < budget else "  MISSED")
        missed += bool(budget) and spent >= budget
        print(f"{what:42} {spent:12.3f} ms  {verdict}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
