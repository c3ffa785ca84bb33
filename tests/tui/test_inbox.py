"""The inbox by its keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.screen import Screen

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox, mail
from tui_mail.actions.context import open_context
from tui_mail.model.views import View
from tui_mail.store.pages import count
from tui_mail.tui.app import TuiMail


def inbox_total(box: Mailbox) -> int:
    conn = box.connect()
    try:
        return count(conn, View.INBOX)[0]
    finally:
        conn.close()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_first_frame_is_whole(
    mailbox: Callable[..., Mailbox], size: tuple[int, int]
) -> None:
    class Watched(TuiMail):
        first = ""

        def _display(self, screen: Screen[Any], renderable: Any) -> None:
            if renderable is not None and not self.first:
                self.first = renderable.render_segments(self.console)
            super()._display(screen, renderable)

    box = mailbox(50)
    ctx = await open_context(box.paths, clock=box.clock)
    try:
        app = Watched(ctx, engine=False)
        async with app.run_test(size=size):
            for word in ("Inbox", "Subject 0000", "Subject 0015", "Help"):
                assert word in app.first
            assert ("Starred" in app.first) == (size[0] >= 100)
    finally:
        await ctx.close()


@pytest.mark.parametrize("size", [(80, 24), (140, 45), (40, 24)])
async def test_the_list_moves_by_keys_at_every_size(
    mailbox: Callable[..., Mailbox], start: Start, size: tuple[int, int]
) -> None:
    async with start(mailbox(300), size) as journey:
        assert journey.cursor == "Subject 0000"
        for keys, expected in [
            (("j", "down"), "Subject 0002"),
            (("k",), "Subject 0001"),
            (("G",), "Subject 0299"),
            (("g", "g"), "Subject 0000"),
            (("end",), "Subject 0299"),
            (("home",), "Subject 0000"),
        ]:
            await journey.press(*keys)
            assert journey.cursor == expected
            assert expected in journey.rows
        await journey.press("pagedown")
        assert journey.cursor == f"Subject {journey.list.size.height:04}"
        await journey.press("pageup", "ctrl+d")
        assert journey.cursor == f"Subject {journey.list.size.height // 2:04}"


async def test_archive_takes_the_row_out_and_the_cursor_to_the_next(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(30)
    async with start(box) as journey:
        await journey.press("j", "a")
        assert journey.cursor == "Subject 0002"
        assert "Subject 0001" not in journey.rows
        assert inbox_total(box) == 29
        assert "Archived 1 conversation" in journey.screen
        assert "z undoes" in journey.screen


async def test_undo_brings_it_back_under_the_cursor(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(30)
    async with start(box) as journey:
        await journey.press("j", "a", "e")
        before = journey.list.top
        await journey.press("z", "z")
        assert journey.cursor == "Subject 0001"
        assert journey.rows[:4] == [f"Subject {n:04}" for n in range(4)]
        assert journey.list.top == before
        assert inbox_total(box) == 30


async def test_undo_works_after_a_restart(mailbox: Callable[..., Mailbox], start: Start) -> None:
    box = mailbox(3)
    async with start(box) as journey:
        await journey.press("a")
    async with start(box) as journey:
        await journey.press("z")
        assert journey.cursor == "Subject 0000"


async def test_keys_typed_faster_than_the_store_answers_act_on_what_they_meant(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(300)
    async with start(box) as journey:
        await journey.pilot.press("a", "a", "j", "a", "G", "a", "z")
        await journey.settled()
        assert inbox_total(box) == 297
        conn = box.connect()
        kept = {row[0] for row in conn.execute(
            "SELECT c.subject FROM listing l JOIN conversations c ON c.id = l.conversation_id"
            " WHERE view_id = 1")}  # fmt: skip
        conn.close()
        gone = {f"Subject {n:04}" for n in range(300)} - kept
        assert gone == {"Subject 0000", "Subject 0001", "Subject 0003"}


async def test_new_mail_does_not_move_the_row_under_the_cursor(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(60)
    async with start(box) as journey:
        await journey.press("j", "j")
        line = journey.list.position - journey.list.top
        box.arrive([mail(1000 + n) for n in range(3)], at=box.clock.at + 600)
        await journey.app.look()
        await journey.settled()
        assert journey.cursor == "Subject 0002"
        assert journey.list.position - journey.list.top == line
        assert journey.list.position == 5
        assert "3 new above" in journey.screen
        await journey.press("g", "g")
        assert "new above" not in journey.screen
        assert journey.cursor == "Subject 1000"


async def test_new_mail_does_not_move_a_list_that_fits_the_screen(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(3)
    async with start(box) as journey:
        box.arrive([mail(1000)], at=box.clock.at + 600)
        await journey.app.look()
        await journey.settled()
        assert journey.cursor == "Subject 0000"
        assert journey.list.position == journey.list.top == 1
        assert "1 new above" in journey.screen
        await journey.press("k")
        assert journey.cursor == "Subject 1000"


async def test_an_answer_does_not_lift_its_conversation_from_under_the_cursor(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(60)
    async with start(box) as journey:
        await journey.press(*"jjjjj")
        box.arrive(
            [mail(1000, "Re: Subject 0005", references=("<5@example.org>",))],
            at=box.clock.at + 600,
        )
        await journey.app.look()
        await journey.settled()
        row = journey.list.cursor_row
        assert row is not None and row.messages == 2
        assert journey.list.position == 5
        assert journey.rows[4:7] == ["Subject 0004", "Subject 0005", "Subject 0006"]
        await journey.press("j")
        assert journey.cursor == "Subject 0006"
        await journey.press("g", "g")
        assert journey.rows[:7] == [f"Subject {n:04}" for n in (5, 0, 1, 2, 3, 4, 6)]


async def test_an_action_is_about_the_conversation_seen_not_the_row_number(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(20)
    async with start(box) as journey:
        box.arrive([mail(1000 + n) for n in range(5)], at=box.clock.at + 600)
        await journey.press("a")
        conn = box.connect()
        archived = [row[0] for row in conn.execute(
            "SELECT c.subject FROM listing l JOIN conversations c ON c.id = l.conversation_id"
            " WHERE view_id = ?", (View.ARCHIVE,))]  # fmt: skip
        conn.close()
        assert archived == ["Subject 0000"]


async def test_five_hundred_selected_are_archived_and_brought_back_at_once(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(700)
    async with start(box) as journey:
        await journey.press("V")
        for _ in range(499):
            await journey.list.move_by(1)
        await journey.press("V")
        assert "500 selected" in journey.screen
        await journey.press("a")
        assert inbox_total(box) == 200
        assert journey.cursor == "Subject 0500"
        assert "Archived 500 conversations" in journey.screen
        await journey.press("z")
        assert inbox_total(box) == 700


@pytest.mark.parametrize(("kind", "expected"), [("a", 6), ("n", 0), ("u", 4), ("r", 2), ("s", 1)])
async def test_selecting_by_kind(
    mailbox: Callable[..., Mailbox], start: Start, kind: str, expected: int
) -> None:
    box = mailbox(4)
    box.arrive([mail(100)], flags=1)
    box.arrive([mail(101)], flags=3)
    async with start(box) as journey:
        await journey.press("*", kind)
        assert len(journey.list.selected) == expected


async def test_repeat_does_the_last_thing_to_another_row(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(10)
    async with start(box) as journey:
        await journey.press("s", "j", ".")
        assert [row.starred for row in journey.list.window.rows[:3]] == [1, 1, 0]


async def test_moving_asks_for_the_folder_by_a_few_letters(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(10)
    async with start(box) as journey:
        await journey.press("x", "x", "v", *"mül", "enter")
        assert "Moved to Clients/Müller" in journey.screen
        assert inbox_total(box) == 8
        await journey.press("g", "f", *"client", "enter")
        assert journey.rows == ["Subject 0000", "Subject 0001"]


async def test_escape_never_quits_and_q_does(mailbox: Callable[..., Mailbox], start: Start) -> None:
    async with start(mailbox(3)) as journey:
        await journey.press("g", "a", "escape", "escape", "escape")
        assert journey.app.is_running
        assert journey.list.total == 3
        await journey.pilot.press("q")
        assert journey.app.return_code == 0


async def test_a_resize_keeps_the_cursor_in_view(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    async with start(mailbox(300), (120, 40)) as journey:
        await journey.press(*["j"] * 30)
        for size in [(80, 24), (40, 10), (140, 45)]:
            await journey.pilot.resize_terminal(*size)
            await journey.settled()
            assert journey.cursor == "Subject 0030"
            assert "Subject 0030" in journey.rows


async def test_an_empty_profile_says_what_to_do(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    async with start(mailbox(0, account=False)) as journey:
        assert "There is no account yet" in journey.screen
        assert "g +" in journey.screen


async def test_leaving_a_search_goes_back_to_the_exact_place(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(300, indexed=True)
    async with start(box) as journey:
        await journey.press(*["pagedown"] * 4, "j", "j")
        before = (journey.cursor, journey.list.top, journey.rows)
        await journey.press("slash", *"from:p7@example.org")
        await journey.until(lambda: journey.list.total == 6)
        await journey.press("enter", "j", "j")
        assert journey.cursor == "Subject 0107"
        assert "6 conversations" in journey.lines[-2]
        await journey.press("escape")
        assert (journey.cursor, journey.list.top, journey.rows) == before
        assert "6 conversations" not in journey.screen


async def test_a_found_conversation_is_archived_where_it_was_found(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(100, indexed=True)
    async with start(box) as journey:
        await journey.press("slash", *"from:p7@example.org", "enter", "a", "j", "d")
        assert journey.rows == ["Subject 0007"]
        assert inbox_total(box) == 98
        await journey.press("escape")
        assert "Subject 0007" not in journey.rows
        assert journey.cursor == "Subject 0000"


@pytest.mark.parametrize(
    ("size", "keys", "shows", "hides"),
    [
        ((80, 24), (), (), ("Starred", "p0@example.org")),
        ((100, 30), (), ("Starred", "Clients/Müller"), ("p0@example.org",)),
        ((140, 45), (), ("Starred", "p0@example.org", "2 mails from, 0 to them"), ()),
        ((140, 45), ("i",), ("Starred",), ("p0@example.org",)),
        ((80, 24), ("i",), ("p0@example.org",), ("Starred",)),
        ((80, 24), ("P",), ("Person 0000 <p0@example.org>",), ()),
    ],
)
async def test_panes_come_with_the_width_and_by_key(
    mailbox: Callable[..., Mailbox],
    start: Start,
    size: tuple[int, int],
    keys: tuple[str, ...],
    shows: tuple[str, ...],
    hides: tuple[str, ...],
) -> None:
    async with start(mailbox(100), size) as journey:
        await journey.press(*keys)
        await journey.until(lambda: all(words in journey.screen for words in shows))
        assert not [words for words in hides if words in journey.screen]


async def test_the_people_follow_the_cursor(mailbox: Callable[..., Mailbox], start: Start) -> None:
    async with start(mailbox(100), (140, 45)) as journey:
        await journey.press("j", "j", "j")
        await journey.until(lambda: "p3@example.org" in journey.screen)
        assert "p0@example.org" not in journey.screen


@pytest.mark.parametrize(
    ("key", "chosen", "expected"),
    [("question_mark", "archive", "Archived 1"), ("colon", "star", "Starred 1"),
     ("ctrl+p", "spam", "Reported as spam 1")],
)  # fmt: skip
async def test_help_and_palette_name_every_command_and_run_it(
    mailbox: Callable[..., Mailbox], start: Start, key: str, chosen: str, expected: str
) -> None:
    async with start(mailbox(10)) as journey:
        await journey.press(key)
        assert "Archive" in journey.screen and "a  e" in journey.screen
        await journey.press(*chosen, "enter")
        assert expected in journey.screen


async def test_a_prefix_shows_what_may_follow_and_waits(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    async with start(mailbox(10)) as journey:
        await journey.press("g")
        assert "s Starred" in journey.screen and "Account 2" not in journey.screen
        await journey.press("escape")
        assert "s Starred" not in journey.screen
        await journey.press("g", "y")
        assert "g y is no command" in journey.screen


async def test_an_account_in_trouble_says_why_and_what_mends_it(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(3)
    conn = box.connect()
    conn.execute("UPDATE accounts SET state = 'auth_failed', reason = 'password rejected'")
    conn.close()
    async with start(box, (120, 30)) as journey:
        await journey.until(lambda: "work: password rejected" in journey.screen)
        assert "g @" in journey.lines[-2]


async def test_a_first_sync_shows_how_far_it_is(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(3)
    conn = box.connect()
    conn.execute(
        "UPDATE accounts SET state = 'initial_sync', progress = "
        """'{"folder": "INBOX", "done": 1200, "total": 45000, "rate": 300}'"""
    )
    conn.close()
    async with start(box, (120, 30)) as journey:
        await journey.until(lambda: "work: INBOX 1,200/45,000, 300/s, 2 min left" in journey.screen)


async def test_a_bulk_action_that_was_cut_short_is_offered_at_the_next_start(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    box = mailbox(3)
    async with start(box) as journey:
        await journey.press("a")
        await journey.until(lambda: len(journey.rows) == 2)
    box.run("UPDATE journal SET undo = json_set(undo, '$.of', 2000)")
    async with start(box) as journey:
        await journey.until(lambda: "Cut short: Archived 1 conversation" in journey.screen)
        assert "(of 2,000): z takes it back" in journey.screen
        await journey.press("z")
        await journey.until(lambda: len(journey.rows) == 3)


async def test_no_printable_key_breaks_the_list(
    mailbox: Callable[..., Mailbox], start: Start
) -> None:
    """Keys without a command say so or do nothing."""
    box = mailbox(3)
    async with start(box) as journey:
        for key in (
            "@",
            "%",
            "$",
            "*",
            "+",
            "=",
            "~",
            "^",
            "_",
            '"',
            "'",
            "\\",
            "[",
            "{",
            "ü",
            "世",
        ):
            await journey.press(key)
            assert journey.app.is_running and journey.app._exception is None
        assert inbox_total(box) == 3
