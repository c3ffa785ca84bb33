"""Every provider of the data file, played by the embedded server, ends in a correct sync (F1)."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.integration.oracle import check_fold
from tests.integration.test_live import commands, opened, running
from tests.integration.test_sending import write
from tests.integration.waiting import one, rows, until
from tests.oauth_server import serving_tokens
from tests.profiles import mail
from tui_mail.accounts import secrets
from tui_mail.accounts.candidates import of_provider as candidate_of
from tui_mail.accounts.candidates import with_candidate
from tui_mail.accounts.oauth import Tokens
from tui_mail.accounts.providers import Provider, shipped
from tui_mail.actions import triage
from tui_mail.actions.accounts import test_new_account
from tui_mail.config import save
from tui_mail.config.paths import Paths, profile_paths
from tui_mail.config.settings import AccountSettings
from tui_mail.demo.imap_server import ImapServer
from tui_mail.demo.mail_account import MailAccount
from tui_mail.demo.personality import (
    Personality,
    another_message_id,
    make_server,
    of_provider,
    personalities,
)
from tui_mail.demo.smtp_sink import SmtpSink
from tui_mail.model.views import View
from tui_mail.store import pages
from tui_mail.sync.engine import Engine

PASSWORD = "app-password"
COUNT = 12


@dataclass
class Played:
    """A provider's servers and one account there."""

    provider: Provider
    manner: Personality
    server: ImapServer
    sink: SmtpSink
    box: MailAccount
    account: AccountSettings
    paths: Paths

    async def sync(self) -> dict[str, BaseException | None]:
        async with Engine(self.paths, check_seconds=0) as engine:
            return await engine.sync_once()

    async def sync_well(self) -> None:
        """As the engine does: a connection that was lost is made again."""
        for _ in range(2):
            problem = (await self.sync())["work"]
            if problem is None:
                return
        assert problem is not None
        raise problem

    def folder(self, role: str) -> str:
        """The server's folder with that purpose, by what the provider's entry or server says."""
        if role in self.provider.folders:
            return self.provider.folders[role]  # type: ignore[index]
        use = {"sent": "\\Sent", "trash": "\\Trash", "archive": "\\Archive"}[role]
        names = {
            "sent": {"Gesendete Elemente", "Sent", "INBOX/Sent"},
            "trash": {"Gelöschte Elemente", "Trash", "INBOX/Trash"},
            "archive": {"Archiv", "Archive"},
        }[role]
        told = [n for n, box in self.box.mailboxes.items() if box.special_use == use]
        return next(iter([*told, *(names & self.box.mailboxes.keys())]), "")

    def subjects(self, folder: str) -> int:
        return len(self.box.uids(folder))


@contextlib.asynccontextmanager
async def played(provider: Provider, folder: Path) -> AsyncIterator[Played]:
    manner = of_provider(provider.id)
    assert manner is not None, f"nothing plays {provider.id}"
    address = f"mira@{provider.domains[0] if provider.domains else 'firma.example'}"
    found = candidate_of(provider, address)
    account = AccountSettings("work", address, sync_days=0, secret="file", provider=provider.id)
    account = with_candidate(account, found) if found else account
    server = make_server(manner)
    user = account.imap_user or address
    kept = PASSWORD
    async with contextlib.AsyncExitStack() as stack:
        box = server.add_user(user, PASSWORD, folders=manner.folders or None)
        await stack.enter_async_context(server)

        def filed(accepted: object) -> None:
            if "files-sent" in manner.ways:
                name = next(n for n, b in box.mailboxes.items() if b.special_use == "\\Sent")
                raw: bytes = accepted.raw  # type: ignore[attr-defined]
                box.append(name, raw if server.gmail else another_message_id(raw), ["\\Seen"])

        sink = SmtpSink(users={account.smtp_user or user: PASSWORD}, on_accept=filed)
        await stack.enter_async_context(sink)
        if account.auth == "oauth":
            tokens = stack.enter_context(serving_tokens(folder))

            def issue(token: str) -> None:
                server.tokens = sink.tokens = {token: user}

            tokens.issued = issue
            tokens.refresh_tokens = {"r"}
            kept = Tokens("-", tokens.issuer.token_url, "client-1", "r").text
            account = replace(account, ca_file=tokens.ca_file)
        account = replace(
            account,
            imap_host="127.0.0.1", imap_port=server.port, imap_security="none",
            smtp_host="127.0.0.1", smtp_port=sink.port, smtp_security="none",
        )  # fmt: skip
        paths = profile_paths(folder / "home")
        paths.prepare()
        save.put_account(paths.config_file, account)
        save.set_value(paths.config_file, "writing.undo_seconds", 0)
        secrets.write_secret(account, paths, kept)
        yield Played(provider, manner, server, sink, box, account, paths)


EVERY = pytest.mark.parametrize("provider", shipped().providers, ids=lambda one: one.id)


@EVERY
async def test_a_provider_ends_in_a_correct_sync(provider: Provider, tmp_path: Path) -> None:
    async with played(provider, tmp_path) as here:
        for number in range(COUNT):
            here.box.append("INBOX", mail(number), ["\\Seen"] if number % 2 else [])
        await here.sync_well()
        async with opened(here.paths) as ctx:
            assert await ctx.db.read(pages.count, View.INBOX) == (COUNT, COUNT // 2)
            subjects = await rows(ctx, "SELECT subject FROM messages ORDER BY id")
            assert len(set(subjects)) == COUNT
            bodies = await one(ctx, "SELECT count(*) FROM messages WHERE body_state = 'failed'")
            assert bodies == 0
            here.box.append("INBOX", mail(77))
            shown = [row.id for row in await ctx.db.read(pages.page, View.INBOX, 0, 2)]
            await triage.archive(ctx, shown[:1])
            await triage.delete(ctx, shown[1:])
            await here.sync_well()
            await here.sync_well()
            assert await one(ctx, "SELECT count(*) FROM messages WHERE deleted_at IS NULL") >= COUNT
            assert (await ctx.db.read(pages.count, View.INBOX))[0] == COUNT - 1
            assert (await ctx.db.read(pages.count, View.ARCHIVE))[0] == 1
        check_fold(here.paths)
        archive, trash = here.folder("archive"), here.folder("trash")
        if provider.archive == "labels":
            assert here.subjects(here.folder("all")) == COUNT
            assert here.server.sent(b"X-GM-LABELS") and here.subjects(trash) == 1
        else:
            moved = bool(archive) and not here.server.sent(b"EXPUNGE 1:*")
            assert here.subjects("INBOX") == COUNT - 1 + (0 if moved else 1)
            assert not archive or here.subjects(archive) == 1
            assert not trash or here.subjects(trash) == 1
        removing = (b" EXPUNGE", b" CLOSE")
        assert not [one for one in here.server.log if one.upper().endswith(removing)]


ONE_OF_EACH = pytest.mark.parametrize(
    "provider",
    [one for one in shipped().providers if one.id in {p.providers[0] for p in personalities()}],
    ids=lambda one: one.id,
)


@ONE_OF_EACH
async def test_a_mail_sent_there_is_in_sent_once(provider: Provider, tmp_path: Path) -> None:
    async with played(provider, tmp_path) as here:
        await here.sync_well()
        async with opened(here.paths) as ctx:
            await write(ctx)
            await here.sync_well()
            await here.sync_well()
            assert len(here.sink.accepted) == 1
            sent = await rows(
                ctx,
                "SELECT m.id FROM messages m JOIN presence p ON p.message_id = m.id"
                " JOIN folders f ON f.id = p.folder_id WHERE f.role = 'sent'",
            )
            assert len(sent) == 1
        folder = here.folder("sent")
        if folder:
            assert here.subjects(folder) == 1
        appended = here.server.sent(b"APPEND ")
        assert bool(appended) == ("files-sent" not in here.manner.ways)


def _user_names(server: ImapServer) -> set[str]:
    found = set()
    for line in server.log:
        words = line.split()
        if len(words) > 2 and words[1].upper() == b"LOGIN":
            found.add(words[2].strip(b'"').decode())
    for line in server.log:
        with contextlib.suppress(ValueError):
            parts = base64.b64decode(line.split()[-1], validate=True).split(b"\0")
            if len(parts) == 3:
                found.add(parts[1].decode())
    return found


@pytest.mark.parametrize(("name", "user"), [("icloud", "mira"), ("qq", "mira@qq.com")])
async def test_the_user_name_is_the_one_the_server_wants(
    name: str, user: str, tmp_path: Path
) -> None:
    provider = shipped().provider(name)
    assert provider is not None
    async with played(provider, tmp_path) as here:
        await here.sync_well()
        assert _user_names(here.server) == {user}


@pytest.mark.parametrize(
    ("name", "always", "never"),
    [
        ("163", b" ID (", b"ENABLE"),
        ("qq", b" SELECT ", b" ID "),
        ("icloud", b"ENABLE CONDSTORE", b"QRESYNC"),
        ("gmail", b"ENABLE CONDSTORE", b"QRESYNC"),
        ("outlook", b"AUTHENTICATE XOAUTH2", b"LOGIN"),
        ("yahoo", b" ID (", b" IDLE"),
    ],
)
async def test_what_is_said_to_a_server_and_what_is_not(
    name: str, always: bytes, never: bytes, tmp_path: Path
) -> None:
    provider = shipped().provider(name)
    assert provider is not None
    async with played(provider, tmp_path) as here:
        here.box.append("INBOX", mail(1))
        await here.sync_well()
        assert here.server.sent(always)
        assert not here.server.sent(never)


@pytest.mark.parametrize(("name", "taken"), [("qq", "mira"), ("icloud", "mira@icloud.com")])
async def test_the_other_form_of_the_user_name_is_tried_once_at_set_up(
    name: str, taken: str, tmp_path: Path
) -> None:
    provider = shipped().provider(name)
    assert provider is not None
    async with played(provider, tmp_path) as here, opened(here.paths) as ctx:
        here.server.accounts.clear()
        here.server.add_user(taken, PASSWORD, folders=here.manner.folders)
        account, lines = await test_new_account(ctx, here.account, PASSWORD)
        assert account.imap_user == taken and lines[0].ok
        assert len(_user_names(here.server)) == 2
        here.server.log.clear()
        account, lines = await test_new_account(ctx, here.account, "wrong")
        assert account == here.account and lines[0].rejected
        assert len(_user_names(here.server)) == 2


async def test_yandex_drops_idle_and_the_sync_goes_on(tmp_path: Path) -> None:
    (provider,) = (one for one in shipped().providers if one.id == "yandex")
    async with played(provider, tmp_path) as here:
        here.box.append("INBOX", mail(1))
        async with running(here.paths), opened(here.paths) as ctx:

            async def has(count: int) -> bool:
                return (await ctx.db.read(pages.count, View.INBOX))[0] == count

            await until(lambda: bool(here.server.sent(b" IDLE")), "IDLE begun")
            here.box.append("INBOX", mail(2))
            await until(lambda: has(2), "what nobody pushed, after the drop", 20)
            assert await one(ctx, "SELECT state FROM accounts") == "active"
            here.box.append("INBOX", mail(3))
            ctx.sync_now()
            await until(lambda: has(3), "mail without IDLE", 20)
        assert len(commands(here.server, rb"LOGIN|AUTHENTICATE")) <= 3, "it is not hammered"
        assert await _twice(here.paths) == []


async def _twice(paths: Paths) -> list[tuple[object, ...]]:
    async with opened(paths) as ctx:
        return await rows(ctx, "SELECT 1 FROM messages GROUP BY message_id HAVING count(*) > 1")
