"""The demo as a running world: two mailboxes, a mail server, and people who write and answer."""

from __future__ import annotations

import asyncio
import random
import re
import secrets
import tomllib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib import resources

from tui_mail.demo.company import OWN, SHARED, Person, load_company
from tui_mail.demo.compose import Letter, compose
from tui_mail.demo.imap_server import ImapServer
from tui_mail.demo.list_server import ListServer
from tui_mail.demo.mailroom import DemoMail, Mailroom
from tui_mail.demo.smtp_session import Accepted
from tui_mail.demo.smtp_sink import SmtpSink

_HOST = "127.0.0.1"
_LIST_PAGE = re.compile(rb"(?m)^(List-Unsubscribe:\s+<)https://[^/>]+/")


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """What is needed to set one of the demo's accounts up."""

    name: str
    address: str
    user: str
    password: str = field(repr=False)
    imap_host: str
    imap_port: int
    smtp_host: str
    smtp_port: int
    security: str = "none"
    """No TLS: the servers listen on loopback only."""
    ca_file: str = ""
    """What makes the server for leaving mailing lists known, which speaks HTTPS only."""


def local_now() -> datetime:
    """The time in the zone of this machine."""
    return datetime.now().astimezone()


class DemoWorld:
    """The servers of the demo and the life in them.

    A new mail comes after a pause between the two `pause` seconds; people answer what the user
    sends after `answer_after` seconds. `now` and `seed` make it repeatable.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = local_now,
        pause: tuple[float, float] = (20.0, 40.0),
        answer_after: tuple[float, float] = (3.0, 8.0),
        seed: int = 1,
    ) -> None:
        self.imap = ImapServer(record=False)
        self.smtp = SmtpSink(on_accept=self._sent)
        self.lists = ListServer()
        self.accounts: tuple[DemoAccount, ...] = ()
        self.finished = asyncio.Event()
        """Set when the last scripted mail has arrived."""
        self._now = now
        self._pause = pause
        self._answer_after = answer_after
        self._random = random.Random(seed)
        self._company = load_company()
        self._mailroom = Mailroom(now())
        self._tasks: set[asyncio.Task[None]] = set()
        self._answered: set[tuple[str, str]] = set()
        data = resources.files("tui_mail.demo") / "data"
        answers = tomllib.loads((data / "answers.toml").read_text("utf-8"))
        self._answers: dict[str, str] = answers["answers"]
        self._away: dict[str, str] = answers["away"]

    async def start(self) -> None:
        """Fill the mailboxes, open the servers and let time pass."""
        people = [self._company.people[key] for key in (OWN, SHARED)]
        passwords = {person.address: secrets.token_urlsafe(12) for person in people}
        for person in people:
            self.imap.add_user(person.address, passwords[person.address])
        self.smtp.users.update(passwords)
        await self.lists.start(_HOST)
        for mail in self._mailroom.week():
            self._deliver(mail)
        await self.imap.start(_HOST)
        await self.smtp.start(_HOST)
        self.accounts = tuple(
            DemoAccount(
                name=person.name,
                address=person.address,
                user=person.address,
                password=passwords[person.address],
                imap_host=_HOST,
                imap_port=self.imap.port,
                smtp_host=_HOST,
                smtp_port=self.smtp.port,
                ca_file=self.lists.ca_file,
            )
            for person in people
        )
        self._spawn(self._live())

    async def stop(self) -> None:
        """Stop time and close the servers."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.smtp.stop()
        await self.imap.stop()
        await self.lists.stop()

    async def __aenter__(self) -> DemoWorld:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _deliver(self, mail: DemoMail) -> None:
        address = self._company.people[mail.account].address
        here = b"\\1https://%s:%d/" % (_HOST.encode(), self.lists.port)
        raw = _LIST_PAGE.sub(here, mail.raw, count=1)
        self.imap.append(mail.folder, raw, mail.flags, mail.internal_date, user=address)

    async def _live(self) -> None:
        for thread in self._mailroom.arrivals():
            await asyncio.sleep(self._random.uniform(*self._pause))
            self._deliver(self._mailroom.arrive(thread, self._now()))
        self.finished.set()

    def _sent(self, mail: Accepted) -> None:
        """Deliver what the user sent, and think of an answer."""
        for address in mail.rcpts:
            account = self.imap.accounts.get(address.lower())
            if account is not None:
                header = f"Return-Path: <{mail.mail_from}>\r\n".encode()
                account.append("INBOX", header + mail.raw, (), self._now())
            elif mail.mail_from in self.imap.accounts:
                self._spawn(self._react(mail, address))

    async def _react(self, sent: Accepted, address: str) -> None:
        await asyncio.sleep(self._random.uniform(*self._answer_after))
        person = self._company.person_at(address)
        domain = address.rpartition("@")[2]
        if person is None and (
            self._company.has_domain(domain) or address.lower().startswith("unknown@")
        ):
            self._return(sent, address)
        elif person is not None:
            self._answer(sent, person)

    def _return(self, sent: Accepted, address: str) -> None:
        letter = Letter(
            key=f"bounce {address} {len(self._answered)}",
            sender=self._company.people["postmaster"],
            to=(self._owner(sent),),
            subject="Undelivered Mail Returned to Sender",
            when=self._now(),
            text="No such user here.",
            kind="bounce",
            options={"address": address, "status": "5.1.1"},
            original=sent.raw,
        )
        self._put(letter, sent.mail_from)

    def _answer(self, sent: Accepted, person: Person) -> None:
        away = self._away.get(person.key, "")
        text = away or self._answers.get(person.key, "")
        mail = message_from_bytes(sent.raw, policy=policy.default)
        conversation = str(mail["References"] or mail["Message-ID"] or "").split()
        known = (person.key, conversation[0] if conversation else "")
        if not text or known in self._answered or "Auto-Submitted" in mail:
            return
        self._answered.add(known)
        subject = str(mail["Subject"] or "")
        reply = subject if subject.lower().startswith("re:") else f"Re: {subject}"
        letter = Letter(
            key=f"answer {person.key} {len(self._answered)}",
            sender=person,
            to=(self._owner(sent),),
            subject=f"Automatic reply: {subject}" if away else reply,
            when=self._now(),
            text=text,
            kind="autoreply" if away else "",
            quoted="" if away else _body(mail),
            quoted_from=self._owner(sent),
            quoted_when=self._now(),
            references=_references(mail),
            org=self._company.organizations.get(person.org),
        )
        self._put(letter, sent.mail_from)

    def _owner(self, sent: Accepted) -> Person:
        return self._company.person_at(sent.mail_from) or self._company.people[OWN]

    def _put(self, letter: Letter, address: str) -> None:
        self.imap.append("INBOX", compose(letter).raw, (), letter.when, user=address)


def _references(mail: EmailMessage) -> tuple[str, ...]:
    own = str(mail["Message-ID"] or "").split()
    return tuple(dict.fromkeys([*str(mail["References"] or "").split(), *own]))


def _body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    return str(part.get_content()).strip() if part is not None else ""
