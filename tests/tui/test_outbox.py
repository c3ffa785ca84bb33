"""Outgoing mail in the reader: how far it is, why, and the keys for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox
from tests.tui.steps import Journey
from tui_mail.actions import beginning, crm, linking, sending
from tui_mail.model.drafts import DraftContent
from tui_mail.model.records import Ref
from tui_mail.tui.screens.compose import ComposeScreen

Make = Callable[..., Mailbox]


async def waiting(journey: Journey, state: str, error: str = "") -> None:
    """One mail in the outbox in some state, open in the reader."""
    ctx = journey.app.ctx
    content = DraftContent(to="bo@example.org", subject="The offer", body="Text")
    await sending.send(ctx, await beginning.new_draft(ctx, content=content))
    journey.box.fetch("UPDATE outbox SET state = ?, error = ?", state, error)
    await journey.press("g", "o", "enter")
    await journey.until(lambda: "This mail" in journey.screen)


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        ("held", "", ("goes at", "X stop it", "E edit")),
        ("failed", "550 no such user", ("was not sent: 550 no such user", "y send again")),
        ("uncertain", "the line broke", ("may have been sent", "arrive twice", "Y it was sent")),
        ("failed", "\x1b]52;c;eA==\x07 [/x]", ("␛]52;c;eA==␇ [/x]",)),
    ],
)
async def test_the_state_the_reason_and_the_keys_are_shown(
    mailbox: Make, start: Start, state: str, error: str, words: tuple[str, ...]
) -> None:
    async with start(mailbox(0), (100, 30)) as journey:
        await waiting(journey, state, error)
        for expected in words:
            assert expected in journey.screen


@pytest.mark.parametrize(
    ("state", "key", "after"),
    [("held", "X", "cancelled"), ("failed", "y", "queued"), ("uncertain", "Y", "sent")],
)
async def test_keys_move_a_mail_on(
    mailbox: Make, start: Start, state: str, key: str, after: str
) -> None:
    box = mailbox(0)
    async with start(box, (100, 30)) as journey:
        await waiting(journey, state)
        await journey.press(key)
        assert box.fetch("SELECT state FROM outbox") == [(after,)]


async def test_an_uncertain_mail_goes_again_only_after_a_question(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    async with start(box, (100, 30)) as journey:
        await waiting(journey, "uncertain")
        await journey.press("y")
        assert "it may arrive twice" in journey.screen
        await journey.press("n")
        assert box.fetch("SELECT state FROM outbox") == [("uncertain",)]
        await journey.press("y", "y")
        assert box.fetch("SELECT state FROM outbox") == [("queued",)]


@pytest.mark.parametrize(("state", "after"), [("held", "cancelled"), ("failed", "cancelled")])
async def test_editing_takes_the_mail_back(
    mailbox: Make, start: Start, state: str, after: str
) -> None:
    box = mailbox(0)
    async with start(box, (100, 30)) as journey:
        await waiting(journey, state)
        await journey.pilot.press("E")
        await journey.until(lambda: isinstance(journey.app.screen, ComposeScreen)
                            and "The offer" in journey.screen)  # fmt: skip
        assert box.fetch("SELECT state FROM outbox") == [(after,)]


@pytest.mark.parametrize("key", ["X", "E", "z"])
async def test_stopping_takes_back_the_link_and_the_visibility_that_came_with_sending(
    mailbox: Make, start: Start, key: str
) -> None:
    box = mailbox(1)
    linked = "SELECT item_id FROM links WHERE removed_at IS NULL"
    async with start(box, (100, 30)) as journey:
        ctx = journey.app.ctx
        await crm.create(ctx, "deal", {"title": "Ferry"})
        content = DraftContent(to="bo@example.org", subject="The offer", body="Text",
                               item="deal:1", visibility="shared")  # fmt: skip
        (cid,) = box.fetch("SELECT id FROM conversations")[0]
        draft = await beginning.new_draft(ctx, content=content)
        box.fetch("UPDATE drafts SET conversation_id = ?", cid)
        await sending.send(ctx, replace(draft, conversation_id=int(str(cid))))
        assert box.fetch(linked) == [(1,)]
        seen = "SELECT DISTINCT visibility FROM messages WHERE state = 'received'"
        assert box.fetch(seen) == [("shared",)]
        await journey.press("g", "o", "enter")
        await journey.until(lambda: "This mail" in journey.screen)
        await journey.press(key)
        await journey.until(lambda: box.fetch("SELECT state FROM outbox") == [("cancelled",)])
        assert box.fetch(linked) == []
        assert box.fetch(seen) == [("private",)]


async def test_what_was_linked_since_stays_when_a_mail_is_stopped(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(1)
    async with start(box, (100, 30)) as journey:
        ctx = journey.app.ctx
        for title in ("Ferry", "Crane"):
            await crm.create(ctx, "deal", {"title": title})
        (cid,) = box.fetch("SELECT id FROM conversations")[0]
        content = DraftContent(to="bo@example.org", subject="The offer", body="T", item="deal:1")
        draft = await beginning.new_draft(ctx, content=content)
        await sending.send(ctx, replace(draft, conversation_id=int(str(cid))))
        await linking.link(ctx, [int(str(cid))], Ref("deal", 2))
        (outbox_id,) = box.fetch("SELECT id FROM outbox")[0]
        assert await sending.cancel(ctx, int(str(outbox_id)))
        assert box.fetch("SELECT item_id FROM links WHERE removed_at IS NULL") == [(2,)]
