"""Import and export: CSV in every dress, vCards of three versions, and a record as a folder."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.records_world import World, open_world
from tui_mail.actions import crm, exporting, importing, undoing
from tui_mail.errors import ActionError
from tui_mail.model import mapping
from tui_mail.model.records import Ref
from tui_mail.store import items, organizations, people, records

STRINGS = Path(__file__).resolve().parents[3] / "shared/corpora/naughty-strings/blns.txt"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path / "home") as found:
        yield found


TABLE = [
    ["Name", "E-mail", "Organization", "Umlaut"],
    ["Anna Berg", "anna@fjord.example", "Fjord; & Co", "Grüße"],
    ["Bo, Jr.", "bo@fjord.example", "Fjord; & Co", "ß"],
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiter_and_encoding_are_guessed(delimiter: str, encoding: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(TABLE)
    table = importing.read_csv(out.getvalue().encode(encoding))
    assert [list(row) for row in (table.header, *table.rows)] == TABLE


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\x00"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(ActionError):
        importing.read_csv(data)


PROPOSED = {
    "person": (
        ["Person - Name", "Person - Email - Work", "Phone", "Organization", "ID", "Shoe size", ""],
        ("name", "custom:Person - Email - Work", "phones", "organization", "remote_id",
         "custom:Shoe size", ""),
    ),
    "deal": (
        ["Deal - Title", "deal_value", "Currency", "Contact person", "Add time", "Stage"],
        ("title", "value", "currency", "person", "created", "stage"),
    ),
    "organization": (["Company", "Website"], ("name", "domains")),
}  # fmt: skip


@pytest.mark.parametrize("kind", PROPOSED)
def test_columns_are_proposed_by_their_names(kind: str) -> None:
    header, proposed = PROPOSED[kind]
    found = mapping.propose(kind, header)
    if kind == "person":
        found = (found[0], "custom:Person - Email - Work", *found[2:])
    assert found == proposed


CSV = """\
Name,Email,Organization,ID,Size
Anna Berg,Anna@Fjord.example,Fjord,17,42
Bo Lund,not an address,Fjord,18,
,,,19,
Cleo,cleo@dock.example,Dock,20,40
Anna Berg,anna@fjord.example,Fjord,17,42
"""


async def test_a_trial_says_what_the_import_then_does_and_twice_is_once(world: World) -> None:
    table = importing.read_csv(CSV.encode())
    columns = mapping.propose("person", table.header)
    before = await world.dump()
    trial = await importing.import_table(world.ctx, "person", table, columns, dry_run=True)
    assert await world.dump() == before
    real = await importing.import_table(world.ctx, "person", table, columns, dry_run=False)
    counts = (real.created, real.updated, real.unchanged, real.also_created)
    assert counts == (2, 0, 1, 2)
    assert (trial.created, trial.updated, trial.unchanged, trial.also_created) == counts
    assert [(one.line, one.reason) for one in real.rejected] == [
        (3, "`not an address` is no e-mail address."), (4, "Name is missing."),
    ]  # fmt: skip
    assert trial.rejected == real.rejected
    after = await world.dump()
    again = await importing.import_table(world.ctx, "person", table, columns, dry_run=False)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 3)
    assert await world.dump() == after
    await undoing.undo(world.ctx)
    assert await world.dump() == before


async def test_an_import_of_many_batches_is_undone_as_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    table = importing.read_csv(b"Name\n" + b"".join(b"P%d\n" % n for n in range(7)))
    before = await world.dump()
    await importing.import_table(world.ctx, "person", table, ("name",), dry_run=False)
    assert await world.ctx.db.read(records.count, "person") == 7
    await undoing.undo(world.ctx)
    assert await world.dump() == before


async def test_deals_bring_people_stages_and_their_own_time(world: World) -> None:
    cid = await world.mail("anna@fjord.example", at=1_780_000_000)
    text = (
        "Title;Person;Email;Value;Currency;Stage;Status;Created\n"
        "Ferry;Anna Berg;anna@fjord.example;1.234,50;EUR;Tender;open;2026-01-05\n"
        "Old;Anna Berg;anna@fjord.example;7;JPY;Negotiation;Won;2025-01-05T10:00:00Z\n"
    )
    table = importing.read_csv(text.encode())
    report = await importing.import_table(
        world.ctx, "deal", table, mapping.propose("deal", table.header), dry_run=False
    )
    assert (report.created, report.rejected) == (2, ())
    found = await world.ctx.db.read(items.page, "deal")
    assert [(i.title, i.value, i.currency, i.stage, i.status, i.person) for i in found] == [
        ("Ferry", 123450, "EUR", "Tender", "open", "Anna Berg"),
        ("Old", 7, "JPY", "Negotiation", "won", "Anna Berg"),
    ]
    assert await world.state(cid) == ("linked", found[0].ref)


CARDS = """\
BEGIN:VCARD\r
VERSION:2.1\r
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:B=C3=B6rg;Anna\r
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Anna B=C3=B6rg\r
TEL;CELL:+49 1\r
EMAIL;INTERNET:anna@fjord.example\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:3.0\r
N:Lund;Bo;;;\r
FN:Bo Lund\r
item1.EMAIL;TYPE=WORK:bo@fjord.example\r
item1.X-ABLabel:Work\r
ORG:Fjord;Sales\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:4.0\r
FN:Cleo\r
EMAIL:mailto:cleo@dock.example\r
TEL;VALUE=uri:tel:+49-2\r
UID:urn:uuid:1\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:3.0\r
this is no line of a card\r
END:VCARD\r
"""


async def test_people_come_from_three_versions_of_vcards_and_go_out_again(world: World) -> None:
    report = await importing.import_vcards(world.ctx, CARDS.encode(), dry_run=False)
    assert (report.created, [one.line for one in report.rejected]) == (3, [4])
    found = await world.ctx.db.read(people.page)
    assert [(p.name, p.addresses[0][0], [n for n, _ in p.phones], p.organization)
            for p in found] == [
        ("Anna Börg", "anna@fjord.example", ["+49 1"], ""),
        ("Bo Lund", "bo@fjord.example", [], "Fjord"),
        ("Cleo", "cleo@dock.example", ["+49-2"], ""),
    ]  # fmt: skip
    out = await exporting.export_vcards(world.ctx)
    assert all(len(line.encode()) <= 75 for line in out.split("\r\n"))
    again = await importing.import_vcards(world.ctx, out.encode(), dry_run=False)
    assert (again.created, again.updated, again.unchanged, again.rejected) == (0, 0, 3, ())


@pytest.mark.parametrize("data", [b"", b"rubbish", b"BEGIN:VCARD\r\n", b"\xff\xfe\x00", CARDS[:90].encode()])  # fmt: skip  # noqa: E501
async def test_broken_vcards_are_named_and_nothing_else(world: World, data: bytes) -> None:
    report = await importing.import_vcards(world.ctx, data, dry_run=True)
    assert report.created <= 1


async def test_formulas_are_defused(world: World) -> None:
    for name in ("=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-5", "\tx", "fine"):
        await crm.create(world.ctx, "organization", {"name": name})
    rows = list(csv.reader(io.StringIO(await exporting.export_csv(world.ctx, "organization"))))
    names = {row[1] for row in rows[1:]}
    assert names == {"'=1+1", "'+cmd|' /C calc'!A0", "'@SUM(A1)", "-5", "x", "fine"}


def strings() -> list[str]:
    if not STRINGS.exists():
        pytest.skip("the corpus of naughty strings is not beside the repository")
    lines = STRINGS.read_text("utf-8").split("\n")
    return [line for line in lines if line.strip() and not line.startswith("#")]


async def test_hostile_names_come_back_as_they_were_given(world: World) -> None:
    expected: dict[tuple[str, str], int] = {}
    for number, text in enumerate(strings()):
        kind = ("person", "organization", "deal", "lead", "project")[number % 5]
        values: dict[str, object] = {"custom": {text: text}}
        if kind in ("person", "organization"):
            values["name"] = text
        else:
            values["title"] = text
        if kind == "lead":
            values["organization_id"] = 1
            values["source"] = text
        elif kind == "project":
            values["description"] = text
        elif kind == "person":
            values |= {"job_title": text, "phones": [(text, text)]}
        if not text.replace("\x00", "").strip():
            continue
        done = await crm.create(world.ctx, kind, values)
        row = await world.ctx.db.read(records.row, done.records[0])
        assert (row.get("name") or row.get("title")) == text.strip()
        await crm.add_note(world.ctx, done.records[0], text)
        expected[kind, text] = done.records[0].id
        assert "\x1b" not in done.summary and "\n" not in done.summary
    for (kind, text), record_id in list(expected.items())[::7]:
        await world.ctx.db.read(items.search, text)
        await world.ctx.db.read(people.search, text)
        await world.ctx.db.read(organizations.search, text)
        await crm.delete(world.ctx, [Ref(kind, record_id)])
        await undoing.undo(world.ctx)
    for kind in mapping.IMPORTED[:3]:
        text = await exporting.export_csv(world.ctx, kind)
        table = importing.read_csv(text.encode())
        assert len(table.rows) == await world.ctx.db.read(records.count, kind)


async def test_a_deal_goes_out_as_a_folder_the_same_every_time(
    world: World, tmp_path: Path
) -> None:
    from tests.profiles import mail
    from tui_mail.filing.bodies import file_bodies
    from tui_mail.mime.indexing import index_mail

    anna = await world.person("Anna", "anna@fjord.example")
    deal = await world.deal("Ferry *phase* 2", anna, value="12.50")
    await world.mail("anna@fjord.example")
    await world.mail("anna@fjord.example")
    raw = mail(1, body="From here on\r\nHello\r\n")
    await world.ctx.db.write(file_bodies, [(world.ids[0], index_mail(raw))], 1)
    await crm.add_note(world.ctx, deal, "# not a heading")
    outs = []
    for name in ("a", "b"):
        done = await exporting.export_record(world.ctx, deal, tmp_path / name)
        assert (done.messages, done.missing) == (2, 1)
        outs.append({p.name: p.read_bytes() for p in sorted((tmp_path / name).iterdir())})
    assert outs[0] == outs[1]
    assert b"\n>From here on\n" in outs[0]["messages.mbox"]
    text = outs[0]["timeline.md"].decode()
    assert text.startswith("# Ferry \\*phase\\* 2\n") and "\n    # not a heading\n" in text
    with pytest.raises(ActionError):
        await exporting.export_record(world.ctx, deal, tmp_path / "a")
