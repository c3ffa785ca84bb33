"""The demo's world over its own sockets: mail is there, comes in, goes out and is answered."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import imaplib
import smtplib
import socket
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tui_mail.demo.imap_server import ImapServer
from tui_mail.demo.world import DemoAccount, DemoWorld

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
async def world() -> AsyncIterator[DemoWorld]:
    async with DemoWorld(now=lambda: NOW, pause=(60, 60), answer_after=(0, 0)) as found:
        yield found


def count(account: DemoAccount, folder: str = "INBOX") -> int:
    client = imaplib.IMAP4(account.imap_host, account.imap_port, timeout=10)
    client.login(account.user, account.password)
    number = int(client.select(folder)[1][0])
    client.logout()
    return number


def send(account: DemoAccount, to: str, **headers: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = account.address, to, "Final version"
    mail["Message-ID"] = "<mine@northwind-studio.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Here it is.\n")
    with smtplib.SMTP(account.smtp_host, account.smtp_port, timeout=10) as smtp:
        smtp.login(account.user, account.password)
        smtp.send_message(mail)


def inbox(world: DemoWorld, address: str = "mira@northwind-studio.example") -> list[EmailMessage]:
    box = world.imap.mailbox("INBOX", address)
    raws = (box.entries[uid].mail.raw for uid in box.uids)
    return [message_from_bytes(raw, policy=policy.default) for raw in raws]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_both_accounts_can_be_read_with_what_the_world_says(world: DemoWorld) -> None:
    mira, info = world.accounts
    assert mira.security == "none"
    assert mira.imap_host == "127.0.0.1"
    assert await asyncio.to_thread(count, mira) > 70
    assert await asyncio.to_thread(count, mira, "Sent") > 25
    assert await asyncio.to_thread(count, info) >= 5
    assert mira.password not in repr(mira)


async def test_mails_arrive_while_it_runs() -> None:
    async with DemoWorld(now=lambda: NOW, pause=(0, 0)) as world:
        async with asyncio.timeout(10):
            await world.finished.wait()
        subjects = [str(mail["Subject"]) for mail in inbox(world)]
        assert "Twelve enamel signs for a lighthouse trail" in subjects
        assert len(subjects) > 100


async def test_people_answer_once_in_a_conversation(world: DemoWorld) -> None:
    before = len(inbox(world))
    await asyncio.to_thread(send, world.accounts[0], "tomas.lindqvist@harborline.example")
    await until(lambda: len(inbox(world)) > before)
    answer = inbox(world)[-1]
    assert answer["Subject"] == "Re: Final version"
    assert answer["In-Reply-To"] == "<mine@northwind-studio.example>"
    assert "> Here it is." in answer.get_body(("plain",)).get_content()
    await asyncio.to_thread(send, world.accounts[0], "tomas.lindqvist@harborline.example")
    await asyncio.to_thread(send, world.accounts[0], "luca@ferri-figli.example")
    await until(lambda: "luca@" in str(inbox(world)[-1]["From"]))
    assert len(inbox(world)) == before + 2


async def test_somebody_is_out_of_office(world: DemoWorld) -> None:
    await asyncio.to_thread(send, world.accounts[0], "g.hoffmann@stadtwerke-lindenau.example")
    await until(lambda: inbox(world)[-1]["Subject"] == "Automatic reply: Final version")
    assert inbox(world)[-1]["Auto-Submitted"] == "auto-replied"


@pytest.mark.parametrize("address", ["unknown@nowhere.example", "nobody@harborline.example"])
async def test_mail_to_nobody_comes_back_with_a_report(world: DemoWorld, address: str) -> None:
    await asyncio.to_thread(send, world.accounts[0], address)
    await until(lambda: inbox(world)[-1].get_content_type() == "multipart/report")
    _text, status, headers = inbox(world)[-1].iter_parts()
    assert status.get_payload()[1]["Status"] == "5.1.1"
    assert address in status.get_payload()[1]["Final-Recipient"]
    assert "<mine@northwind-studio.example>" in headers.get_content()


async def test_mail_between_the_two_accounts_is_delivered(world: DemoWorld) -> None:
    await asyncio.to_thread(send, world.accounts[0], "info@northwind-studio.example")
    assert inbox(world, "info@northwind-studio.example")[-1]["Subject"] == "Final version"


async def test_automatic_mail_is_not_answered(world: DemoWorld) -> None:
    before = len(inbox(world))
    tomas = "tomas.lindqvist@harborline.example"
    await asyncio.to_thread(send, world.accounts[0], tomas, Auto_Submitted="auto-replied")
    await asyncio.to_thread(send, world.accounts[0], "ben@northwind-studio.example")
    await until(lambda: len(inbox(world)) > before)
    assert "ben@" in str(inbox(world)[-1]["From"])
    assert len(inbox(world)) == before + 1


async def test_sending_needs_the_password(world: DemoWorld) -> None:
    account = world.accounts[0]

    def anonymous() -> None:
        with smtplib.SMTP(account.smtp_host, account.smtp_port, timeout=10) as smtp:
            smtp.sendmail(account.address, ["a@a.example"], b"Subject: x\r\n\r\n")

    with pytest.raises(smtplib.SMTPSenderRefused):
        await asyncio.to_thread(anonymous)
    assert world.smtp.accepted == []


@pytest.mark.parametrize("turns", range(5))
async def test_a_connection_that_comes_while_the_server_stops_is_closed(turns: int) -> None:
    server = ImapServer()
    await server.start()
    gc.disable()
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
            for _ in range(turns):
                await asyncio.sleep(0)
            await server.stop()
            client.setblocking(False)
            with contextlib.suppress(ConnectionResetError):
                while await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 99), 5):
                    pass
    finally:
        gc.enable()
