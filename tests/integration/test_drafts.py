"""Drafts are kept here at once and in the server's Drafts soon, and never doubled or lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.integration.test_live import commands, opened
from tests.integration.test_sending import office
from tests.integration.waiting import one
from tests.profiles import mail
from tui_mail.actions import beginning, keeping, sending, undoing
from tui_mail.actions.reading import Reader
from tui_mail.model.drafts import DraftContent
from tui_mail.model.messages import Flag
from tui_mail.model.views import View
from tui_mail.store import messages, pages


async def test_a_kept_draft_is_filed_and_replaced(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        account = here.imap.account("mira")
        draft = await beginning.new_draft(ctx, content=DraftContent(to="anna@fjord.example"))
        draft = replace(draft, content=replace(draft.content, subject="Offer", body="First."))
        await keeping.keep(ctx, draft)
        assert (await ctx.db.read(pages.count, View.DRAFTS))[0] == 1
        await here.sync()
        (first,) = account.uids("Drafts")
        assert account.flags_of("Drafts", first) >= {"\\Draft", "\\Seen"}
        again = await keeping.load(ctx, draft.id)
        again = replace(again, content=replace(again.content, body="Second."))
        await keeping.keep(ctx, again)
        await here.sync()
        (second,) = account.uids("Drafts")
        assert second != first
        assert b"Second." in account.raw_of("Drafts", second)
        await here.sync()
        assert (await ctx.db.read(pages.count, View.DRAFTS))[0] == 1
        assert commands(here.imap, rb"^\S+ EXPUNGE") == []


async def test_a_sent_draft_leaves_the_servers_drafts(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        account = here.imap.account("mira")
        draft = await beginning.new_draft(
            ctx, content=DraftContent(to="anna@fjord.example", subject="Offer", body="Text.")
        )
        await keeping.keep(ctx, draft)
        await here.sync()
        assert len(account.uids("Drafts")) == 1
        await sending.send(ctx, await keeping.load(ctx, draft.id))
        await here.sync()
        assert account.uids("Drafts") == []
        assert len(here.sink.accepted) == 1
        assert (await ctx.db.read(pages.count, View.DRAFTS))[0] == 0


async def test_a_draft_of_another_program_can_be_finished_here(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        account = here.imap.account("mira")
        theirs = mail(
            5,
            subject="Begun elsewhere",
            sender="Mira <mira@northwind.example>",
            to="anna@fjord.example",
            body="Half a sentence",
        )
        here.imap.append("Drafts", theirs, ["\\Draft"], user="mira")
        await here.sync()
        assert (await ctx.db.read(pages.count, View.DRAFTS))[0] == 1
        message_id = await one(ctx, "SELECT id FROM messages WHERE subject = 'Begun elsewhere'")
        reader = Reader(ctx)
        try:
            draft = await beginning.edit(ctx, await reader.open(message_id), [])
        finally:
            await reader.close()
        assert draft.content.to == "anna@fjord.example"
        assert draft.content.body == "Half a sentence"
        await sending.send(ctx, draft)
        await here.sync()
        assert account.uids("Drafts") == []
        assert b"Half a sentence" in here.sink.accepted[0].raw


async def test_an_incomplete_draft_stays_here(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        draft = await beginning.new_draft(ctx, content=DraftContent(to="anna@", body="Half."))
        await keeping.keep(ctx, draft)
        await here.sync()
        assert here.imap.account("mira").uids("Drafts") == []
        assert (await ctx.db.read(pages.count, View.DRAFTS))[0] == 1


async def test_an_empty_draft_leaves_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        await keeping.keep(ctx, await beginning.new_draft(ctx))
        assert (await ctx.db.read(pages.count, View.DRAFTS))[0] == 0
        assert await keeping.recoverable(ctx) == []


async def test_a_reply_stays_in_its_conversation_and_marks_the_mail_answered(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        here.imap.append("INBOX", mail(1, subject="Question"), user="mira")
        await here.sync()
        message_id = await one(ctx, "SELECT id FROM messages WHERE subject = 'Question'")
        reader = Reader(ctx)
        try:
            draft = await beginning.reply(ctx, await reader.open(message_id), everyone=False)
        finally:
            await reader.close()
        assert draft.content.subject == "Re: Question"
        assert "> The price for item 1" in draft.content.body
        sent = await sending.send(ctx, draft)
        flags = "SELECT flags & ? FROM messages WHERE id = ?"
        assert await one(ctx, flags, int(Flag.ANSWERED), message_id)
        outbox_id = await one(ctx, "SELECT max(id) FROM outbox")
        assert sent.journal_id is not None and await sending.cancel(ctx, outbox_id)
        assert not await one(ctx, flags, int(Flag.ANSWERED), message_id), "stopped: not answered"
        assert await undoing.undo(ctx) is None, "there is nothing left of it to undo"
        await sending.send(ctx, await keeping.load(ctx, draft.id))
        await here.sync()
        conversation = await one(
            ctx, "SELECT conversation_id FROM messages WHERE id = ?", message_id
        )
        shown = await ctx.db.read(messages.of_conversation, conversation)
        assert [m.subject for m in shown] == ["Question", "Re: Question"]
        account = here.imap.account("mira")
        (uid,) = account.uids("INBOX")
        assert "\\Answered" in account.flags_of("INBOX", uid)
        assert b"In-Reply-To: <m1@fjord.example>" in here.sink.accepted[0].raw
