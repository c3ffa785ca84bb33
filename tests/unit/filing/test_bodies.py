"""Bodies behind their headers: what a row of the list shows follows them, in any order."""

from __future__ import annotations

import itertools

import pytest

from tests.unit.filing.world import NOW, World, letter
from tui_mail.filing.bodies import file_bodies
from tui_mail.model.messages import Attachment, IndexedMail
from tui_mail.store.folds import rebuild

FILE = Attachment("2", "offer.pdf", "application/pdf", 10)
LOGO = Attachment("3", "logo.png", "image/png", 10, inline=True)
ORDERS = list(itertools.permutations(range(3)))


def body(name: str, *parts: Attachment, refs: tuple[str, ...] = ()) -> IndexedMail:
    return IndexedMail(
        envelope=letter(name, refs=refs),
        text=f"all of {name}",
        snippet=f"first words of {name}",
        attachments=parts,
        size=1000,
        sha256=b"",
        compressed=b"zstd",
    )


def rows(world: World) -> list[tuple[object, ...]]:
    return world.rows("SELECT snippet, attachments FROM conversations WHERE messages > 0")


@pytest.mark.parametrize("order", ORDERS)
def test_the_row_shows_the_newest_snippet_and_counts_files(
    world: World, order: tuple[int, ...]
) -> None:
    bodies = [body("a", FILE), body("b", LOGO, refs=("a",)), body("c", refs=("a",))]
    ids = [world.file(one.envelope, at=NOW + 60 * n).message_ids[0] for n, one in enumerate(bodies)]
    for number in order:
        file_bodies(world.conn, [(ids[number], bodies[number])], NOW)
    assert rows(world) == [("first words of c", 1)]
    world.conn.execute("BEGIN")
    rebuild(world.conn)
    assert rows(world) == [("first words of c", 1)]
    world.conn.execute("ROLLBACK")


@pytest.mark.parametrize("held", list(itertools.product([False, True], repeat=3)))
def test_bodies_that_come_together_leave_the_row_that_a_new_sum_gives(
    world: World, held: tuple[bool, ...]
) -> None:
    """Whichever of them has files, and whichever is in Trash."""
    bodies = [
        body(name, *([FILE] if has else []), refs=("a",) if name != "a" else ())
        for name, has in zip("abc", held, strict=True)
    ]
    for folder in ("inbox", "trash"):
        ids = [
            world.file(letter(f"{folder}{n}", refs=(f"{folder}0",) if n else ()), at=NOW + n)
            .message_ids[0]
            for n in range(2)
        ]  # fmt: skip
        last = world.file(
            letter(f"{folder}2", refs=(f"{folder}0",)), at=NOW + 2, folder=folder
        ).message_ids[0]
        file_bodies(world.conn, list(zip([*ids, last], bodies, strict=True)), NOW)
    found = rows(world)
    world.conn.execute("BEGIN")
    rebuild(world.conn)
    assert rows(world) == found
    world.conn.execute("ROLLBACK")


def test_only_rows_that_look_different_are_announced(world: World) -> None:
    old, new = world.file(letter("a"), letter("b", refs=("a",))).message_ids
    (cid,) = {row[0] for row in world.rows("SELECT conversation_id FROM messages")}
    assert file_bodies(world.conn, [(old, body("a"))], NOW) == set()
    assert file_bodies(world.conn, [(new, body("b"))], NOW) == {cid}
    assert file_bodies(world.conn, [(old, body("a", FILE))], NOW) == {cid}


def test_mails_of_one_moment_each_may_be_the_newest(world: World) -> None:
    first = world.file(letter("a"), at=NOW).message_ids[0]
    second = world.file(letter("b", refs=("a",)), at=NOW).message_ids[0]
    file_bodies(world.conn, [(second, body("b"))], NOW)
    file_bodies(world.conn, [(first, body("a"))], NOW)
    assert rows(world) == [("first words of b", 0)]


def test_a_body_stored_again_is_found_once(world: World) -> None:
    (one,) = world.file(letter("a")).message_ids
    file_bodies(world.conn, [(one, body("a"))], NOW)
    file_bodies(world.conn, [(one, body("a", FILE))], NOW)
    assert world.count("texts") == world.count("raws") == world.count("attachments") == 1
    assert world.rows("SELECT count(*) FROM fts WHERE fts MATCH 'all'") == [(1,)]
    world.conn.execute("INSERT INTO fts(fts) VALUES ('integrity-check')")
