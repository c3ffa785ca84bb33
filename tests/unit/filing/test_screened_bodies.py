"""What is kept of a screened mail: its header, and after a day nothing of its body (R31)."""

from __future__ import annotations

import pytest

from tests.unit.filing.test_bodies import FILE, body
from tests.unit.filing.world import NOW, World, letter
from tui_mail.filing.bodies import file_bodies
from tui_mail.model.blocking import parse_target
from tui_mail.store import blocks, retention, syncing

DAY = 86_400
KEPT = ("raws", "texts", "attachments")


def screened(world: World, *, blocked_at: int) -> tuple[int, int]:
    """A mail with its body, kept out by an entry: (message, entry)."""
    (message_id,) = world.file(letter("a")).message_ids
    file_bodies(world.conn, [(message_id, body("a", FILE))], NOW)
    entry = blocks.add(world.conn, parse_target("@bulk.example"), None, "user", blocked_at)
    world.conn.execute("UPDATE messages SET screened_by = ? WHERE id = ?", (entry, message_id))
    return message_id, entry


def test_the_body_goes_a_day_after_the_block_and_is_due_again_when_it_ends(world: World) -> None:
    message_id, entry = screened(world, blocked_at=NOW)
    retention.sweep(world.conn, NOW + DAY)
    assert [world.count(table) for table in KEPT] == [1, 1, 1], "undo is still likely"
    retention.sweep(world.conn, NOW + DAY + 1)
    assert [world.count(table) for table in KEPT] == [0, 0, 0]
    assert world.rows("SELECT body_state, snippet, subject <> '' FROM messages") == [
        ("none", "", 1)
    ]
    world.conn.execute("INSERT INTO fts(fts) VALUES ('integrity-check')")
    account = world.rows("SELECT account_id FROM messages")[0][0]
    assert syncing.bodies_due(world.conn, account, NOW, 9) == [], "screened mail is not fetched"
    world.conn.execute("UPDATE messages SET screened_by = NULL")
    blocks.remove(world.conn, entry)
    due = syncing.bodies_due(world.conn, account, NOW, 9)
    assert [one.message_id for one in due] == [message_id]


@pytest.mark.parametrize("gone", ["orphaned_at = 5", "screened_by = NULL"])
def test_mail_the_server_no_longer_has_and_mail_in_sight_keep_their_body(
    world: World, gone: str
) -> None:
    screened(world, blocked_at=NOW)
    world.conn.execute(f"UPDATE messages SET {gone}, retention_until = {NOW + 99 * DAY}")
    retention.sweep(world.conn, NOW + 2 * DAY)
    assert [world.count(table) for table in KEPT] == [1, 1, 1]
