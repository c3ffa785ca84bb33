"""The keys of the composer: preview, fields, templates, senders, items, right to left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox
from tests.tui.mails import file_mails, raw_mail
from tests.tui.test_compose import composing
from tui_mail.actions import crm, signatures, templates
from tui_mail.config import save
from tui_mail.config.load import load
from tui_mail.tui.dialogs.picker import ChoiceList
from tui_mail.tui.screens.compose import ComposeScreen
from tui_mail.tui.screens.review import ReviewScreen
from tui_mail.tui.screens.source import SourceScreen
from tui_mail.tui.widgets.fields import LineField, TextField

Make = Callable[..., Mailbox]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


async def test_a_smart_field_is_completed_previewed_and_a_gap_stops_the_mail(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        ctx = journey.app.ctx
        await crm.create(ctx, "person", {"name": "Anna Berg", "addresses": "anna@fjord.example"})
        shown = await composing(journey, "c")
        await journey.pilot.press(*"anna@fjord.example", "tab", "tab", "tab", *"Hi", "tab")
        await journey.pilot.press(*"{{person.fi")
        await journey.until(lambda: bool(shown.query_one(ChoiceList).display))
        await journey.press("tab", *" x")
        assert shown.field.text == "{{person.first_name}} x"
        await journey.press("ctrl+p")
        assert isinstance(journey.app.screen, SourceScreen)
        assert journey.screen.count("Anna x") == 2
        assert "Headers" not in journey.screen, "a key that does nothing here is not named"
        await journey.press("q", *" {{nope}}")
        await journey.until(lambda: "✗ {{nope}} is no smart field" in journey.screen)
        await journey.press("escape", "y")
        assert isinstance(journey.app.screen, ReviewScreen)
        assert "{{nope}} is no smart field (text, line 1)" in journey.screen
        assert box.fetch("SELECT count(*) FROM outbox") == [(0,)]


@pytest.mark.parametrize("where", ["subject", "text"])
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("|there}}, hi", "{{person.first_name|there}}, hi"),
        ("|there", "{{person.first_name|there}}"),
        ("}", "{{person.first_name}}}"),
        (" | x", "{{person.first_name}} | x"),
    ],
)
async def test_a_fallback_typed_behind_a_completed_field_goes_into_it(
    mailbox: Make, start: Start, where: str, typed: str, expected: str
) -> None:
    async with start(mailbox(0)) as journey:
        shown = await composing(journey, "c")
        shown.set_focus(shown.query_one(f"#{where}"))
        await journey.pilot.press(*"{{person.fi")
        await journey.until(lambda: bool(shown.query_one(ChoiceList).display))
        await journey.press("tab", *typed)
        assert getattr(shown.content(), "body" if where == "text" else where) == expected


async def test_a_template_is_found_by_name_put_in_and_a_mail_kept_as_one(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        ctx = journey.app.ctx
        for name in ("Offer", "Reminder"):
            await templates.add(ctx, name, f"The {name}", f"Text of {name}.")
        shown = await composing(journey, "c")
        await journey.press("ctrl+g", "t", *"remi", "enter")
        assert shown.query_one("#subject", LineField).value == "The Reminder"
        assert shown.field.text == "Text of Reminder.\n"
        assert shown.focused is shown.field
        await journey.press("ctrl+g", "T", *["backspace"] * 20, *"Mine", "enter")
        names = box.fetch("SELECT name, body FROM templates ORDER BY position")
        assert names[-1] == ("Mine", "Text of Reminder.")
        assert "Added template Mine" in journey.screen


async def test_formatting_keys_mark_what_is_selected(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        shown = await composing(journey, "c")
        field = shown.field
        shown.set_focus(field)
        await journey.press(*"word", *["shift+left"] * 4, "ctrl+g", "b")
        assert field.text == "**word**"
        await journey.press("enter", "ctrl+g", "i", *"it", "end", "enter", *"item", "ctrl+g", "u")
        assert field.text == "**word**\n*it*\n- item"
        await journey.press("ctrl+g", "u", "ctrl+g", "l", *"https://a.example")
        assert field.text == "**word**\n*it*\nitem[https://a.example]()"


async def test_the_sender_is_chosen_and_another_than_received_it_is_loud(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    (account,) = load(box.paths.config_file).accounts
    save.put_account(box.paths.config_file, replace(account, aliases=("sales@example.com",)))
    file_mails(box, raw_mail(1, "Hello", to="Sales <sales@example.com>"))
    async with start(box) as journey:
        shown = await composing(journey, "r")
        assert shown.draft is not None and shown.draft.content.sender == "sales@example.com"
        assert "sales@example.com" in journey.lines[1] and "it came to" not in journey.screen
        await journey.press("ctrl+t", "enter")
        assert "! it came to sales@example.com" in journey.screen
        await journey.press("escape")
        assert "the answer goes from ada@example.com" in journey.screen
        await journey.press("y")
        assert box.fetch("SELECT mail_from FROM outbox") == [("ada@example.com",)]


async def test_a_mail_from_a_deal_is_linked_to_it_and_shows_it(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        ctx = journey.app.ctx
        await crm.create(ctx, "person", {"name": "Anna Berg", "addresses": "anna@fjord.example"})
        done = await crm.create(ctx, "deal", {"title": "Ferry [red]signs", "person_id": 1})
        await journey.app.open_screen("record", ref=done.records[0])
        await journey.settled()
        shown = await composing(journey, "c")
        assert shown.query_one("#to", LineField).value == "Anna Berg <anna@fjord.example>"
        await journey.until(lambda: "deal Ferry [red]signs · private" in journey.screen)
        await journey.press("ctrl+g", "v")
        await journey.until(lambda: "Ferry [red]signs · shared" in journey.screen)
        await journey.press(*"Hi", "tab", *"Text", "escape")
        assert "shared with whoever sees its records" in journey.screen
        await journey.press("y")
        assert box.fetch("SELECT kind, item_id FROM links WHERE removed_at IS NULL") == [
            ("deal", 1)
        ]
        assert box.fetch("SELECT visibility FROM messages WHERE state = 'outgoing'") == [
            ("shared",)
        ]


async def test_the_signature_follows_the_account_and_can_be_taken_out(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        ctx = journey.app.ctx
        for name in ("Long", "Short"):
            await signatures.put(ctx, 1, name, f"{name} Ada", new=True)
        await signatures.make_default(ctx, 1, "Long")
        shown = await composing(journey, "c")
        assert shown.field.text == "\n\n-- \nLong Ada\n"
        assert shown.field.cursor_location == (0, 0)
        await journey.press("ctrl+g", "s", *"short", "enter")
        assert "-- \nShort Ada" in shown.field.text and "Long" not in shown.field.text
        await journey.press("ctrl+g", "s", *"none", "enter")
        assert "--" not in shown.field.text
        await journey.press("escape")
        assert "nobody but you" not in journey.screen


async def test_a_signature_changed_by_hand_is_known_when_from_changes(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    (account,) = load(box.paths.config_file).accounts
    other = replace(account, id="club", address="ada@club.example")
    save.put_account(box.paths.config_file, other)
    async with start(box) as journey:
        ctx = journey.app.ctx
        for account_id, name in zip(ctx.account_ids.values(), ("Work", "Club"), strict=True):
            await signatures.put(ctx, account_id, name, f"Ada of {name}", new=True)
            await signatures.make_default(ctx, account_id, name)
        shown = await composing(journey, "c")
        shown.set_focus(shown.field)
        shown.field.move_cursor((3, len("Ada of Work")))
        await journey.press(*", PhD")
        assert shown.field.text == "\n\n-- \nAda of Work, PhD\n"
        shown.set_focus(shown.query_one("#from"))
        await journey.press("right")
        assert shown.field.text == "\n\n-- \nAda of Club\n"
        assert "The signature you had changed was replaced" in journey.screen
        await journey.press("left")
        assert shown.field.text == "\n\n-- \nAda of Work\n"
        assert shown.content().signature == "Work"


async def test_an_image_stands_in_the_text(mailbox: Make, start: Start, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)
    (tmp_path / "fake.png").write_bytes(b"<svg onload=alert(1)>")
    box = mailbox(0)
    async with start(box) as journey:
        shown = await composing(journey, "c")
        shown.set_focus(shown.field)
        await journey.press("ctrl+g", "m", *str(tmp_path / "fake.png"), "enter")
        assert "is no PNG, JPEG, GIF or WebP" in journey.screen
        await journey.press(*["backspace"] * 8, *"logo.png", "enter")
        assert shown.field.text == "![logo](logo.png)"
        assert "logo.png (image/png, 72 B)" in journey.screen
        await journey.press(*" ![b](", *str(tmp_path / "other.png"), ")", "escape")
        assert shown.field.text.endswith("other.png)"), shown.field.text
        assert "other.pngisnotattached" in "".join(journey.screen.split())
        (tmp_path / "other.png").write_bytes(PNG + b"2")
        await journey.press("i")
        assert "isnotattached" not in "".join(journey.screen.split())
        assert shown.field.text == "![logo](logo.png) ![b](other.png)"


async def test_a_paragraph_from_right_to_left_stands_at_the_right(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        shown = await composing(journey, "c")
        field = shown.query_one(TextField)
        shown.set_focus(field)
        await journey.press(*"left", "enter", *"שלום", "enter", *"12")
        lines = [line for line in journey.lines if "שלום" in line or line.strip() in ("left", "12")]
        assert lines[0].startswith(" left")
        assert lines[1].rstrip().endswith("שלום") and lines[1].startswith(" " * 60)
        assert lines[2].startswith(" " * 60) and lines[2].rstrip().endswith("12"), (
            "a number is as the line above it"
        )
        assert field.cursor_screen_offset.x >= 77
        await journey.press("enter", "enter", *"left again")
        assert any(line.startswith(" left again") for line in journey.lines)


async def test_the_word_about_sending_goes_when_the_mail_went_or_was_stopped(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        await composing(journey, "c")
        await journey.pilot.press(*"bo@example.org", "tab", "tab", "tab", *"Hi", "tab", *"Text")
        await journey.press("escape", "y")
        assert "Sending “Hi” in 10 s" in journey.screen
        conn = box.connect()
        conn.execute("UPDATE outbox SET state = 'sent'")
        conn.commit()
        conn.close()
        journey.app.look_soon()
        await journey.until(lambda: "Sending “Hi”" not in journey.screen)


async def test_plain_only_and_trimming_are_one_key_each(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    file_mails(box, raw_mail(1, "One.\r\n\r\nTwo?\r\n"))
    async with start(box) as journey:
        shown = await composing(journey, "r")
        await journey.press(*"Yes.", "ctrl+g", "p")
        assert "plain text" in journey.lines[0]
        assert "> Two?" in shown.field.text
        await journey.press("ctrl+g", "x")
        assert shown.field.text == "Yes.\n"
        assert isinstance(journey.app.screen, ComposeScreen)
        await journey.press("escape", "y")
        (raw,) = box.fetch("SELECT raw FROM outbox")[0]
        assert b"text/html" not in bytes(raw)  # type: ignore[call-overload]


@pytest.mark.parametrize("preset", ["default", "gmail", "mutt"])
async def test_the_keys_are_the_same_in_every_preset(
    mailbox: Make, start: Start, preset: str
) -> None:
    box = mailbox(0, settings=f'[screen]\nkeys = "{preset}"\n')
    async with start(box) as journey:
        shown = await composing(journey, "m" if preset == "mutt" else "c")
        shown.set_focus(shown.field)
        await journey.press("ctrl+g", "b", *"x")
        assert shown.field.text == "**x**"
        await journey.press("ctrl+g", "?")
        assert "Template" in journey.screen
