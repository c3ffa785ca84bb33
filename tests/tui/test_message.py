"""The reader by its keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox
from tests.tui.mails import HOSTILE, add_body, file_mails, raw_mail
from tests.tui.steps import Journey
from tui_mail.model.messages import Flag
from tui_mail.tui.screens.message import MessageScreen

Make = Callable[..., Mailbox]


async def opened(journey: Journey) -> MessageScreen:
    """Open the row under the cursor and wait for its text."""
    await journey.press("enter")
    return await reading(journey)


async def reading(journey: Journey) -> MessageScreen:
    """Wait until every unfolded message has its text."""
    found = journey.app.screen
    assert isinstance(found, MessageScreen)
    await journey.until(
        lambda: bool(found.entries) and all(e.mail for e in found.entries.values() if e.unfolded)
    )
    await journey.settled()
    return found


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_a_mail_is_shown_with_its_sender_and_text(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox(0)
    file_mails(box, raw_mail(1, "Dear Ada,\r\nthe price is 40 EUR.\r\n", subject="The offer"))
    async with start(box, size) as journey:
        await opened(journey)
        assert "The offer" in journey.lines[0]
        assert "From     Anna Berg <anna@fjord.example>" in journey.screen
        assert "Dear Ada," in journey.screen
        assert "the price is 40 EUR." in journey.screen
        assert box.fetch("SELECT flags & 1 FROM messages") == [(int(Flag.SEEN),)]


async def test_a_folded_message_is_one_line_and_unfolds(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    first = raw_mail(1, "The first text.\r\n", subject="Plan")
    file_mails(box, first, flags=int(Flag.SEEN))
    file_mails(box, raw_mail(2, "The second text.\r\n", subject="Re: Plan",
                             refs="<m1@fjord.example>"))  # fmt: skip
    async with start(box) as journey:
        shown = await opened(journey)
        assert "The second text." in journey.screen
        assert "▸" in journey.lines[1]
        assert "To       Ada" not in journey.lines[2]
        await journey.press("p")
        await reading(journey)
        assert [entry.unfolded for entry in shown.entries.values()] == [True, True]
        assert "The first text." in journey.screen
        await journey.press("o")
        assert [entry.unfolded for entry in shown.entries.values()] == [False, True]
        await journey.press("n")
        assert shown.entry is not None and shown.entry.message.subject == "Re: Plan"


async def test_quotes_and_signatures_are_folded_until_asked_for(
    mailbox: Make, start: Start
) -> None:
    quoted = "".join(f"> said before {n}\r\n" for n in range(9))
    body = f"Yes.\r\n\r\nOn 20 Sep 2026, Ada <a@b.example> wrote:\r\n{quoted}\r\n-- \r\nAnna\r\n"
    box = mailbox(0)
    file_mails(box, raw_mail(1, body))
    async with start(box, (80, 40)) as journey:
        await opened(journey)
        assert "said before 3" not in journey.screen
        assert "Q shows it" in journey.screen
        await journey.press("Q")
        assert "│ said before 3" in journey.screen
        await journey.press("Q")
        assert "said before 3" not in journey.screen


async def test_nothing_of_a_mail_stands_in_the_first_column(mailbox: Make, start: Start) -> None:
    fake = "┃ From     The Boss <boss@example.com>\r\n▾ Anna\r\n┃ ! all checks passed\r\n"
    box = mailbox(0)
    file_mails(box, raw_mail(1, fake * 3 + HOSTILE, headers="Reply-To: else@evil.example\r\n"))
    async with start(box, (80, 40)) as journey:
        await opened(journey)
        own = [line for line in journey.lines[1:-2] if line[:1] not in ("", " ")]
        assert all(line.startswith(("▾ Anna Berg", "┃")) for line in own)
        assert not any("The Boss" in line or "all checks" in line for line in own)
        assert any("replies go elsewhere: else@evil.example" in line for line in own)


async def test_hostile_text_neither_steers_nor_is_markup(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    raw = raw_mail(1, HOSTILE, subject="[@click=app.quit]x[/] [/x]", sender='"[/x]" <h@h.example>')
    file_mails(box, raw)
    async with start(box, (140, 45)) as journey:
        await opened(journey)
        assert "[@click=app.quit]x[/] [/x]" in journey.lines[0]
        assert "[/x] <h@h.example>" in journey.screen
        assert "␛]0;pwned␇title" in journey.screen
        for keys in (("H",), ("r",), ("q",), ("Q",)):
            await journey.press(*keys)
        shown = set("".join(journey.lines))
        assert not shown & set("\x1b\x9b\x07\x00\x7f\u202e\u202c")


HTML = (
    '<p>Please see <a href="https://evil.example/x">https://bank.example</a> and'
    ' <a href="javascript:alert(1)">this</a>.'
    '<img src="https://t.example/p.gif" width=1 height=1>'
    '<img src="https://t.example/big.png" width=400 height=300></p>'
    '<div style="display:none">secret words</div>'
)


async def test_what_a_mail_hides_or_fetches_is_said_in_the_head(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    file_mails(box, raw_mail(1, HTML, content_type="text/html; charset=utf-8"))
    async with start(box, (100, 30)) as journey:
        await opened(journey)
        assert "1 tracker removed, 1 remote image not loaded" in journey.screen
        assert "Link [1] names another site than it goes to: evil.example" in journey.screen
        assert "holds text that a mail program would not show" in journey.screen


async def test_a_link_is_opened_only_after_its_real_host_was_shown(
    mailbox: Make, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr("tui_mail.tui.opening.opener", lambda: ["browse"])
    monkeypatch.setattr("tui_mail.tui.opening.start", lambda argv: started.append(list(argv)))
    box = mailbox(0)
    file_mails(box, raw_mail(1, HTML, content_type="text/html; charset=utf-8"))
    async with start(box) as journey:
        await opened(journey)
        await journey.press("1")
        assert "evil.example" in journey.screen
        await journey.press("n")
        assert started == []
        await journey.press("1", "y")
        assert started == [["browse", "https://evil.example/x"]]
        await journey.press("7")
        assert "no link 7" in journey.screen


async def test_without_a_browser_the_link_is_copied(
    mailbox: Make, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.tui.opening.opener", lambda: None)
    box = mailbox(0)
    file_mails(box, raw_mail(1, "See https://example.org/a\r\n"))
    async with start(box) as journey:
        await opened(journey)
        await journey.press("1")
        assert "OSC 52" in journey.screen
        await journey.press("y")
        assert journey.app.clipboard == "https://example.org/a"


async def test_find_marks_also_what_was_folded_and_across_line_ends(
    mailbox: Make, start: Start
) -> None:
    body = "word " * 40 + "needle here\r\n\r\nOn 20 Sep 2026, Ada <a@b.example> wrote:\r\n"
    body += "".join(f"> line {n} Needle\r\n" for n in range(30))
    box = mailbox(0)
    file_mails(box, raw_mail(1, body))
    async with start(box) as journey:
        shown = await opened(journey)
        await journey.press("/", *"needle", "enter")
        assert len(shown.body.matches) == 31
        assert "31 matches" in journey.screen
        await journey.press("n", "n")
        assert "3 of 31 matches" in journey.screen
        top = shown.body.top
        shown.paint()
        await journey.settled()
        assert "3 of 31 matches" in journey.screen and shown.body.top == top
        await journey.press("N")
        assert "2 of 31 matches" in journey.screen
        await journey.press("escape")
        assert shown.body.matches == []
        assert shown.is_current


@pytest.mark.parametrize(("setting", "seen"), [("open", 1), ("never", 0), ("delay", 0)])
async def test_reading_marks_read_as_the_setting_says(
    mailbox: Make, start: Start, setting: str, seen: int
) -> None:
    box = mailbox(0, settings=f'[reading]\nmark_read = "{setting}"\n')
    file_mails(box, raw_mail(1))
    async with start(box) as journey:
        await opened(journey)
        assert box.fetch("SELECT flags & 1 FROM messages") == [(seen,)]


async def test_unread_stays_unread_while_it_is_open(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    file_mails(box, raw_mail(1, "text\r\n" * 60))
    async with start(box) as journey:
        await opened(journey)
        await journey.press("u", "space", "space")
        assert box.fetch("SELECT flags & 1 FROM messages") == [(0,)]


@pytest.mark.parametrize("key", ["a", "e", "d", "!", "M"])
async def test_triage_goes_on_to_the_next_conversation(
    mailbox: Make, start: Start, key: str
) -> None:
    box = mailbox(0)
    file_mails(box, *(raw_mail(n, f"Text {n}.\r\n") for n in range(3)))
    async with start(box) as journey:
        shown = await opened(journey)
        assert "Text 2." in journey.screen
        await journey.pilot.press(key)
        await journey.until(lambda: "Text 1." in journey.screen)
        await journey.settled()
        assert journey.app.screen is shown
        assert box.fetch("SELECT total FROM view_counts WHERE view_id = 1") == [(2,)]
        await journey.pilot.press("z")
        await journey.until(lambda: "Text 2." in journey.screen)
        await journey.settled()
        assert box.fetch("SELECT total FROM view_counts WHERE view_id = 1") == [(3,)]


async def test_two_keys_at_once_are_about_two_conversations(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    file_mails(box, *(raw_mail(n, f"Text {n}.\r\n") for n in range(4)))
    async with start(box) as journey:
        await opened(journey)
        await journey.pilot.press("a", "a", "J")
        await journey.until(lambda: "Text 0." in journey.screen)
        await journey.settled()
        left = box.fetch("SELECT c.subject FROM listing l JOIN conversations c"
                         " ON c.id = l.conversation_id WHERE view_id = 1 ORDER BY at")  # fmt: skip
        assert left == [("Quote 0",), ("Quote 1",)]


async def test_the_last_one_leads_back_to_the_list(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    file_mails(box, raw_mail(1))
    async with start(box) as journey:
        await opened(journey)
        await journey.press("J")
        assert "No more conversations below" in journey.screen
        await journey.press("a")
        assert len(journey.app.screen_stack) == 1


async def test_a_body_on_the_server_is_waited_for_while_keys_go_on(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    raw = raw_mail(1, "Here at last.\r\n")
    file_mails(box, raw_mail(0), raw, with_bodies=False)
    async with start(box) as journey:
        await journey.press("enter")
        await journey.until(lambda: "asking the server" in journey.screen)
        assert "1 kB" in journey.screen
        await journey.press("J")
        await journey.press("K")
        assert "Quote 1" in journey.lines[0]
        add_body(box, 2, raw)
        await journey.until(lambda: "Here at last." in journey.screen)


async def test_a_long_body_is_there_at_once_and_ends_where_it_ends(
    mailbox: Make, start: Start
) -> None:
    lines = [f"{n:05} The quick brown fox jumps over the lazy dog again." for n in range(9000)]
    box = mailbox(0)
    file_mails(box, raw_mail(1, "\r\n".join(lines)))
    async with start(box) as journey:
        shown = await opened(journey)
        before = time.perf_counter()
        shown.paint()
        assert time.perf_counter() - before < 0.2
        await journey.press("G")
        assert "08999 The quick" in journey.screen
        await journey.press("home", "space")
        assert "00000" not in journey.screen


async def test_attachments_show_sizes_and_are_saved_under_safe_names(
    mailbox: Make, start: Start, tmp_path: Path
) -> None:
    body = (
        "--B\r\nContent-Type: text/plain\r\n\r\nSee the files.\r\n"
        "--B\r\nContent-Type: text/x-sh\r\nContent-Disposition: attachment;"
        ' filename="../../run\x1b[2J.sh"\r\n\r\necho hi\r\n'
        "--B\r\nContent-Type: text/csv\r\nContent-Disposition: attachment;"
        ' filename="a.csv"\r\n\r\n1,2\r\n--B--\r\n'
    )
    box = mailbox(0, settings=f'[reading]\ndownloads = "{tmp_path / "down"}"\n')
    file_mails(box, raw_mail(1, body, content_type='multipart/mixed; boundary="B"'))
    async with start(box) as journey:
        await opened(journey)
        assert "2 attachments" in journey.screen
        await journey.press("A")
        assert "may run a program" in journey.screen
        await journey.press("S")
        await journey.until(lambda: "Saved 2 files" in journey.screen)
        names = sorted(path.name for path in (tmp_path / "down").iterdir())
        assert len(names) == 2 and names[0] == "a.csv"
        assert "/" not in names[1] and "\x1b" not in names[1]
        await journey.press("j", "t")
        await journey.until(lambda: "1,2" in journey.screen)


async def test_a_risky_file_is_opened_only_by_a_typed_word(
    mailbox: Make, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr("tui_mail.tui.screens.attachments.opener", lambda: ["show"])
    monkeypatch.setattr("tui_mail.tui.screens.attachments.start", lambda a: started.append(list(a)))
    body = (
        "--B\r\nContent-Type: text/x-sh\r\nContent-Disposition: attachment;"
        ' filename="run.sh"\r\n\r\necho hi\r\n--B--\r\n'
    )
    box = mailbox(0)
    file_mails(box, raw_mail(1, body, content_type='multipart/mixed; boundary="B"'))
    async with start(box) as journey:
        await opened(journey)
        await journey.press("A", "enter", "y", "enter")
        assert "Type the word open" in journey.screen
        assert started == []
        await journey.press("backspace", *"open", "enter")
        await journey.until(lambda: bool(started))
        assert started[0][0] == "show"
        assert Path(started[0][1]).is_relative_to(box.paths.temporary)


INVITE = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    "SUMMARY:Planning\r\nDTSTART:20260924T090000Z\r\nDTEND:20260924T100000Z\r\nLOCATION:Room 1\r\n"
    "ORGANIZER:mailto:anna@fjord.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
BOUNCE = (
    "--B\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
    "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    "Final-Recipient: rfc822; gone@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n--B--\r\n"
)


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (INVITE, "text/calendar; method=REQUEST", ["Invitation: Planning", "Where    Room 1"]),
        (
            BOUNCE,
            'multipart/report; report-type=delivery-status; boundary="B"',
            ["did not arrive at gone@example.org (5.1.1)", "no such user"],
        ),
    ],
)
async def test_invitations_and_bounces_are_cards(
    mailbox: Make, start: Start, body: str, content_type: str, expected: list[str]
) -> None:
    box = mailbox(0)
    file_mails(box, raw_mail(1, body, content_type=content_type))
    async with start(box, (120, 30)) as journey:
        await opened(journey)
        for words in expected:
            assert words in journey.screen


async def test_right_to_left_paragraphs_stand_at_the_right(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    file_mails(box, raw_mail(1, "שלום עולם\r\nplain\r\n"))
    async with start(box) as journey:
        await opened(journey)
        line = next(line for line in journey.lines[4:] if "שלום" in line)
        assert line.startswith(" " * 40)
        assert any(line.startswith("  plain") for line in journey.lines)


async def test_new_mail_in_an_open_conversation_is_added_below(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    file_mails(box, raw_mail(1, "First.\r\n", subject="Plan"))
    async with start(box) as journey:
        shown = await opened(journey)
        file_mails(box, raw_mail(2, "Second.\r\n", subject="Re: Plan", refs="<m1@fjord.example>"))
        await journey.app.look()
        await journey.settled()
        assert [entry.unfolded for entry in shown.entries.values()] == [True, False]
        assert "First." in journey.screen


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (140, 45)])
async def test_a_resize_keeps_the_place(mailbox: Make, start: Start, size: tuple[int, int]) -> None:
    box = mailbox(0)
    file_mails(box, raw_mail(1, "\r\n".join(f"line {n}" for n in range(200))))
    async with start(box, (100, 30)) as journey:
        await opened(journey)
        await journey.press("space", "space")
        top = journey.lines[1].strip()
        await journey.pilot.resize_terminal(*size)
        await journey.settled()
        assert journey.lines[1].strip() == top
