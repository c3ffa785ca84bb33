"""The table of R47 with real mail, blocking and its undo, sharing, and why."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.records_world import NOW, OWN, World, open_world
from tui_mail.actions import blocking, crm, linking, picking, sharing, undoing, why
from tui_mail.errors import ActionError
from tui_mail.filing.arrivals import file_arrivals
from tui_mail.filing.vanished import vanish
from tui_mail.model.addresses import Address
from tui_mail.model.arrivals import Arrival
from tui_mail.model.messages import Envelope
from tui_mail.model.records import Ref
from tui_mail.model.views import View
from tui_mail.store import blocks, messages, people, record_mail, sight
from tui_mail.store.folds import rebuild
from tui_mail.store.retention import sweep

ANNA, BO, CLEO = "anna@fjord.example", "bo@fjord.example", "cleo@dock.example"
FIVE = ("v@x.example", "w@x.example", "x@x.example", "y@x.example")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path / "home") as found:
        yield found


R47 = {
    "one person, one open deal": ("A:d1", {}, "d1"),
    "one open deal and two won ones": ("A:d1 A:d2+won A:d3+won", {}, "d1"),
    "one person, two open deals": ("A:d1 A:d2", {}, "ask"),
    "an open deal and an open lead": ("A:d1 A:l1", {}, "ask"),
    "an open lead": ("A:l1", {}, "l1"),
    "an open project": ("A:p1", {}, "p1"),
    "an archived lead": ("A:l1+archived", {}, "none"),
    "two persons on the same deal": ("AB:d1", {"cc": [BO]}, "d1"),
    "two persons, each another deal": ("A:d1 B:d2", {"cc": [BO]}, "ask"),
    "five recipients, one has an item": ("A:d1", {"cc": FIVE}, "d1"),
    "five recipients, none has": ("C:d1", {"cc": FIVE}, "none"),
    "only a participant of the deal": ("CA:d1", {}, "d1"),
    "a colleague writes, the client is in Cc": (
        "A:d1", {"sender": "jonas@northwind.example", "cc": [ANNA]}, "d1",
    ),
    "only own addresses": ("A:d1", {"sender": OWN}, "none"),
    "my mail to a client": ("A:d1", {"sender": OWN, "to": [ANNA]}, "d1"),
    "bulk mail": ("A:d1", {"bulk": True}, "none"),
    "an automatic answer": ("A:d1", {"auto": True}, "none"),
    "no sender": ("A:d1", {"sender": "", "to": [ANNA]}, "d1"),
}  # fmt: skip


@pytest.mark.parametrize("case", R47)
async def test_which_item_a_mail_is_linked_to(world: World, case: str) -> None:
    setup, mail, expected = R47[case]
    persons = {
        "A": await world.person("Anna", ANNA),
        "B": await world.person("Bo", BO),
        "C": await world.person("Cleo", CLEO),
    }
    refs: dict[str, Ref] = {}
    for part in setup.split():
        who, _, what = part.partition(":")
        name, _, status = what.partition("+")
        kind = {"d": "deal", "l": "lead", "p": "project"}[name[0]]
        refs[name] = await world.deal(name, *(persons[p] for p in who), kind=kind)
        if status:
            await crm.set_status(world.ctx, refs[name], status)
    world.clock.at += 1
    cid = await world.mail(mail.pop("sender", ANNA), **mail)
    wanted = {"ask": ("ambiguous", None), "none": ("none", None)}
    assert await world.state(cid) == wanted.get(expected, ("linked", refs.get(expected)))


async def test_an_automatic_answer_in_a_linked_conversation_stays_there(world: World) -> None:
    deal = await world.deal("Ferry", await world.person("Anna", ANNA))
    cid = await world.mail(ANNA, name="m1")
    assert await world.mail(ANNA, refs=["<m1@x.example>"], auto=True) == cid
    assert await world.state(cid) == ("linked", deal)


async def test_manual_mode_never_links_and_says_so(world: World) -> None:
    await world.deal("Ferry", await world.person("Anna", ANNA))
    from dataclasses import replace

    world.place = replace(world.place, automatic=False)
    cid = await world.mail(ANNA)
    assert await world.state(cid) == ("none", None)
    assert [r.rule for r in await why.why(world.ctx, cid) if r.topic == "link"] == ["R46"]
    world.place = replace(world.place, automatic=True)
    assert await world.state(cid) == ("none", None)


async def test_an_organizations_deal_without_a_person_is_only_suggested(world: World) -> None:
    done = await crm.create(
        world.ctx, "organization", {"name": "Fjord", "domains": ["fjord.example"]}
    )
    deal = await world.deal("Ferry", organization_id=done.records[0].id)
    cid = await world.mail(ANNA)
    assert await world.state(cid) == ("none", None)
    found = await picking.choices(world.ctx, [cid])
    assert [(choice.item.ref, choice.why) for choice in found] == [(deal, "organization")]


async def test_the_picker_puts_people_first_then_their_organization_then_words(
    world: World,
) -> None:
    done = await crm.create(world.ctx, "organization", {"name": "Fjord"})
    org = done.records[0].id
    anna = await world.person("Anna", ANNA, organization_id=org)
    cid = await world.mail(ANNA, subject="Re: Lighthouse quote", at=NOW - 100)
    mine = await world.deal("Ferry", anna)
    theirs = await world.deal("Dock", organization_id=org)
    worded = await world.deal("Lighthouse", organization_id=None)
    won = await world.deal("Old", anna)
    await crm.set_status(world.ctx, won, "won")
    found = await picking.choices(world.ctx, [cid])
    assert [choice.item.ref for choice in found] == [mine, theirs, worded]
    typed = await picking.choices(world.ctx, [cid], "ligh")
    assert [choice.item.ref for choice in typed] == [worded]
    for hostile in ('"', "*", "a OR", "(", "NEAR(", "\x00", "-", "日本"):
        await picking.choices(world.ctx, [cid], hostile)


async def test_blocking_hides_past_and_new_mail_and_unblocking_brings_it_back(
    world: World,
) -> None:
    old = await world.mail("x@news.example")
    client = await world.mail("x@news.example", cc=[ANNA])
    before = await world.dump()
    seen = await blocking.preview(world.ctx, "@News.example")
    assert (seen.conversations, [row.id for row in seen.sample]) == (1, [old])
    assert await world.dump() == before
    await blocking.block(world.ctx, "news.example")
    new = await world.mail("y@mail.news.example")
    assert await world.view(View.INBOX) == [client]
    assert sorted(await world.view(View.SCREENED)) == [old, new]
    (entry,) = await blocking.entries(world.ctx)
    assert (entry.hits, entry.last_hit_at) == (2, NOW)
    reasons = await why.why(world.ctx, new)
    assert any("@news.example" in reason.text for reason in reasons)
    await blocking.unblock(world.ctx, entry.id)
    assert sorted(await world.view(View.INBOX)) == [old, client, new]
    await undoing.undo(world.ctx)
    assert await world.view(View.INBOX) == [client]


async def test_undo_of_a_block_is_exact(world: World) -> None:
    await world.mail("x@news.example")
    before = await world.dump()
    await blocking.block(world.ctx, "x@news.example")
    await undoing.undo(world.ctx)
    assert await world.dump() == before


async def test_linked_conversations_are_hidden_only_when_that_is_confirmed(world: World) -> None:
    anna = await world.person("Anna", ANNA)
    deal = await world.deal("Ferry", anna)
    cid = await world.mail(ANNA)
    seen = await blocking.preview(world.ctx, ANNA)
    assert (seen.conversations, [row.id for row in seen.linked]) == (0, [cid])
    await blocking.block(world.ctx, ANNA)
    assert await world.view(View.INBOX) == [cid]
    await undoing.undo(world.ctx)
    await blocking.block(world.ctx, ANNA, linked_too=True)
    assert await world.view(View.INBOX) == []
    assert await world.ctx.db.read(record_mail.conversation_ids, deal) == []


async def test_a_domain_covered_twice_stays_hidden_when_one_entry_goes(world: World) -> None:
    cid = await world.mail("x@news.example")
    await blocking.block(world.ctx, "x@news.example")
    await blocking.block(world.ctx, "news.example")
    found = await blocking.find_entry(world.ctx, "x@news.example")
    assert found is not None
    await blocking.unblock(world.ctx, found.id)
    assert await world.view(View.SCREENED) == [cid]


@pytest.mark.parametrize("text", [OWN, "com", "co.uk", "nonsense words"])
async def test_what_must_not_be_blocked_is_refused(world: World, text: str) -> None:
    with pytest.raises(ActionError):
        await blocking.block(world.ctx, text)


async def test_sharing_stamps_mail_that_is_here_and_that_comes(world: World) -> None:
    await world.person("Anna", ANNA)
    cid = await world.mail(ANNA, name="m1")
    await world.ctx.db.write(
        lambda conn: conn.execute("INSERT INTO users(name, is_admin) VALUES ('Root', 1)")
    )
    assert await visible(world, cid) == ({"private"}, set())
    found = await sharing.audience(world.ctx, [cid])
    assert (found.names, found.gain, found.private) == (("Root",), ("Root",), 1)
    before = await world.dump()
    await sharing.share(world.ctx, [cid], True)
    await world.mail(ANNA, refs=["<m1@x.example>"])
    assert await visible(world, cid) == ({"shared"}, {"Root"})
    await sharing.share(world.ctx, [cid], False)
    assert await visible(world, cid) == ({"private"}, set())
    await undoing.undo(world.ctx)
    assert await visible(world, cid) == ({"shared"}, {"Root"})
    await undoing.undo(world.ctx)
    assert (await world.dump())["conversations"] != before
    assert "private" in (await visible(world, cid))[0]


async def visible(world: World, cid: int) -> tuple[set[str], set[str]]:
    def query(conn: sqlite3.Connection) -> tuple[set[str], set[str]]:
        rows = conn.execute(
            "SELECT id, visibility FROM messages WHERE conversation_id = ?", (cid,)
        ).fetchall()
        seen = set()
        for message_id, _ in rows:
            mail = sight.mail(conn, message_id)
            assert mail is not None
            seen |= {u.name for u in sight.watchers(sight.users(conn), mail)}
        return {row[1] for row in rows}, seen

    return await world.ctx.db.read(query)


async def test_a_new_default_changes_no_mail_that_is_here(world: World) -> None:
    from dataclasses import replace

    cid = await world.mail(ANNA, name="m1")
    world.place = replace(world.place, visibility="shared")
    assert await world.mail(ANNA, refs=["<m1@x.example>"]) == cid
    assert (await visible(world, cid))[0] == {"private", "shared"}
    rows = await world.ctx.db.read(
        lambda conn: conn.execute("SELECT shown, shared FROM conversations").fetchall()
    )
    assert rows == [(2, 1)]


async def test_why_names_address_rule_and_who(world: World) -> None:
    anna = await world.person("Anna", ANNA)
    deal = await world.deal("Ferry", anna)
    cid = await world.mail(ANNA)
    lines = [(r.topic, r.rule) for r in await why.why(world.ctx, cid)]
    assert lines == [("link", "R47"), ("people", "R45"), ("sight", "R39"), ("came", "R15")]
    text = (await why.why(world.ctx, cid))[0].text
    assert ANNA in text and "Ferry" in text and "automation" in text
    await linking.unlink(world.ctx, [cid])
    reasons = await why.why(world.ctx, cid)
    assert [r.topic for r in reasons] == [
        "link", "history", "people", "sight", "came", "journal",
    ]  # fmt: skip
    assert reasons[0].rule == "R53"
    late = await world.mail(CLEO, at=NOW - 50)
    await world.person("Cleo", CLEO)
    assert (await why.why(world.ctx, late))[0].rule == "R47"
    assert deal
    await blocking.block(world.ctx, CLEO)
    reasons = await why.why(world.ctx, late)
    assert reasons[0].rule == "R31"
    (screened,) = [r for r in reasons if r.topic == "screened"]
    assert CLEO in screened.text and "blocked by you" in screened.text
    assert (screened.rule, screened.at) == ("R29", NOW), "when it was blocked, not when it came"


async def test_the_derived_rows_are_the_same_when_they_are_folded_anew(world: World) -> None:
    anna = await world.person("Anna", ANNA)
    await world.deal("Ferry", anna)
    await world.mail(ANNA)
    await world.mail(ANNA, bulk=True)
    await world.mail(BO, cc=[ANNA], at=NOW - 10)
    await blocking.block(world.ctx, BO)
    before = await world.dump()
    await world.ctx.db.write(rebuild)
    assert await world.dump() == before


@pytest.mark.parametrize("keeps", [True, False])
async def test_linked_mail_that_goes_from_the_server_stays_readable(
    world: World, keeps: bool
) -> None:
    deal = await world.deal("Ferry")
    linked, other = await world.mail(ANNA), await world.mail(BO)
    await linking.link(world.ctx, [linked], deal)
    await world.ctx.db.write(
        lambda conn: conn.execute("UPDATE accounts SET keep_linked = ?", (keeps,))
    )
    await world.ctx.db.write(vanish, world.place.id, 1, [1, 2], NOW)
    assert await world.view(View.INBOX) == []
    assert await world.ctx.db.read(record_mail.conversation_ids, deal) == [linked] * keeps
    assert len(await world.ctx.db.read(messages.of_conversation, linked)) == keeps
    assert await world.ctx.db.read(messages.of_conversation, other) == []
    assert await world.ctx.db.write(sweep, NOW + 40 * 86_400) == 2 - keeps


PEOPLE = (ANNA, BO, CLEO, "dan@shop.example")
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("mail"), st.integers(0, 3), st.integers(0, 4), st.integers(20, 30)),
        st.tuples(st.just("person"), st.integers(0, 3), st.integers(0, 40), st.just(0)),
        st.tuples(st.just("deal"), st.integers(0, 3), st.integers(0, 40), st.just(0)),
        st.tuples(st.just("block"), st.integers(2, 3), st.just(0), st.just(0)),
    ),
    min_size=3,
    max_size=9,
    unique_by=lambda event: event[:2] if event[0] == "person" else event,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_news_does_not_matter(
    events: list[tuple[str, int, int, int]], random: object
) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    async def outcome(order: list[tuple[str, int, int, int]]) -> object:
        with TemporaryDirectory() as folder:
            async with open_world(Path(folder) / "home") as world:
                return await world.ctx.db.write(play, world, order)

    assert asyncio.run(outcome(events)) == asyncio.run(outcome(shuffled))


def play(conn: sqlite3.Connection, world: World, events: list[tuple[str, int, int, int]]) -> object:
    """File mails, people, deals and blocks with their own times, in the order given.

    A person exists for everybody from the start, so that a deal can name them; `person` gives the
    address. What exists at a time is what counts, whenever the program hears of it. A block is the
    user's own act: what was linked before it stays linked (R32), so of a conversation that is all
    screened only that is compared.
    """
    from tui_mail.filing import linking as filing_linking
    from tui_mail.filing import screening
    from tui_mail.model.blocking import parse_target
    from tui_mail.store import items, standing
    from tui_mail.store.folds import recount

    persons = [people.create(conn, {"name": f"P{n}"}, 0) for n in range(4)]
    for kind, who, more, at in events:
        number = hash((who, more, at)) & 0xFFFF
        if kind == "mail":
            sender, other = PEOPLE[who], (OWN, *PEOPLE)[more]
            name = f"{who}-{more}-{at}"
            envelope = Envelope(
                message_id=f"<{name}@x.example>",
                references=(f"<root{more}@x.example>",),
                from_=(Address("", sender),),
                to=(Address("", OWN), Address("", other)),
                subject=name,
                fingerprint=number.to_bytes(16, "big"),
            )
            arrival = Arrival(len(events) * 100 + number, 0, at, 1000, envelope)
            file_arrivals(conn, world.place, [arrival], 100)
        elif kind == "person":
            people.add_address(conn, persons[who], PEOPLE[who], more)
        elif kind == "deal":
            values = {"title": f"D{more}", "person_id": persons[who]}
            items.create(conn, "deal", values, more)
        else:
            found = screening.reach(conn, parse_target(PEOPLE[who]), None)
            blocks.add(conn, parse_target(PEOPLE[who]), None, "user", 0)
            changed = screening.screen(conn, [m for some in found.messages.values() for m in some])
            filing_linking.evaluate(conn, changed, 100)
        everything = [row[0] for row in conn.execute("SELECT id FROM conversations")]
        filing_linking.evaluate(conn, everything, 100)
        recount(conn, set(everything) | standing.of_persons(conn, persons))
    return sorted(
        conn.execute(
            "SELECT m.subject, m.screened_by IS NOT NULL, iif(hidden, '', c.link_state),"
            " iif(hidden, '', coalesce(d.title, '')), iif(hidden, NULL, d.person_id)"
            " FROM messages m JOIN (SELECT c.*, NOT EXISTS (SELECT 1 FROM messages o WHERE"
            " o.conversation_id = c.id AND o.screened_by IS NULL) AS hidden FROM conversations c) c"
            " ON c.id = m.conversation_id LEFT JOIN deals d ON d.id = c.link_id"
        ).fetchall()
    )
