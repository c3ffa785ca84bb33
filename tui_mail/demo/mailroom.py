"""Turns the written conversations into mails: the same ones for the same `now`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tui_mail.demo import script
from tui_mail.demo.company import OWN, SHARED, Company, Person, load_company
from tui_mail.demo.compose import Letter, compose
from tui_mail.demo.script import ScriptMail, ScriptThread

_SCRIPTS = ("customers", "suppliers", "team", "world", "info")
_UNLIKE_REPLY = frozenset({"newsletter", "receipt", "bounce"})
_STEP = timedelta(minutes=17)


@dataclass(frozen=True, slots=True)
class DemoMail:
    """A mail and where it lies."""

    account: str
    """Key of the account's person: `mira` or `info`."""
    folder: str
    raw: bytes = field(repr=False)
    flags: tuple[str, ...]
    internal_date: datetime
    thread: str


@dataclass(slots=True)
class _Thread:
    subject: str
    options: dict[str, str]
    ids: list[str] = field(default_factory=list)
    text: str = ""
    sender: Person | None = None
    other: str = ""
    """Key of the last sender who is not us."""
    when: datetime | None = None
    raw: bytes = b""


class Mailroom:
    """Keeps what has been said in each conversation, so that it can go on."""

    def __init__(self, now: datetime, company: Company | None = None) -> None:
        self.now = now
        self.company = company or load_company()
        self._threads: dict[str, _Thread] = {}

    def week(self) -> list[DemoMail]:
        """All mails up to now, oldest first."""
        mails = [mail for thread in script.load(*_SCRIPTS) for mail in self._tell(thread)]
        return sorted(mails, key=lambda mail: mail.internal_date)

    def arrivals(self) -> list[ScriptThread]:
        """What arrives while the demo runs, in order; pass each to `arrive`."""
        return script.load("arrivals")

    def arrive(self, thread: ScriptThread, now: datetime) -> DemoMail:
        """Make a later mail, dated `now`."""
        self.now = now
        return self._tell(thread)[0]

    def _tell(self, thread: ScriptThread) -> list[DemoMail]:
        key = thread.key.removeprefix("re:")
        state = self._threads.get(key)
        if state is None:
            state = _Thread(script.dated(thread.subject, self.now), thread.options)
            self._threads[key] = state
        out: list[DemoMail] = []
        for index, mail in enumerate(thread.mails):
            following = thread.mails[index + 1 :]
            answered = bool(following) and following[0].sender in (OWN, SHARED)
            out.append(self._write(key, state, mail, answered=answered))
        return out

    def _write(self, key: str, state: _Thread, mail: ScriptMail, *, answered: bool) -> DemoMail:
        people = self.company.people
        sender = people[mail.sender]
        when = script.moment(mail.when, self.now)
        if state.when is not None and when <= state.when:
            when = min(state.when + _STEP, self.now.replace(microsecond=0))
        owner = state.options.get("box", OWN)
        own = mail.sender == owner
        kind = mail.options.get("kind", "")
        to = mail.to or ((state.other,) if own else (owner,))
        number = len(state.ids) + 1
        letter = Letter(
            key=f"{key}.{number}",
            sender=sender,
            to=tuple(people[name] for name in to),
            cc=tuple(people[name] for name in mail.cc),
            subject=_subject(state.subject, mail.marks, number, kind),
            when=when,
            text=script.dated(mail.text, self.now),
            kind=kind,
            html="h" in mail.marks,
            quoted=state.text if "q" in mail.marks else "",
            quoted_from=state.sender if "q" in mail.marks else None,
            quoted_when=state.when,
            references=() if kind in _UNLIKE_REPLY else tuple(state.ids),
            files=tuple(mail.files),
            options=mail.options,
            original=state.raw,
            start=_start(mail.options, self.now),
            org=self.company.organizations.get(sender.org),
            outgoing=own,
        )
        made = compose(letter)
        state.ids.append(made.message_id)
        if kind not in ("bounce", "autoreply"):
            state.text, state.sender = made.text, sender
        state.when, state.raw = when, made.raw
        if not own:
            state.other = mail.sender
        folder = mail.options.get("in") or state.options.get("in") or ("Sent" if own else "INBOX")
        return DemoMail(owner, folder, made.raw, _flags(mail, folder, own, answered), when, key)


def _subject(subject: str, marks: str, number: int, kind: str) -> str:
    if kind == "bounce":
        return "Undelivered Mail Returned to Sender"
    if kind == "autoreply":
        return f"Automatische Antwort: {subject}"
    if "w" in marks:
        return f"Fwd: {subject}"
    return f"Re: {subject}" if number > 1 and kind != "newsletter" else subject


def _start(options: dict[str, str], now: datetime) -> datetime | None:
    """The begin of an event that is `days` from now at `time`."""
    if "days" not in options:
        return None
    hour, minute = (int(part) for part in options["time"].split(":"))
    day = now + timedelta(days=int(options["days"]))
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


def _flags(mail: ScriptMail, folder: str, own: bool, answered: bool) -> tuple[str, ...]:
    flags = [] if "n" in mail.marks else ["\\Seen"]
    if "f" in mail.marks:
        flags.append("\\Flagged")
    if answered and not own:
        flags.append("\\Answered")
    if folder == "Drafts":
        flags.append("\\Draft")
    if folder == "Spam":
        flags.append("$Junk")
    return tuple(flags)


def week(now: datetime) -> list[DemoMail]:
    """The demo's mails up to `now` (which has a time zone), oldest first."""
    return Mailroom(now).week()
