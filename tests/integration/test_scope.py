"""What is synced: chosen folders and labels, past mail of contacts, wider, narrower (R14-R16)."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.oracle import check_fold
from tests.integration.test_engine import sync
from tests.integration.test_live import commands, inbox, opened, running, state
from tests.integration.waiting import one, rows, until
from tests.profiles import mail, profile
from tui_mail.actions import crm, linking, scope
from tui_mail.actions.why import why
from tui_mail.config import save
from tui_mail.config.paths import Paths
from tui_mail.demo.imap_server import ImapServer
from tui_mail.store import messages, trouble

HOSTILE = "[red]Kunden\u202e [/] äöü"


async def subjects(paths: Paths) -> list[str]:
    """Of every mail in the lists."""
    async with opened(paths) as ctx:
        found = await rows(
            ctx, "SELECT subject FROM messages WHERE orphaned_at IS NULL ORDER BY subject"
        )
        return [str(row[0]) for row in found]


async def test_only_chosen_folders_come_and_a_further_one_is_filled_in(tmp_path: Path) -> None:
    async with ImapServer() as server:
        account = server.add_user("mira", "x")
        for number, folder in enumerate(("INBOX", HOSTILE, "Other")):
            if folder != "INBOX":
                account.create(folder)
            server.append(folder, mail(number, subject=f"In {number}"), user="mira")
        where = ("127.0.0.1", server.port)
        chosen = {"imap": where, "user": "mira", "sync_scope": "chosen"}
        paths = profile(tmp_path, sync_folders=("INBOX", "Sent"), **chosen)
        await sync(paths)
        assert await subjects(paths) == ["In 0"]
        profile(tmp_path, sync_folders=("INBOX", "Sent", HOSTILE), **chosen)
        await sync(paths)
        assert await subjects(paths) == ["In 0", "In 1"]
        profile(tmp_path, sync_folders=("INBOX",), **chosen)
        server.append(HOSTILE, mail(7, subject="Later"), user="mira")
        await sync(paths)
        assert await subjects(paths) == ["In 0", "In 1"], "what is here stays, nothing more comes"
        async with opened(paths) as ctx:
            ids = await rows(ctx, "SELECT id FROM conversations ORDER BY id")
            said = [r.text for row in ids for r in await why(ctx, int(row[0])) if r.topic == "came"]
        assert "1 mail in INBOX of work: you chose this folder." in said
        assert not any("\u202e" in line for line in said)


async def test_past_mail_of_contacts_only_and_new_mail_of_everyone(tmp_path: Path) -> None:
    async with ImapServer() as server:
        server.add_user("mira", "x")
        where = ("127.0.0.1", server.port)
        server.append("INBOX", mail(1, subject="Known", sender="kim@kunde.example"), user="mira")
        server.append("INBOX", mail(2, subject="Stranger", sender="x@spam.example"), user="mira")
        paths = profile(tmp_path, imap=where, user="mira", past_mail="contacts")
        async with opened(paths) as ctx:
            await crm.create(ctx, "person", {"name": "Kim", "addresses": "kim@kunde.example"})
        await sync(paths)
        assert await subjects(paths) == ["Known"]
        server.append("INBOX", mail(3, subject="New stranger", sender="y@x.example"), user="mira")
        await sync(paths)
        assert await subjects(paths) == ["Known", "New stranger"]
        profile(tmp_path, imap=where, user="mira", past_mail="everyone")
        await sync(paths)
        assert await subjects(paths) == ["Known", "New stranger", "Stranger"]


def _an_hour_ago(conn: sqlite3.Connection) -> None:
    """Everything so far was then."""
    conn.execute("UPDATE persons SET updated_at = updated_at - 3600")
    conn.execute("UPDATE person_addresses SET since = since - 3600")
    conn.execute("UPDATE folders SET contacts_at = contacts_at - 1800")


@pytest.mark.parametrize("many", [False, True])
async def test_who_becomes_a_contact_brings_past_mail_also_after_a_restart(
    tmp_path: Path, many: bool
) -> None:
    async with ImapServer() as server:
        server.add_user("mira", "x")
        for number, sender, to in (
            (1, "kim@kunde.example", "mira@northwind.example"),
            (2, "x@spam.example", "mira@northwind.example"),
            (3, "mira@northwind.example", "Kim <KIM@kunde.example>"),
            (4, "akim@kunde.example", "mira@northwind.example"),
        ):
            server.append("INBOX", mail(number, sender=sender, to=to), user="mira")
        paths = profile(
            tmp_path, imap=("127.0.0.1", server.port), user="mira", past_mail="contacts"
        )
        await sync(paths)
        assert await subjects(paths) == []
        async with opened(paths) as ctx:
            person = (await crm.create(ctx, "person", {"name": "Kim"})).records[0]
        await sync(paths)
        assert await subjects(paths) == []
        async with opened(paths) as ctx:
            await ctx.db.write(_an_hour_ago)
            for number in range(60 if many else 0):
                values = {"name": f"P{number}", "addresses": f"p{number}@x.example"}
                await crm.create(ctx, "person", values)
            await crm.add_address(ctx, person.id, "kim@kunde.example")
        await sync(paths)
        assert await subjects(paths) == ["Quote 1", "Quote 3"]
        await sync(paths)
        assert await subjects(paths) == ["Quote 1", "Quote 3"]
        assert commands(server, rb" (MOVE|STORE|COPY|EXPUNGE)") == []
        check_fold(paths)


@pytest.mark.parametrize("room", [10, 1], ids=["idle", "taking turns"])
async def test_past_mail_of_a_new_contact_comes_at_once(tmp_path: Path, room: int) -> None:
    """Nothing else wakes the engine here: it would look again after a minute or more."""
    async with ImapServer() as server:
        where = ("127.0.0.1", server.port)
        for user in ("mira", "info"):
            server.add_user(user, "x")
            paths = profile(tmp_path, slug=user, imap=where, user=user, past_mail="contacts")
        save.set_value(paths.config_file, "sync.host_connections", room)
        server.append("INBOX", mail(1, sender="kim@kunde.example"), user="mira")
        server.append("INBOX", mail(2, sender="x@spam.example"), user="mira")
        async with running(paths), opened(paths) as ctx:
            looked = "SELECT count(*) FROM folders WHERE role = 'inbox' AND horizon >= 0"
            await until(lambda: _is(one(ctx, looked), 2), "both looked at")
            await until(lambda: _is(state(ctx, "mira"), "active"), "at rest")
            await until(lambda: _is(state(ctx, "info"), "active"), "at rest")
            here = "SELECT count(*) FROM messages"
            assert await one(ctx, here) == 0
            values = {"name": "Kim", "addresses": "kim@kunde.example"}
            kim = (await crm.create(ctx, "person", values)).records[0]
            await until(lambda: _is(one(ctx, here), 1), "mail of who was added")
            await crm.edit(ctx, kim, {"addresses": ["kim@kunde.example", "x@spam.example"]})
            await until(lambda: _is(one(ctx, here), 2), "mail of an address that was added")


async def _is(value: Awaitable[object], wanted: object) -> bool:
    return await value == wanted


async def test_a_gmail_label_brings_the_whole_conversation(tmp_path: Path) -> None:
    async with ImapServer(gmail=True) as server:
        account = server.add_user("mira", "x")
        account.create("Kunden")
        first = mail(1, subject="Offer")
        answer = mail(2, subject="Re: Offer", refs="<m1@fjord.example>")
        server.append("Kunden", first, user="mira")
        server.append("[Gmail]/All Mail", answer, user="mira")
        server.append("INBOX", mail(3, subject="Elsewhere"), user="mira")
        where = ("127.0.0.1", server.port)
        chosen = {"imap": where, "user": "mira", "sync_scope": "chosen"}
        paths = profile(tmp_path, sync_folders=("Kunden",), **chosen)
        await sync(paths)
        assert await subjects(paths) == ["Offer", "Re: Offer"]
        server.append(
            "[Gmail]/All Mail",
            mail(4, subject="Re: Re: Offer", refs="<m1@fjord.example>"),
            user="mira",
        )
        await sync(paths)
        assert await subjects(paths) == ["Offer", "Re: Offer", "Re: Re: Offer"]
        account.create("Andere")
        account.copy(account.mailbox("INBOX"), account.uids("INBOX"), account.mailbox("Kunden"))
        await sync(paths)
        assert "Elsewhere" in await subjects(paths), "a label set later brings it"
        server.append("Andere", mail(5, subject="Other label"), user="mira")
        await sync(paths)
        assert "Other label" not in await subjects(paths)
        profile(tmp_path, sync_folders=("Kunden", "Andere"), **chosen)
        await sync(paths)
        assert "Other label" in await subjects(paths), "a further label is filled in"


async def test_past_mail_can_be_shared_otherwise_than_new_mail(tmp_path: Path) -> None:
    async with ImapServer() as server:
        server.add_user("mira", "x")
        server.append("INBOX", mail(1, subject="Old"), user="mira")
        paths = profile(
            tmp_path, imap=("127.0.0.1", server.port), user="mira", default_visibility="shared"
        )
        await sync(paths)
        server.append("INBOX", mail(2, subject="New"), user="mira")
        await sync(paths)
        async with opened(paths) as ctx:
            found = await rows(ctx, "SELECT subject, visibility FROM messages ORDER BY id")
            assert found == [("Old", "private"), ("New", "shared")]


async def test_less_deletes_nothing_until_told_and_the_numbers_come_first(tmp_path: Path) -> None:
    async with ImapServer() as server:
        account = server.add_user("mira", "x")
        account.create(HOSTILE)
        old = datetime(2020, 9, 13, tzinfo=UTC)
        server.append("INBOX", mail(1, subject="Old"), internal_date=old, user="mira")
        server.append("INBOX", mail(2, subject="New"), user="mira")
        server.append(HOSTILE, mail(3, subject="Folder"), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        await sync(paths)
        async with opened(paths) as ctx:
            now = ctx.settings.account("work")
            assert now is not None
            narrow = replace(now, sync_days=30, sync_scope="chosen", sync_folders=("INBOX",))
            found = await scope.effect(ctx, narrow)
            assert found.outside is not None
            assert (found.outside.messages, found.outside.conversations) == (2, 2)
            await scope.apply(ctx, narrow)
        assert await subjects(paths) == ["Folder", "New", "Old"]
        async with opened(paths) as ctx:
            await scope.apply(ctx, now)
            await scope.apply(ctx, narrow, remove=True)
            assert await inbox(ctx) == 1
        await sync(paths)
        assert await subjects(paths) == ["New"]
        async with opened(paths) as ctx:
            await scope.apply(ctx, now)
        await sync(paths)
        assert await subjects(paths) == ["Folder", "New", "Old"], "wider fills in again"
        async with opened(paths) as ctx:
            assert await one(ctx, "SELECT count(*) FROM messages") == 3, "and they are the same"
        assert commands(server, rb" (MOVE|STORE|COPY|EXPUNGE)") == []
        check_fold(paths)


@pytest.mark.parametrize(("mail_kept", "left"), [("all", 2), ("linked", 1), ("none", 0)])
async def test_removing_an_account_keeps_of_its_mail_what_was_said(
    tmp_path: Path, mail_kept: str, left: int
) -> None:
    async with ImapServer() as server:
        server.add_user("mira", "x")
        for number in range(2):
            server.append("INBOX", mail(number, sender="kim@kunde.example"), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        await sync(paths)
        async with opened(paths) as ctx:
            deal = (await crm.create(ctx, "deal", {"title": "Harbour"})).records[0]
            cid = await one(ctx, "SELECT min(id) FROM conversations")
            await linking.link(ctx, [cid], deal)
            held = await scope.held(ctx, "work")
            assert (held.mails, held.linked) == (2, 1)
            await scope.remove_account(ctx, "work", mail=mail_kept)
            assert await one(ctx, "SELECT count(*) FROM messages") == left
            assert await one(ctx, "SELECT count(*) FROM deals") == 1
        assert not paths.secrets_file.exists(), "the only secret is forgotten"
        assert len(server.accounts["mira"].uids("INBOX")) == 2


async def test_a_linked_mail_that_was_let_go_is_not_called_gone_from_the_server(
    tmp_path: Path,
) -> None:
    async with ImapServer() as server:
        box = server.add_user("mira", "x")
        old = datetime(2020, 9, 13, tzinfo=UTC)
        server.append("INBOX", mail(1), internal_date=old, user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        await sync(paths)
        async with opened(paths) as ctx:
            deal = (await crm.create(ctx, "deal", {"title": "Harbour"})).records[0]
            await linking.link(ctx, [await one(ctx, "SELECT id FROM conversations")], deal)
            now = ctx.settings.account("work")
            assert now is not None
            await scope.apply(ctx, replace(now, sync_days=30), remove=True)
            shown = await ctx.db.read(messages.message, 1)
            assert shown is not None and shown.orphaned_at is not None and shown.let_go
            standing = await ctx.db.read(trouble.standing, 1)
            assert standing.gone and standing.let_go
            await scope.apply(ctx, now)
        await sync(paths)
        async with opened(paths) as ctx:
            shown = await ctx.db.read(messages.message, 1)
            assert shown is not None and shown.orphaned_at is None and not shown.let_go
            box.expunge("INBOX", box.uids("INBOX"))
        await sync(paths)
        async with opened(paths) as ctx:
            shown = await ctx.db.read(messages.message, 1)
            assert shown is not None and shown.orphaned_at is not None and not shown.let_go
