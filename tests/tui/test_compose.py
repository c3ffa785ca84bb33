"""Writing by keys: nothing typed is lost, nothing goes without a look."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox
from tests.tui.mails import HOSTILE, file_mails, raw_mail
from tests.tui.steps import Journey
from tests.tui.terminal import Terminal
from tui_mail.actions.composition import parse_people
from tui_mail.model.drafts import DraftContent
from tui_mail.tui.dialogs.picker import ChoiceList
from tui_mail.tui.screens.compose import ComposeScreen
from tui_mail.tui.screens.review import ReviewScreen
from tui_mail.tui.widgets.fields import LineField, TextField

Make = Callable[..., Mailbox]
Run = Callable[[Mailbox], Terminal]


@pytest.fixture
def run() -> Iterator[Run]:
    """Starts the real program and ends it."""
    running: list[Terminal] = []

    def start(box: Mailbox) -> Terminal:
        terminal = Terminal(["-m", "tests.tui.program", str(box.paths.config_dir)], size=(80, 24))
        running.append(terminal)
        terminal.until(lambda screen: "Subject 0000" in screen and "Help" in screen)
        terminal.settle()
        return terminal

    yield start
    for terminal in running:
        terminal.close()


async def composing(journey: Journey, *keys: str) -> ComposeScreen:
    """Press keys that open a composer and wait until it can be typed into."""
    await journey.pilot.press(*keys)
    await journey.until(
        lambda: (
            isinstance(journey.app.screen, ComposeScreen)
            and journey.app.screen.draft is not None
            and journey.app.screen.focused is not None
        )
    )
    found = journey.app.screen
    assert isinstance(found, ComposeScreen)
    return found


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_a_mail_is_written_looked_at_and_sent(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox(0)
    async with start(box, size) as journey:
        await composing(journey, "c")
        await journey.pilot.press(*"bo@example.org", "tab", "tab", "tab", *"Hi", "tab", *"Text")
        await journey.press("escape")
        assert isinstance(journey.app.screen, ReviewScreen)
        assert "bo@example.org" in journey.screen
        assert box.fetch("SELECT count(*) FROM outbox") == [(0,)]
        await journey.press("y")
        assert box.fetch("SELECT state FROM outbox") == [("held",)]
        assert "Sending “Hi” in 10 s · z stops it" in journey.screen
        back = await composing(journey, "z")
        assert box.fetch("SELECT state FROM outbox") == [("cancelled",)]
        assert back.query_one(TextField).text == "Text"


async def test_undo_during_the_hold_brings_the_composer_back_and_later_does_not(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        await composing(journey, "c")
        await journey.pilot.press(*"bo@example.org", "tab", "tab", "tab", *"Hi")
        await journey.press("ctrl+s", "y")
        box.fetch("UPDATE outbox SET state = 'dot_intent'")
        await journey.press("z")
        assert "Too late" in journey.screen
        assert box.fetch("SELECT state FROM outbox") == [("dot_intent",)]
        assert len(journey.app.screen_stack) == 1


@pytest.mark.parametrize(
    ("typed", "expected", "key"),
    [
        ((), "The mail has no recipient", "e"),
        (("nonsense",), "“nonsense” is not a mail address", "e"),
        (("a@b@c",), "is not a mail address", "e"),
        (("{{person.email}}",), "smart fields work in the subject", "e"),
        (("{{person.first_name|x}}@fjord.example",), "is not filled in here", "e"),
    ],
)
async def test_the_review_blocks_what_cannot_be_sent(
    mailbox: Make, start: Start, typed: tuple[str, ...], expected: str, key: str
) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        await composing(journey, "c")
        await journey.pilot.press(*"".join(typed), "tab", "tab", "tab", *"Hi")
        await journey.press("escape", "y", "l", "ctrl+s")
        assert isinstance(journey.app.screen, ReviewScreen), "no time is asked for in vain"
        assert expected in journey.screen
        assert "✗" in journey.screen
        assert box.fetch("SELECT count(*) FROM outbox") == [(0,)]
        await journey.press(key)
        assert isinstance(journey.app.screen, ComposeScreen)


async def test_a_forgotten_attachment_is_asked_for_and_a_file_is_found_by_tab(
    mailbox: Make, start: Start, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "the offer.txt").write_text("40 EUR")
    box = mailbox(0)
    async with start(box) as journey:
        await composing(journey, "c")
        await journey.pilot.press(*"bo@example.org", "tab", "tab", "tab", *"Hi", "tab")
        await journey.press(*"I attach the offer", "escape")
        assert "speaks of an attachment" in journey.screen
        await journey.press("a", *str(folder / "missing"), "enter")
        assert "There is no file" in journey.screen
        await journey.press(*["backspace"] * len("missing"), "tab", "enter")
        assert "the offer.txt (text/plain, 6 B)" in journey.screen
        assert "speaks of an attachment" not in journey.screen
        await journey.press("x")
        assert "the offer.txt" not in journey.screen


async def test_recipients_complete_and_hostile_names_stay_text(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    raws = [
        raw_mail(1, sender="Anna Berg <anna@fjord.example>"),
        raw_mail(2, sender='"[/x]\x1b]52;c;eA==\x07Annabel, Dr." <annabel@h.example>'),
    ]
    file_mails(box, *raws)
    async with start(box) as journey:
        shown = await composing(journey, "c")
        await journey.pilot.press(*"ann")
        await journey.until(lambda: bool(shown.query_one(ChoiceList).display))
        await journey.until(lambda: "anna@fjord.example" in journey.screen)
        assert "\x1b" not in journey.screen
        await journey.press("down", "down", "enter", *"bo@example.org")
        field = shown.query_one("#to", LineField)
        await journey.press("tab")
        addresses = [person.address for person in parse_people(field.value)]
        assert len(addresses) == 2 and addresses[1] == "bo@example.org"
        assert addresses[0] in ("anna@fjord.example", "annabel@h.example")
        assert not set(field.value) & set("\x1b\x07")


@pytest.mark.parametrize("size", [(80, 24), (110, 34), (111, 34), (112, 34), (113, 34)])
async def test_a_quoted_line_shows_every_word_once(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    words = [f"w{number:03}" for number in range(60)]
    box = mailbox(0)
    file_mails(box, raw_mail(1, " ".join(words) + "\r\n"))
    async with start(box, size) as journey:
        await composing(journey, "r")
        await journey.until(lambda: words[-1] in journey.screen)
        assert re.findall(r"w\d+", journey.screen) == words


async def test_a_taken_recipient_is_taken_once(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    file_mails(box, raw_mail(1, sender="Anna Berg <anna@fjord.example>"))
    async with start(box) as journey:
        shown = await composing(journey, "c")
        await journey.pilot.press(*"ann")
        await journey.until(lambda: bool(shown.query_one(ChoiceList).display))
        await journey.press("enter", "enter", "tab")
        assert shown.query_one("#to", LineField).value == "Anna Berg <anna@fjord.example>, "
        assert shown.focused is shown.query_one("#cc", LineField)


async def test_a_reply_quotes_safely_and_goes_to_the_sender(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    file_mails(box, raw_mail(1, "Dear Ada\r\n" + HOSTILE, to="ada@example.com, bo@example.org"))
    async with start(box) as journey:
        shown = await composing(journey, "r")
        assert shown.query_one("#to", LineField).value == "Anna Berg <anna@fjord.example>" or (
            shown.query_one("#to", LineField).value == '"Anna Berg" <anna@fjord.example>'
        )
        assert shown.query_one("#subject", LineField).value == "Re: Quote 1"
        body = shown.query_one(TextField).text
        assert "> Dear Ada" in body
        assert not set(body) & set("\x1b\x07\x00\x9b\u202e")
        assert shown.focused is shown.query_one(TextField)


async def test_an_untouched_answer_leaves_no_draft(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    file_mails(box, raw_mail(1))
    async with start(box) as journey:
        await composing(journey, "R")
        await journey.press("escape")
        assert len(journey.app.screen_stack) == 1
        assert box.fetch("SELECT state FROM drafts") == [("discarded",)]


async def test_a_forward_takes_the_attachments_along(mailbox: Make, start: Start) -> None:
    body = (
        "--B\r\nContent-Type: text/plain\r\n\r\nSee.\r\n"
        "--B\r\nContent-Type: text/csv\r\nContent-Disposition: attachment;"
        ' filename="a.csv"\r\n\r\n1,2\r\n--B--\r\n'
    )
    box = mailbox(0)
    file_mails(box, raw_mail(1, body, content_type='multipart/mixed; boundary="B"'))
    async with start(box) as journey:
        shown = await composing(journey, "f")
        assert [file.filename for file in shown.files] == ["a.csv"]
        assert "Fwd: Quote 1" in shown.query_one("#subject", LineField).value


async def test_a_pasted_control_character_never_stands_in_a_field(
    mailbox: Make, start: Start
) -> None:
    from textual.events import Paste

    box = mailbox(0)
    async with start(box) as journey:
        shown = await composing(journey, "c")
        for widget in (shown.query_one("#subject", LineField), shown.query_one(TextField)):
            shown.set_focus(widget)
            widget.post_message(Paste("a\x1b[2Jb\u202ec"))
            await journey.settled()
        assert shown.typed.subject == shown.typed.body == "a␛[2Jb␦c", "safe, and only once"


def test_no_typed_letter_is_lost(mailbox: Make, run: Run) -> None:
    """Joiners, wide spaces, marks, emoji and letters from right to left, typed quickly."""
    box = mailbox(1)
    terminal = run(box)
    terminal.press("c")
    terminal.until(lambda screen: "New mail" in screen and "Subject" in screen)
    subject = "می\u200cخواهم\u3000東京"
    lines = [
        "می\u200cخواهم",
        "👨\u200d👩\u200d👧 é e\u0301 ünï ﬁ",
        "東京\u3000都",
        "שלום 12 (a)",
        "end",
    ]
    terminal.press(f"bo@example.org\t\t\t{subject}\t")
    os.write(terminal.process.fd, "\r".join(lines).encode())
    terminal.until(lambda screen: "end" in screen)
    pasted = "".join(f"{number:06}\n" for number in range(9362))
    terminal.send(f"\x1b[200~{pasted}\x1b[201~last")
    terminal.until(lambda screen: "last" in screen)
    terminal.press("\x11\x11")
    assert terminal.wait() == 0
    content = DraftContent.from_json(str(box.fetch("SELECT content FROM drafts")[0][0]))
    assert content.subject == subject
    assert content.body == "\n".join(lines) + pasted + "last"


async def test_the_outside_editor_changes_the_text(
    mailbox: Make, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def edit(screen: object, path: Path) -> bool:
        assert path.stat().st_mode & 0o777 == 0o600
        path.write_text(path.read_text() + "more\x1b[2J")
        return True

    monkeypatch.setattr("tui_mail.tui.screens.compose.edit_file", edit)
    box = mailbox(0)
    async with start(box) as journey:
        shown = await composing(journey, "c")
        shown.set_focus(shown.query_one(TextField))
        await journey.press(*"Text ", "ctrl+e")
        await journey.until(lambda: "more" in shown.query_one(TextField).text)
        assert shown.query_one(TextField).text == "Text more␛[2J\n"
        assert list(box.paths.temporary.iterdir()) == []


async def test_drafts_are_kept_found_and_gone_on_with(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        for subject in ("One", "Two"):
            await composing(journey, "c")
            await journey.pilot.press(*"bo@example.org", "tab", "tab", "tab", *subject, "tab")
            await journey.press(*"Text", "escape", "p")
        await journey.press("g", "d")
        assert journey.list.total == 2
        again = await composing(journey, "enter")
        assert again.query_one("#subject", LineField).value == "Two"
        await journey.press("escape", "q", "y")
        assert len(journey.app.screen_stack) == 1
        assert journey.list.total == 1


async def test_a_mailto_link_begins_a_mail_without_files(mailbox: Make, start: Start) -> None:
    link = "mailto:bo@example.org?subject=Hi%20there&attach=/etc/passwd&body=Dear"
    box = mailbox(0)
    file_mails(box, raw_mail(1, f'<a href="{link}">write</a>', content_type="text/html"))
    async with start(box) as journey:
        await journey.press("enter")
        await journey.until(lambda: "write [1]" in journey.screen)
        shown = await composing(journey, "1")
        assert shown.query_one("#to", LineField).value == "bo@example.org"
        assert shown.query_one("#bcc", LineField).value == ""
        assert shown.query_one("#subject", LineField).value == "Hi there"
        assert list(shown.files) == []


async def test_a_mailto_link_that_writes_header_lines_is_refused(
    mailbox: Make, start: Start
) -> None:
    link = "mailto:bo@example.org?subject=Hi%0d%0aBcc:x@y.example"
    box = mailbox(0)
    file_mails(box, raw_mail(1, f'<a href="{link}">write</a>', content_type="text/html"))
    async with start(box) as journey:
        await journey.press("enter")
        await journey.until(lambda: "write [1]" in journey.screen)
        await journey.press("1")
        await journey.until(lambda: "tries to write header lines" in journey.screen)
        assert box.fetch("SELECT count(*) FROM drafts") == [(0,)]


def test_what_was_typed_outlives_a_kill(mailbox: Make, run: Run) -> None:
    box = mailbox(1)
    terminal = run(box)
    terminal.press("c")
    terminal.until(lambda screen: "New mail" in screen and "Subject" in screen)
    terminal.press("bo@example.org\t\t\tUnfinished\tA text that is not lost")
    end = time.monotonic() + 2.5
    while "not lost" not in str(box.fetch("SELECT content FROM drafts")):
        assert time.monotonic() < end, "typed text must be on disk within two seconds"
        terminal.pump(0.1)
    terminal.signal(signal.SIGKILL)
    terminal.wait()
    stored = box.fetch("SELECT state, content FROM drafts")
    assert stored[0][0] == "open"
    assert "A text that is not lost" in str(stored[0][1])
    again = run(box)
    again.until(lambda screen: "Recovered 1 draft" in screen)
    again.press("gd")
    again.until(lambda screen: "Unfinished" in screen)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_closed_terminal_loses_nothing(mailbox: Make, run: Run, number: signal.Signals) -> None:
    box = mailbox(1)
    terminal = run(box)
    terminal.press("c")
    terminal.until(lambda screen: "New mail" in screen and "Subject" in screen)
    terminal.press("bo@example.org\t\t\tHi\tThe last word")
    terminal.until(lambda screen: "The last word" in screen)
    terminal.signal(number)
    assert terminal.wait() == 0
    assert "The last word" in str(box.fetch("SELECT content FROM drafts"))


@pytest.mark.parametrize("seed", range(3))
def test_a_kill_at_any_keystroke_takes_at_most_two_seconds_of_typing(
    mailbox: Make, run: Run, seed: int
) -> None:
    box = mailbox(1)
    terminal = run(box)
    terminal.press("c")
    terminal.until(lambda screen: "New mail" in screen and "Subject" in screen)
    terminal.press("bo@example.org\t\t\tHi\t")
    chance = random.Random(seed)
    typed: list[tuple[float, str]] = []
    text, end = "", time.monotonic() + chance.uniform(2.5, 5)
    while time.monotonic() < end:
        letter = chance.choice("abcdefgh ") if not text.endswith(" ") else "x"
        os.write(terminal.process.fd, letter.encode())
        text += letter
        typed.append((time.monotonic(), text))
        terminal.pump(chance.uniform(0.005, 0.08))
    killed = time.monotonic()
    terminal.signal(signal.SIGKILL)
    terminal.wait()
    content = DraftContent.from_json(str(box.fetch("SELECT content FROM drafts")[0][0]))
    assert text.startswith(content.body), "what is kept is what was typed, in its order"
    safe = max((one for at, one in typed if at < killed - 2.0), key=len, default="")
    assert content.body.startswith(safe), "only the last two seconds may be missing"
    assert box.fetch("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_tab_goes_round_the_fields_says_where_and_changes_nothing(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox(0)
    async with start(box, size) as journey:
        shown = await composing(journey, "c")
        await journey.press(*"bo@example.org", "tab", "tab", "tab", *"Plan", "tab", *"Text", "left")
        before = shown.content()
        names = ["From", "To", "Cc", "Bcc", "Subject", "Text"]
        for name in names:
            assert f"Tab to {name}" in journey.screen
            await journey.press("tab")
        for name in ["text", *map(str.lower, reversed(names[1:-1])), "from", "text"]:
            assert journey.app.focused is not None and journey.app.focused.id == name
            await journey.press("shift+tab")
        assert shown.content() == before
        await journey.press("shift+tab", "shift+tab", "shift+tab", *", c@example.org")
        await journey.press("tab", "tab", "tab", *"s", "tab", *"s")
        assert shown.content().to == "bo@example.org, c@example.org", "typing goes on where it was"
        assert (shown.content().subject, shown.field.text) == ("Plans", "Texst")


async def test_tab_is_said_to_take_a_suggestion_while_there_is_one(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    async with start(box, (80, 24)) as journey:
        shown = await composing(journey, "c")
        await journey.press("shift+tab", "shift+tab", *"{{person.fi")
        await journey.until(lambda: "Tab take it" in journey.screen)
        await journey.press("tab")
        assert shown.field.text == "{{person.first_name}}"
        assert "Tab to From" in journey.screen
