"""Actions on many conversations: short transactions, one step of undo, safe between two parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.records_world import World, open_world
from tui_mail.actions import blocking, crm, linking, parts, sharing, triage, undoing
from tui_mail.actions.context import Context
from tui_mail.errors import ActionError
from tui_mail.filing.arrivals import file_arrivals
from tui_mail.model.addresses import Address
from tui_mail.model.arrivals import Arrival
from tui_mail.model.messages import Envelope
from tui_mail.model.records import Ref
from tui_mail.store import journal

Act = Callable[[Context, list[int], Ref], Awaitable[Any]]

ACTS: dict[str, Act] = {
    "link": lambda ctx, ids, deal: linking.link(ctx, ids, deal),
    "unlink": lambda ctx, ids, deal: linking.unlink(ctx, ids),
    "share": lambda ctx, ids, deal: sharing.share(ctx, ids, True),
    "block": lambda ctx, ids, deal: blocking.block(ctx, "crowd.example"),
    "mute": lambda ctx, ids, deal: triage.mute(ctx, ids, True),
    "read": lambda ctx, ids, deal: triage.set_read(ctx, ids, True),
    "archive": lambda ctx, ids, deal: triage.archive(ctx, ids),
}
OPERATIONS = {"operations", "tombstones"}
"""What undo of triage leaves behind: the server is told the opposite, or nothing."""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look a second time in a moment."""
    monkeypatch.setattr(undoing, "_STILL_GOING", 0.1)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path / "home") as found:
        yield found


async def crowd(world: World, number: int) -> list[int]:
    """Conversations with that many people of one domain."""
    arrivals = [
        Arrival(
            uid, 0, world.clock.at - uid, 900,
            Envelope(message_id=f"<c{uid}@x.example>", subject=f"Crowd {uid}",
                     from_=(Address("", f"p{uid}@crowd.example"),),
                     to=(Address("", "mira@northwind.example"),),
                     fingerprint=uid.to_bytes(16, "big")),
        )
        for uid in range(1, number + 1)
    ]  # fmt: skip
    for start in range(0, number, 100):
        part = arrivals[start : start + 100]
        await world.ctx.db.write(file_arrivals, world.place, part, world.clock.at)
    return await world.ctx.db.read(
        lambda conn: [row[0] for row in conn.execute("SELECT id FROM conversations ORDER BY id")]
    )


async def state(world: World) -> dict[str, list[tuple[object, ...]]]:
    found = await world.dump()
    found["folders"] = [row for row in found["folders"] if b"local" not in row[2]]  # type: ignore[operator]
    return {table: rows for table, rows in found.items() if table not in OPERATIONS}


async def live_entries(world: World) -> int:
    """Journal entries that can still be taken back."""
    return await world.ctx.db.read(
        lambda conn: sum(
            bool(entry.undo) for entry in journal.latest(conn, 10_000)
        )
    )  # fmt: skip


@pytest.mark.parametrize("name", ACTS)
async def test_one_undo_takes_a_bulk_action_back_exactly(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_MOST", 25)
    ids = await crowd(world, 90)
    deal = await world.deal("Big", await world.person("P", "p1@crowd.example"))
    if name == "unlink":
        await linking.link(world.ctx, ids, deal)
    before, entries = await state(world), await live_entries(world)
    done = await ACTS[name](world.ctx, ids, deal)
    assert await state(world) != before
    assert await live_entries(world) - entries > 2, "it was one part only"
    assert len(set(done.conversation_ids)) >= 89
    assert "90 conversations" in done.summary
    undone = await undoing.undo(world.ctx)
    assert undone is not None and len(undone.conversation_ids) >= 89
    assert undone.summary == f"Undone: {done.summary}"
    assert await state(world) == before


@pytest.mark.parametrize("name", ACTS)
async def test_undo_restores_what_stood_before_an_action_that_was_cut_short(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_MOST", 25)
    ids = await crowd(world, 120)
    deal = await world.deal("Big", await world.person("P", "p1@crowd.example"))
    if name == "unlink":
        await linking.link(world.ctx, ids, deal)
    before, entries = await state(world), await live_entries(world)
    cut = asyncio.ensure_future(ACTS[name](world.ctx, ids, deal))
    while await live_entries(world) < entries + 2 and not cut.done():
        await asyncio.sleep(0)
    assert not cut.done()
    cut.cancel()
    await asyncio.gather(cut, return_exceptions=True)
    await world.ctx.db.write(lambda conn: None)  # the part that was being written is whole
    assert await state(world) != before
    found = await undoing.cut_short(world.ctx)
    assert found is not None and found[1] == 120, "it is offered at the next start"
    assert await undoing.undo(world.ctx) is not None
    assert await state(world) == before
    assert await undoing.cut_short(world.ctx) is None


@pytest.mark.parametrize("last_changes", [True, False])
async def test_an_action_that_was_done_whole_is_not_called_cut_short(
    world: World, last_changes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_MOST", 25)
    ids = await crowd(world, 90)
    if not last_changes:
        await triage.mute(world.ctx, ids[40:], True)
    await triage.mute(world.ctx, ids, True)
    assert await undoing.cut_short(world.ctx) is None
    if not last_changes:
        await triage.mute(world.ctx, ids[:40], False)
    await undoing.undo(world.ctx)
    assert await undoing.cut_short(world.ctx) is None


async def test_an_action_that_goes_on_is_not_called_cut_short(world: World) -> None:
    ids = await crowd(world, 300)
    entries = await live_entries(world)
    going = asyncio.ensure_future(triage.mute(world.ctx, ids, True))
    while await live_entries(world) < entries + 2:
        await asyncio.sleep(0)
    assert not going.done()
    assert await undoing.cut_short(world.ctx) is None
    await going


async def test_no_transaction_of_a_bulk_action_takes_long(world: World) -> None:
    ids = await crowd(world, 1500)
    deal = await world.deal("Big", await world.person("P", "p1@crowd.example"))
    slowest: dict[str, float] = {}
    for name, act in ACTS.items():
        world.ctx.db.slowest_write = 0.0
        await act(world.ctx, ids, deal)
        doing = world.ctx.db.slowest_write
        world.ctx.db.slowest_write = 0.0
        await undoing.undo(world.ctx)
        slowest[name] = round(max(doing, world.ctx.db.slowest_write), 3)
    print(slowest)
    assert max(slowest.values()) < 0.25, slowest


async def test_ids_that_are_gone_are_left_out_and_none_left_is_refused(world: World) -> None:
    ids = await crowd(world, 3)
    deal = await world.deal("Big")
    done = await linking.link(world.ctx, [*ids, 9999], deal)
    assert done.conversation_ids == tuple(ids)
    with pytest.raises(Exception, match="9999"):
        await linking.link(world.ctx, [9999], deal)


RECORD_ACTS: dict[str, Callable[[Context, list[Ref]], Awaitable[Any]]] = {
    "delete": crm.delete,
    "merge": lambda ctx, refs: crm.merge(ctx, refs[0], refs[1:]),
}


@pytest.mark.parametrize("name", RECORD_ACTS)
@pytest.mark.parametrize("kind", ["person", "organization", "deal"])
async def test_one_undo_takes_work_on_many_records_back_exactly(
    world: World, name: str, kind: str
) -> None:
    refs = await records(world, kind, 120)
    before, entries = await state(world), await live_entries(world)
    done = await RECORD_ACTS[name](world.ctx, refs)
    assert "120" in done.summary and done.records
    assert await state(world) != before
    assert await live_entries(world) - entries > 2, "it was one part only"
    undone = await undoing.undo(world.ctx)
    assert undone is not None and undone.summary == f"Undone: {done.summary}"
    assert await state(world) == before


@pytest.mark.parametrize("name", RECORD_ACTS)
async def test_a_record_that_is_not_there_stops_the_work_before_it_begins(
    world: World, name: str
) -> None:
    refs = await records(world, "deal", 30)
    before = await state(world)
    with pytest.raises(ActionError, match="no deal 999"):
        await RECORD_ACTS[name](world.ctx, [*refs, Ref("deal", 999)])
    assert await state(world) == before


async def records(world: World, kind: str, number: int) -> list[Ref]:
    """Persons in the mail of a crowd, their organizations, or their deals linked to that mail."""
    ids = await crowd(world, number)
    found = []
    for place, cid in enumerate(ids, start=1):
        made = [await crm.create(world.ctx, "organization", {"name": f"Org {place}"})]
        values: dict[str, Any] = {
            "name": f"P {place}",
            "addresses": [f"p{place}@crowd.example"],
            "organization_id": made[0].records[0].id,
        }
        made.append(await crm.create(world.ctx, "person", values))
        values = {"title": f"Deal {place}", "person_id": made[1].records[0].id}
        made.append(await crm.create(world.ctx, "deal", values))
        await linking.link(world.ctx, [cid], made[2].records[0])
        found += [one.records[0] for one in made if one.records[0].kind == kind]
    return found
