"""Conversations by ids alone (R59), whatever comes first, and what lists say of them."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.filing.world import NOW, OWN, World, letter, make_world
from tui_mail.model.arrivals import Arrival
from tui_mail.model.messages import Envelope, Flag
from tui_mail.model.views import View
from tui_mail.store.folds import rebuild, recount

ANNA, BEN, EVE = "anna@fjord.example", "ben@fjord.example", "eve@evil.example"


ORDERS = list(itertools.permutations(range(3)))


def threads(world: World) -> set[frozenset[str]]:
    """The conversations as sets of Message-IDs."""
    found: dict[object, set[str]] = {}
    for cid, name in world.rows("SELECT conversation_id, message_id FROM messages"):
        found.setdefault(cid, set()).add(str(name).strip("<>").removesuffix("@x.example"))
    return {frozenset(names) for names in found.values()}


def strangers(world: World) -> set[str]:
    """The senders of marked mail."""
    rows = world.rows("SELECT from_address FROM messages WHERE stranger = 1")
    return {str(row[0]) for row in rows}


@pytest.mark.parametrize("order", ORDERS)
def test_a_late_parent_brings_its_answers_together(world: World, order: tuple[int, ...]) -> None:
    mails = [
        letter("root"),
        letter("one", BEN, refs=["root"]),
        letter("two", refs=["lost", "root"]),
    ]
    for number in order:
        world.file(mails[number], at=NOW + number)
    assert threads(world) == {frozenset({"root", "one", "two"})}
    assert world.one("SELECT count(*) FROM listing WHERE view_id = ?", int(View.INBOX)) == 1
    assert world.rows("SELECT total, unread FROM view_counts WHERE view_id = ?", int(View.ALL)) == [
        (1, 1)
    ]


def test_a_subject_alone_joins_nothing(world: World) -> None:
    for number in range(3):
        world.file(Envelope(message_id=f"<{number}@x>", subject="Re: Offer"))
    assert world.count("conversations") == 3


def test_a_missing_parent_still_joins_its_answers(world: World) -> None:
    world.file(letter("one", refs=["never"]))
    world.file(letter("two", BEN, refs=["never"]), at=NOW + 60)
    assert threads(world) == {frozenset({"one", "two"})}


def test_one_batch_with_answers_first_is_one_conversation(world: World) -> None:
    world.file(letter("two", refs=["root", "one"]), letter("one", refs=["root"]), letter("root"))
    assert threads(world) == {frozenset({"root", "one", "two"})}


@pytest.mark.parametrize("order", ORDERS)
def test_who_only_knows_an_id_is_marked_in_any_order(world: World, order: tuple[int, ...]) -> None:
    mails = [
        letter("offer", ANNA),
        letter("answer", OWN, to=[ANNA], refs=["offer"]),
        letter("trick", EVE, refs=["offer"]),
    ]
    for number in order:
        folder = "sent" if number == 1 else "inbox"
        world.file(mails[number], folder=folder, at=NOW + number)
    assert threads(world) == {frozenset({"offer", "answer", "trick"})}
    assert strangers(world) == {EVE}


@pytest.mark.parametrize("first", [0, 1])
def test_who_takes_over_an_id_is_marked_in_any_order(world: World, first: int) -> None:
    answer = letter("answer", OWN, to=[ANNA], refs=["offer"])
    mails = [letter("offer", ANNA), letter("offer", EVE)]
    world.file(mails[first], at=NOW)
    world.file(answer, folder="sent", at=NOW + 10)
    world.file(mails[1 - first], at=NOW + 20)
    assert strangers(world) == {EVE}


def test_who_was_written_to_is_no_stranger(world: World) -> None:
    world.file(letter("offer", ANNA, to=[OWN, BEN]))
    world.file(letter("answer", BEN, refs=["offer"]), at=NOW + 60)
    assert strangers(world) == set()


def test_who_joins_later_is_no_stranger_any_more_once_answered(world: World) -> None:
    world.file(letter("offer", ANNA), at=NOW)
    world.file(letter("help", BEN, refs=["offer"]), at=NOW + 1)
    assert strangers(world) == {BEN}
    world.file(letter("thanks", ANNA, to=[BEN], refs=["offer", "help"]), at=NOW + 2)
    assert strangers(world) == set()


PEOPLE_LINES = [
    ([(ANNA, "inbox")], "Anna"),
    ([(ANNA, "inbox"), (BEN, "inbox")], "Anna, Ben"),
    ([(ANNA, "inbox"), (BEN, "inbox"), (ANNA, "inbox")], "Ben, Anna"),
    ([(ANNA, "inbox"), (OWN, "sent")], "Anna, me"),
    ([(OWN, "sent")], "To: anna@fjord.example"),
]


@pytest.mark.parametrize(("mails", "line"), PEOPLE_LINES)
def test_the_line_of_people_names_who_wrote_newest_last(
    world: World, mails: Sequence[tuple[str, str]], line: str
) -> None:
    for number, (sender, folder) in enumerate(mails):
        to = [ANNA] if sender == OWN else [OWN]
        mail = letter(f"m{number}", sender, to=to, refs=["m0"] if number else [])
        world.file(mail, folder=folder, at=NOW + number)
    assert world.rows("SELECT people FROM conversations WHERE messages > 0") == [(line,)]


def test_a_muted_conversation_stays_out_of_the_inbox_when_mail_comes(world: World) -> None:
    world.file(letter("root"))
    world.conn.execute("UPDATE conversations SET muted_at = ?", (NOW,))
    recount(world.conn, {1})
    world.file(letter("more", refs=["root"]), at=NOW + 60)
    views = {row[0] for row in world.rows("SELECT view_id FROM listing")}
    assert int(View.INBOX) not in views and int(View.UNREAD) not in views
    assert int(View.ARCHIVE) in views


VIEWS = [
    ("inbox", 0, {View.INBOX, View.UNREAD, View.ALL}),
    ("inbox", int(Flag.SEEN), {View.INBOX, View.ALL}),
    ("archive", int(Flag.SEEN | Flag.FLAGGED), {View.ARCHIVE, View.STARRED, View.ALL}),
    ("sent", int(Flag.SEEN), {View.SENT, View.ALL}),
    ("trash", 0, {View.TRASH}),
    ("junk", 0, {View.SPAM}),
    ("drafts", int(Flag.SEEN), {View.DRAFTS, View.ALL}),
]


@pytest.mark.parametrize(("folder", "flags", "views"), VIEWS)
def test_where_a_mail_lies_says_which_lists_it_is_in(
    world: World, folder: str, flags: int, views: set[View]
) -> None:
    sender = OWN if folder in ("sent", "drafts") else ANNA
    world.file(letter("one", sender), folder=folder, flags=flags)
    found = world.rows("SELECT view_id FROM listing WHERE view_id < 1000")
    assert {row[0] for row in found} == {int(view) for view in views}


@contextmanager
def fresh_world() -> Iterator[World]:
    """A store of its own, for each example."""
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        try:
            yield world
        finally:
            world.conn.close()


def shown(world: World) -> dict[str, object]:
    """Everything a user can see, without the ids that depend on the order."""
    names = dict(world.rows("SELECT id, message_id FROM messages"))
    of: dict[object, set[object]] = {}
    for message_id, cid in world.rows("SELECT id, conversation_id FROM messages"):
        of.setdefault(cid, set()).add(names[message_id])
    key = {cid: tuple(sorted(map(str, members))) for cid, members in of.items()}
    return {
        "rows": sorted(
            (key[row[0]], *row[1:])
            for row in world.rows(
                "SELECT id, subject, people, snippet, messages, unread, starred, attachments,"
                " answered, first_at, last_at, last_in_at, last_out_at FROM conversations"
                " JOIN marks ON conversation_id = id"
                " WHERE messages > 0"
            )
        ),
        "lists": sorted(
            (row[0], row[1], key[row[2]], row[3])
            for row in world.rows("SELECT view_id, at, conversation_id, unread FROM listing")
        ),
        "counts": sorted(
            world.rows("SELECT view_id, total, unread FROM view_counts WHERE total > 0")
        ),
        "folders": world.rows("SELECT id, messages, unread FROM folders ORDER BY id"),
        "strangers": sorted(map(str, world.rows("SELECT message_id FROM messages WHERE stranger"))),
        "people": sorted(
            world.rows("SELECT address, name, received, sent, last_at FROM correspondents")
        ),
    }


MAIL = st.tuples(
    st.sampled_from([ANNA, BEN, EVE, OWN]),
    st.lists(st.integers(0, 9), max_size=3),
    st.sampled_from(["inbox", "inbox", "archive", "trash", "junk"]),
    st.sampled_from([0, 1, 2, 3]),
)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), mails=st.lists(MAIL, min_size=2, max_size=9))
def test_any_order_of_arrival_ends_in_the_same_lists(
    data: st.DataObject, mails: list[tuple[str, list[int], str, int]]
) -> None:
    arrivals: list[tuple[str, Arrival]] = []
    for number, (sender, refs, folder, flags) in enumerate(mails):
        mail = letter(
            f"m{number}",
            sender,
            to=[ANNA] if sender == OWN else [OWN],
            refs=[f"m{ref}" for ref in refs if ref != number],
        )
        folder = "sent" if sender == OWN else folder
        arrivals.append((folder, Arrival(number + 1, flags, NOW + number, 1000, mail)))
    results = []
    for order in (arrivals, data.draw(st.permutations(arrivals))):
        with fresh_world() as world:
            batches = itertools.groupby(order, key=lambda pair: pair[0])
            for folder, batch in batches:
                world.file_batch([arrival for _, arrival in batch], folder)
            results.append(shown(world))
            world.conn.execute("BEGIN")
            rebuild(world.conn)
            assert shown(world) == results[-1], "the fold"
            world.conn.execute("ROLLBACK")
    for part in results[0]:
        assert results[0][part] == results[1][part], part
