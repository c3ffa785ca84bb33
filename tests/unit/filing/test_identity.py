"""When two mails are one: by strong identity only, never by a Message-ID alone (§4.6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.filing.world import NOW, OWN, World, letter
from tui_mail.filing.arrivals import store_local
from tui_mail.filing.intents import bury
from tui_mail.model.addresses import Address

ANNA, EVE = "anna@fjord.example", "eve@evil.example"


@pytest.mark.parametrize("first", [ANNA, EVE])
def test_one_message_id_with_two_bodies_is_two_mails(world: World, first: str) -> None:
    second = EVE if first == ANNA else ANNA
    world.file(letter("offer", first))
    world.file(letter("offer", second), at=NOW + 60)
    assert world.count("messages") == 2
    assert world.count("placements") == 2
    senders = {row[0] for row in world.rows("SELECT from_address FROM messages")}
    assert senders == {ANNA, EVE}


def test_the_same_mail_in_another_folder_is_one_mail_in_two_places(world: World) -> None:
    world.file(letter("offer"), at=NOW)
    world.file(letter("offer"), folder="archive", at=NOW)
    assert world.count("messages") == 1
    assert world.rows("SELECT folder_id FROM placements ORDER BY 1") == [(1,), (2,)]
    assert world.count("presence") == 2


def test_a_mail_that_moved_keeps_its_row(world: World) -> None:
    (moved,) = world.file(letter("offer"), at=NOW).message_ids
    world.conn.execute("UPDATE placements SET vanished_at = ?", (NOW,))
    world.conn.execute("UPDATE messages SET orphaned_at = ?", (NOW,))
    filed = world.file(letter("offer"), folder="archive", at=NOW + 5)
    assert filed.message_ids == ()
    assert world.rows("SELECT id, orphaned_at FROM messages") == [(moved, None)]


@pytest.mark.parametrize("at", [NOW, NOW + 60], ids=["same time", "other time"])
def test_two_copies_in_one_folder_stay_two(world: World, at: int) -> None:
    world.file(letter("offer"), at=NOW)
    world.file(letter("offer"), at=at)
    assert world.count("messages") == 2
    assert world.count("conversations") == 1


def test_another_size_is_another_mail(world: World) -> None:
    world.file(letter("offer"), size=1000, at=NOW)
    world.file(letter("offer"), folder="archive", size=1001, at=NOW)
    assert world.count("messages") == 2


@pytest.mark.parametrize("key", ["gm_msgid", "email_id"])
def test_the_servers_own_id_binds_whatever_the_headers_say(world: World, key: str) -> None:
    value = 77 if key == "gm_msgid" else "M77"
    world.file(letter("offer"), **{key: value})
    world.file(letter("offer", body="changed"), folder="archive", size=5, **{key: value})
    assert world.count("messages") == 1


def test_uids_that_are_here_only_have_their_flags_refreshed(world: World) -> None:
    world.file(letter("offer"), flags=0)
    world.uids.clear()
    filed = world.file(letter("offer"), flags=3)
    assert filed.message_ids == ()
    assert world.rows("SELECT flags FROM messages") == [(3,)]
    assert world.rows("SELECT flags FROM placements") == [(3,)]


@pytest.mark.parametrize("folder", ["inbox", "archive", "junk"])
def test_a_foreign_mail_with_our_mark_takes_nothing_over(world: World, folder: str) -> None:
    world.file(letter("mine", OWN, tui_mail_id="abc"), folder="sent")
    world.conn.execute("UPDATE messages SET state = 'outgoing'")
    world.file(letter("theirs", EVE, tui_mail_id="abc"), folder=folder)
    assert world.count("messages") == 2


def test_our_own_mark_binds_the_copy_in_sent(world: World) -> None:
    (mine,) = world.file(letter("mine", OWN, tui_mail_id="abc"), folder="drafts").message_ids
    world.conn.execute("DELETE FROM placements")
    world.conn.execute("UPDATE messages SET state = 'outgoing'")
    world.file(letter("mine", OWN, tui_mail_id="abc", body="by the server"), folder="sent")
    assert world.rows("SELECT id FROM messages") == [(mine,)]
    assert world.rows("SELECT folder_id, message_id FROM placements") == [(3, mine)]


def test_a_mail_to_oneself_is_one_mail_in_sent_and_inbox(world: World) -> None:
    world.file(letter("note", OWN), folder="sent", at=NOW)
    world.file(letter("note", OWN), folder="inbox", at=NOW)
    assert world.rows("SELECT is_own FROM messages") == [(1,)]
    assert world.rows("SELECT people FROM conversations") == [(f"To: {OWN}",)]


def test_mail_deleted_here_does_not_come_back(world: World) -> None:
    (gone,) = world.file(letter("offer"), at=NOW).message_ids
    bury(world.conn, gone, NOW)
    world.conn.execute("DELETE FROM placements")
    filed = world.file(letter("offer"), at=NOW)
    assert filed.message_ids == ()
    assert world.count("placements") == 0


def test_a_header_with_ten_thousand_people_fills_a_bounded_number_of_rows(world: World) -> None:
    crowd = tuple(Address(f"P {n}", f"p{n}@crowd.example") for n in range(10_000))
    world.file(letter("crowd", cc=crowd))
    assert world.one("SELECT count(*) FROM participants WHERE role = 'cc'") == 400
    assert world.count("correspondents") <= 410


@pytest.mark.parametrize(
    ("internal", "date", "listed"),
    [
        (253_402_300_799, None, NOW + 86_400),
        (-2_177_452_800, None, 0),
        (0, 253_402_300_799, NOW + 86_400),
        (0, -2_177_452_800, 0),
        (0, None, NOW),
        (NOW - 5, 253_402_300_799, NOW - 5),
    ],
    ids=["9999", "1901", "Date 9999", "Date 1901", "no date", "arrival before Date"],
)
def test_no_date_puts_a_mail_far_ahead_or_before_all_time(
    world: World, internal: int, date: int | None, listed: int
) -> None:
    world.file(letter("odd", date=date), at=internal)
    assert world.one("SELECT sort_at FROM messages") == listed
    assert world.one("SELECT max(at) FROM listing") == listed


@pytest.mark.parametrize("how", ["tui_mail_id", "original_id"])
def test_a_mail_of_ours_that_the_provider_renamed_threads_by_both_names(
    world: World, how: str
) -> None:
    """OUT-8: Outlook.com and others give a mail another Message-ID on submission."""
    ours = replace(letter("offer", OWN), tui_mail_id="abc123" if how == "tui_mail_id" else "")
    sent = store_local(world.conn, world.places["sent"], ours, state="sent", size=900, now=NOW)
    renamed = replace(
        ours,
        message_id="<renamed@outlook.example>",
        original_id=ours.message_id if how == "original_id" else "",
        fingerprint=b"another",
    )
    filed = world.file(renamed, folder="sent")
    assert filed.message_ids == (), "it is the mail that is here already"
    answer = replace(letter("answer", ANNA), references=("<renamed@outlook.example>",))
    world.file(answer)
    assert world.count("conversations") == 1
    assert world.one("SELECT count(DISTINCT conversation_id) FROM messages") == 1
    assert world.one("SELECT id FROM messages ORDER BY id LIMIT 1") == sent


def test_nobody_else_can_claim_to_be_a_mail_of_ours(world: World) -> None:
    ours = letter("offer", OWN)
    store_local(world.conn, world.places["sent"], ours, state="sent", size=900, now=NOW)
    forged = replace(letter("forged", EVE), original_id=ours.message_id)
    assert len(world.file(forged).message_ids) == 1
