"""Flags counted by difference leave what counting everything anew gives (I5)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.filing.world import NOW, OWN, ROLES, World, letter, make_world
from tui_mail.filing import intents
from tui_mail.filing.vanished import apply_flags
from tui_mail.model.messages import Flag
from tui_mail.model.views import LANES, View
from tui_mail.store import lanes, operations, people, reminders
from tui_mail.store.flag_folds import fold_flags
from tui_mail.store.folds import fold, rebuild, recount

ANNA, EVE = "anna@fjord.example", "eve@evil.example"
FLAGS = st.one_of(st.integers(0, 3), st.integers(0, 127))
_DERIVED = {
    "messages": "SELECT id, flags FROM messages",
    "presence": "SELECT message_id, folder_id FROM presence",
    "folders": "SELECT id, messages, unread FROM folders",
    "conversations": "SELECT * FROM conversations JOIN marks ON conversation_id = id",
    "people": "SELECT person_id, conversation_id FROM person_conversations",
    "counts": "SELECT view_id, total, unread FROM view_counts WHERE (total <> 0 OR unread <> 0)",
    "listing": "SELECT view_id, at, conversation_id, unread FROM listing WHERE 1",
}
_OUTSIDE_LANES = f" AND view_id NOT IN ({', '.join(str(int(view)) for view in LANES)})"


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of the mixture."""

    conversation: int
    sender: str
    folder: str
    flags: int
    also_in: str
    """A second folder, or empty."""
    fate: str
    wish: str
    """An open operation, or empty."""
    labels: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is said of a conversation."""

    muted: bool
    link_state: str
    snooze: str
    follow_up: bool
    lane: View | None


@dataclass(frozen=True, slots=True)
class Change:
    """Mails whose flags change in one transaction: on the server, or by the user."""

    by_user: bool
    flags: Sequence[tuple[int, int]]
    """(mail, flags)."""


FATES = ["", "", "", "", "deleted", "orphaned", "screened", "draft", "outgoing", "sent", "moving"]
WISHES = ["", "", "", "star", "unread", "move", "local", "label", "expunge"]
MAILS = st.lists(
    st.builds(
        Mail,
        conversation=st.integers(0, 2),
        sender=st.sampled_from([ANNA, ANNA, EVE, OWN]),
        folder=st.sampled_from(["inbox", "inbox", *ROLES]),
        flags=FLAGS,
        also_in=st.sampled_from(["", "", *ROLES]),
        fate=st.sampled_from(FATES),
        wish=st.sampled_from(WISHES),
        labels=st.sampled_from(["", "", '["\\\\Inbox"]', '["Archive", "\\\\Sent"]']),
    ),
    min_size=1,
    max_size=8,
)
STANDINGS = st.tuples(
    *[
        st.builds(
            Standing,
            muted=st.sampled_from([False, False, True]),
            link_state=st.sampled_from(["none", "ambiguous", "linked"]),
            snooze=st.sampled_from(["", "", "asleep", "woken"]),
            follow_up=st.booleans(),
            lane=st.sampled_from([None, None, *sorted(LANES)]),
        )
    ]
    * 3
)
CHANGES = st.lists(
    st.builds(
        Change,
        by_user=st.booleans(),
        flags=st.lists(st.tuples(st.integers(0, 7), FLAGS), min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=4,
)


@contextmanager
def mixture(
    mails: Sequence[Mail], standings: Sequence[Standing], known: bool
) -> Iterator[tuple[World, list[int]]]:
    """A store with these mails and their ids."""
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        try:
            ids = [
                world.file(
                    letter(f"m{n}", mail.sender, refs=[f"c{mail.conversation}"]),
                    folder=mail.folder, flags=mail.flags, at=NOW + n,
                ).message_ids[0]
                for n, mail in enumerate(mails)
            ]  # fmt: skip
            world.conn.execute("BEGIN")
            if known:
                people.create(world.conn, {"name": "Anna", "addresses": [(ANNA, "")]}, NOW)
            for message_id, mail in zip(ids, mails, strict=True):
                _befall(world, message_id, mail)
            _stand(world, ids, mails, standings)
            rebuild(world.conn)
            of = _by_id(world, ids, mails, standings)
            for cid, standing in of.items():
                if standing.lane is not None:
                    lanes.apply(world.conn, [], [(standing.lane, NOW - cid, cid)])
            recount(world.conn, of)  # only some may stay in a lane
            world.conn.execute("COMMIT")
            yield world, ids
        finally:
            world.conn.close()


def _befall(world: World, message_id: int, mail: Mail) -> None:
    conn = world.conn
    if mail.also_in and mail.also_in != mail.folder:
        conn.execute(
            "INSERT INTO placements(folder_id, generation, uid, message_id, flags, first_seen)"
            " VALUES (?, 1, ?, ?, ?, ?)",
            (world.places[mail.also_in].id, 100 + message_id, message_id, mail.flags ^ 3, NOW),
        )
    conn.execute("UPDATE placements SET labels = ? WHERE message_id = ?", (mail.labels, message_id))
    match mail.fate:
        case "deleted":
            conn.execute("UPDATE messages SET deleted_at = ? WHERE id = ?", (NOW, message_id))
        case "orphaned":
            conn.execute("UPDATE messages SET orphaned_at = ? WHERE id = ?", (NOW, message_id))
            conn.execute("UPDATE placements SET vanished_at = ? WHERE message_id = ?",
                         (NOW, message_id))  # fmt: skip
        case "screened":
            conn.execute("UPDATE messages SET screened_by = 1 WHERE id = ?", (message_id,))
        case "moving":
            conn.execute("UPDATE placements SET vanished_at = ? WHERE message_id = ?",
                         (NOW, message_id))  # fmt: skip
        case "draft" | "outgoing" | "sent":
            conn.execute("UPDATE messages SET state = ? WHERE id = ?", (mail.fate, message_id))
    source = world.places[mail.folder].id
    target = world.places["archive"].id
    wishes: dict[str, tuple[str, dict[str, object]]] = {
        "star": ("flag", {"args": {"add": int(Flag.FLAGGED), "remove": 0}}),
        "unread": ("flag", {"args": {"add": 0, "remove": int(Flag.SEEN)}}),
        "move": ("move", {"folder_id": source, "target_id": target}),
        "local": ("move", {"target_id": target, "state": "local"}),
        "label": ("label", {"args": {"add": ["Archive"], "remove": ["\\Inbox"]}}),
        "expunge": ("expunge", {"folder_id": source}),
    }
    if mail.wish:
        kind, more = wishes[mail.wish]
        operations.add(
            conn, account_id=1, kind=kind, verb="", message_id=message_id, now=NOW,
            **more,  # type: ignore[arg-type]
        )  # fmt: skip


def _by_id(
    world: World, ids: Sequence[int], mails: Sequence[Mail], standings: Sequence[Standing]
) -> dict[int, Standing]:
    of = dict(world.rows("SELECT id, conversation_id FROM messages"))
    return {
        int(str(of[message_id])): standings[mail.conversation]
        for message_id, mail in zip(ids, mails, strict=True)
    }


def _stand(
    world: World, ids: Sequence[int], mails: Sequence[Mail], standings: Sequence[Standing]
) -> None:
    for cid, standing in _by_id(world, ids, mails, standings).items():
        world.conn.execute(
            "UPDATE conversations SET muted_at = ?, link_state = ? WHERE id = ?",
            (NOW if standing.muted else None, standing.link_state, cid),
        )
        if standing.snooze:
            reminders.put(world.conn, cid, reminders.SNOOZE, NOW + 500, NOW)
        if standing.follow_up:
            reminders.put(world.conn, cid, reminders.REMIND, NOW + 900, NOW)
        if standing.snooze == "woken":
            reminders.wake(world.conn, NOW + 600)


def derived(world: World, *, of_lanes: bool = True) -> dict[str, list[tuple[object, ...]]]:
    """Everything that can be counted anew; entries of lanes only on demand."""
    found = {}
    for name, sql in _DERIVED.items():
        if not of_lanes and name in ("counts", "listing"):
            sql += _OUTSIDE_LANES
        found[name] = sorted(world.rows(sql), key=repr)
    return found


def change_flags(world: World, ids: Sequence[int], change: Change) -> set[int]:
    """One transaction; returns the conversations that look different."""
    wanted = {ids[n % len(ids)]: flags for n, flags in change.flags}
    if not change.by_user:
        changed: set[int] = set()
        for place in world.places.values():
            rows = world.conn.execute(
                "SELECT uid, message_id FROM placements WHERE folder_id = ?", (place.id,)
            ).fetchall()
            changed |= apply_flags(
                world.conn, place.id, 1,
                [(uid, wanted[mid], "x" * (mid % 2), 5) for uid, mid in rows if mid in wanted],
            )  # fmt: skip
        return changed
    touched: list[int] = []
    for message_id, flags in wanted.items():
        touched += intents.flag(
            world.conn, [message_id], add=Flag(flags), remove=Flag(127 & ~flags), verb="read",
            now=NOW, journal_id=None,
        )  # fmt: skip
    return fold_flags(world.conn, touched)


@settings(max_examples=80, deadline=None)
@given(mails=MAILS, standings=STANDINGS, known=st.booleans(), changes=CHANGES)
def test_after_any_change_of_flags_counting_anew_changes_nothing(
    mails: list[Mail], standings: tuple[Standing, ...], known: bool, changes: list[Change]
) -> None:
    with mixture(mails, standings, known) as (world, ids):
        for change in changes:
            before = derived(world)
            told = change_flags(world, ids, change)
            after = derived(world)
            rows = set(map(repr, before["conversations"])) ^ set(map(repr, after["conversations"]))
            looks = {
                int(str(row[0]))
                for row in (*before["conversations"], *after["conversations"])
                if repr(row) in rows
            } | {int(str(row[2])) for row in {*before["listing"]} ^ {*after["listing"]}}
            assert looks <= told
            world.conn.execute("BEGIN")
            fold(world.conn, ids)
            recount(world.conn, [int(str(row[0])) for row in after["conversations"]])
            assert derived(world) == after, "the fold"
            apart = derived(world, of_lanes=False)
            rebuild(world.conn)
            assert derived(world, of_lanes=False) == apart, "the rebuild"
            world.conn.execute("ROLLBACK")
