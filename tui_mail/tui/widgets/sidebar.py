"""The sidebar: what the conversation belongs to, who is in it, and what else there is with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.content import Content

from tui_mail.model.records import Activity, Item, Person, Ref
from tui_mail.model.safe_text import safe_line
from tui_mail.store import activities, correspondents, items, links, people, sight
from tui_mail.store.correspondents import Correspondent
from tui_mail.tui import text
from tui_mail.tui.format import counted, number, short_date
from tui_mail.tui.record_lines import age_words, due_words, item_words
from tui_mail.tui.wrapping import cuts

_OTHERS = 5
_PEOPLE = 6
_MOST_LINES = 3
"""Of one fact that does not fit its line."""
_Say = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """Someone of a conversation and what else was written with them."""

    person: Correspondent
    is_own: bool
    others: tuple[tuple[int, str, int], ...]
    """Latest conversations: id, subject, time."""


def acquaintances(conn: sqlite3.Connection, conversation_id: int) -> tuple[list[Acquaintance], int]:
    """The people of a conversation, others first, at most six, and how many more there are."""
    everyone = correspondents.of_conversation(conn, conversation_id)
    shown = [
        Acquaintance(
            person,
            own,
            ()
            if own
            else tuple(
                other
                for other in correspondents.conversations_with(conn, person.id, 6)
                if other[0] != conversation_id
            )[:4],
        )
        for person, own in everyone[:_PEOPLE]
    ]
    return shown, len(everyone) - len(shown)


@dataclass(frozen=True, slots=True)
class SideFacts:
    """Everything the sidebar says of a conversation, read in one transaction."""

    linked: tuple[Item, ...]
    """The one it belongs to first."""
    next: dict[Ref, Activity]
    others: tuple[Item, ...]
    """Further open items of its people."""
    candidates: tuple[Item, ...]
    """What it can be linked to when that is asked."""
    people: tuple[tuple[Acquaintance, tuple[Person, ...]], ...]
    """Who is in it, with the contacts that have the address."""
    more: int
    """People of it that are not shown."""
    sharing: str
    """Who sees it in a few words; empty when only the user does."""


def side_facts(conn: sqlite3.Connection, conversation_id: int) -> SideFacts:
    """Read what the sidebar shows."""
    live = [link.item for link in links.live(conn, conversation_id)]
    asked = [ref for ref, _ in links.candidates(conn, conversation_id)]
    everyone, more = acquaintances(conn, conversation_id)
    known = [
        (one, () if one.is_own else tuple(people.with_address(conn, one.person.address)[:3]))
        for one in everyone
    ]
    ids = [person.id for _, found in known for person in found]
    others = [
        item for item in items.of_persons(conn, ids, limit=_OTHERS + len(live))
        if item.ref not in live and item.ref not in asked
    ]  # fmt: skip
    return SideFacts(
        tuple(items.get_many(conn, live)),
        activities.next_of(conn, live),
        tuple(others[:_OTHERS]),
        tuple(items.get_many(conn, asked[:9])),
        tuple(known),
        more,
        _sharing(conn, conversation_id),
    )


def _sharing(conn: sqlite3.Connection, conversation_id: int) -> str:
    private, shared = sight.counts(conn, conversation_id)
    if not shared:
        return ""
    return f"shared, but {number(private)} of {number(private + shared)} private" if private else (
        "shared · S says with whom"
    )  # fmt: skip


def side_lines(facts: SideFacts, now: int, width: int) -> Content:
    """Linked items, what else is open with the people, then the people themselves."""
    pieces: list[text.Part] = []

    def line(value: str, style: str = "") -> None:
        fitted = text.fit(value, width)
        pieces.extend([(fitted, style) if style else fitted, "\n"])

    def folded(value: str, most: int = _MOST_LINES) -> None:
        value = safe_line(value)
        for start, end in cuts(value, width - 2)[:most]:
            line(f"  {value[start:end]}")

    for item in facts.linked:
        line(f"◆ {item.title}", "bold")
        folded(item_words(item))
        folded(age_words(item, now))
        folded(due_words(facts.next.get(item.ref), now))
    if facts.linked:
        line("  O open  > stage  t plan  D done", "dim")
    if facts.sharing:
        line(f"  {facts.sharing}")
    if facts.linked or facts.sharing:
        pieces.append("\n")
    if facts.candidates:
        line("? Which one? l asks", "bold")
        for item in facts.candidates:
            folded(f"{item.title} · {item_words(item)}", most=2)
        pieces.append("\n")
    if facts.others:
        line("Also open with them", "bold")
        for item in facts.others:
            folded(f"{item.title} · {item_words(item)}", most=2)
        pieces.append("\n")
    for one, contacts in facts.people:
        _person(line, one, contacts, now)
        pieces.append("\n")
    if facts.more:
        line(f"and {number(facts.more)} more in it", "dim")
    return text.parts(*pieces)


def _person(line: _Say, one: Acquaintance, contacts: Sequence[Person], now: int) -> None:
    person = one.person
    if one.is_own:
        line("me", "bold")
        line(person.address, "dim")
        return
    line(" / ".join(c.name for c in contacts) or person.name or person.address, "bold")
    company = " / ".join(dict.fromkeys(c.organization for c in contacts if c.organization))
    if company:
        line(company)
    line(person.address, "dim")
    if not contacts:
        line("no contact yet: + adds", "italic")
    line(f"{counted(person.received, 'mail')} from, {number(person.sent)} to them")
    for _, subject, at in one.others:
        line(f"{short_date(at, now).rjust(10)} {subject or '(no subject)'}", "dim")
