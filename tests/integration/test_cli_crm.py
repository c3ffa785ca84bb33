"""Records through the command line as files: in, out, twice, tried only; and the demo's records."""

from __future__ import annotations

import csv
import io
import mailbox
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.records_world import dump, open_world
from tests.unit.cli.conftest import Said
from tui_mail.actions.recorded import refold_waiting
from tui_mail.cli.main import main
from tui_mail.config.paths import profile_paths
from tui_mail.demo.company import load_company
from tui_mail.demo.records import fill
from tui_mail.model.views import View
from tui_mail.store.sight import SELF

Run = Callable[..., Said]
FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", '=HYPERLINK("http://x.example")')
TABLES = ("people", "orgs", "deals", "leads", "projects")


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `tui-mail` on a profile of the test."""

    def call(*words: str, home: str = "home") -> Said:
        capsys.readouterr()
        code = main(["--home", str(tmp_path / home), *words])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo profile after its first sync."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    demo_once(folder)
    return folder


@pytest.fixture
def demo(kept: Path, tmp_path: Path) -> Path:
    """A copy of it for one test, as the home of `run`."""
    return Path(shutil.copytree(kept, tmp_path / "home"))


def demo_once(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui_mail", "demo", "--headless", "--once", "--keep", str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def rows_of(home: Path) -> dict[str, Any]:
    """Every row of a profile's store, but for what reading makes by itself."""
    conn = sqlite3.connect(profile_paths(home).database)
    try:
        found: dict[str, Any] = dict(dump(conn))
        del found["readables"]
        found["correspondents"] = conn.execute(
            "SELECT * FROM correspondents WHERE id IN (SELECT correspondent_id FROM participants)"
        ).fetchall()
        return found
    finally:
        conn.close()


def records_only(home: Path) -> dict[str, Any]:
    """The rows of records alone."""
    return {
        table: rows
        for table, rows in rows_of(home).items()
        if table
        in (
            "persons", "person_addresses", "person_phones", "organizations",
            "organization_domains", "deals", "leads", "item_people", "notes", "stages",
        )
    }  # fmt: skip


# -- import ----------------------------------------------------------------------------------------

PEOPLE = "Name;E-mail;Organization;Shoe size\r\nAnna Bergström;Anna@Fjord.example;Fjord AS;38\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_delimiter_and_encoding_are_guessed(
    tmp_path: Path, run: Run, encoding: str, delimiter: str
) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(PEOPLE.replace(";", delimiter).encode(encoding))
    said = run("import", "people", str(file), "--json").json
    assert (said["created"], said["also_created"], said["rejected"]) == (1, 1, [])
    (person,) = run("person", "list", "--json").json["records"]
    assert (person["name"], person["organization"]) == ("Anna Bergström", "Fjord AS")
    assert person["addresses"][0]["address"] == "anna@fjord.example"
    assert person["custom"] == {"Shoe size": "38"}


def test_importing_twice_is_the_same_as_once(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE + "Bo;bo@x.example;;\r\nBo;bo2@x.example;Glass;\r\nNo Address;;;\r\n")
    assert run("import", "people", str(file)).code == 0
    once = rows_of(tmp_path / "home")
    again = run("import", "people", str(file), "--json").json
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 4)
    assert rows_of(tmp_path / "home") == once


def test_a_dry_run_says_what_the_run_does_and_undo_takes_all_of_it_back(
    tmp_path: Path, run: Run
) -> None:
    run("person", "list")
    file = tmp_path / "deals.csv"
    file.write_text(
        "Title,Contact,Email,Company,Value,Currency,Stage,Status\n"
        'Signs,Anna,a@x.example,Fjord,"1,200.50",EUR,Qualified,won\n'
        "Cases,Bo,b@x.example,Glass,80,USD,Brand new stage,open\n"
        "Broken,Cleo,c@x.example,Glass,eighty,USD,Qualified,open\n"
    )
    before = rows_of(tmp_path / "home")
    tried = run("import", "deals", str(file), "--dry-run", "--json")
    assert tried.code == 1 and rows_of(tmp_path / "home") == before
    done = run("import", "deals", str(file), "--json")
    keys = ("created", "updated", "unchanged", "also_created", "rejected", "columns")
    assert {k: tried.json[k] for k in keys} == {k: done.json[k] for k in keys}
    assert (done.code, done.json["created"]) == (1, 2)
    (rejected,) = done.json["rejected"]
    assert rejected["line"] == 4 and "amount" in rejected["reason"]
    titles = [row["title"] for row in run("deal", "list", "--json").json["records"]]
    assert titles == ["Cases", "Signs"]
    assert run("undo").code == 0
    assert rows_of(tmp_path / "home") == before


@pytest.mark.parametrize(
    ("wishes", "code", "said"),
    [
        (["Wer=name", "2=addresses"], 0, "1 new"),
        (["wer=name", "Wo=", "Wo=addresses"], 0, "1 new"),
        (["1=name", "2="], 0, "1 new"),
        (["Nobody=name"], 2, "not COLUMN=FIELD"),
        (["9=name"], 2, "not COLUMN=FIELD"),
        (["Wer"], 2, "not COLUMN=FIELD"),
        (["Wer=shoe"], 2, "no target"),
    ],
)
def test_columns_are_mapped_by_name_or_number(
    tmp_path: Path, run: Run, wishes: list[str], code: int, said: str
) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("Wer,Wo\nAnna,a@x.example\n")
    done = run("import", "people", str(file), *(f"--map={wish}" for wish in wishes))
    assert done.code == code and said in done.out + done.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["import", "people", "/nowhere.csv"], 6),
        (["import", "ducks", "x.csv"], 2),
        (["import", "vcard", "EMPTY", "--map", "a=b"], 2),
        (["import", "people", "EMPTY"], 2),
        (["export", "ducks", "x"], 2),
        (["export", "deal:99", "x"], 6),
        (["export", "people", "EMPTY"], 1),
        (["export", "people", "/nowhere/x.csv"], 1),
        (["export", "people", "-", "--json"], 2),
    ],
)
def test_what_cannot_be_read_or_written_has_its_code(
    tmp_path: Path, run: Run, words: list[str], code: int
) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    done = run(*(str(empty) if word == "EMPTY" else word for word in words))
    assert done.code == code, done.err
    assert empty.read_bytes() == b""


@pytest.mark.parametrize(
    "card",
    [
        "VERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Bergstr=C3=B6m;Anna\r\n"
        "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Anna Bergstr=C3=B6m\r\n"
        "EMAIL;INTERNET:anna@x.example\r\nTEL;WORK:+47 1\r\n",
        "VERSION:3.0\r\nN:Bergström;Anna;;;\r\nFN:Anna Bergström\r\n"
        "EMAIL;TYPE=INTERNET:anna@x.example\r\nTEL;TYPE=WORK:+47 1\r\n",
        "VERSION:4.0\r\nFN:Anna Bergström\r\nN:Bergström;Anna;;;\r\n"
        "EMAIL:anna@x.example\r\nTEL;VALUE=uri:tel:+47 1\r\n",
    ],
    ids=["2.1", "3.0", "4.0"],
)
def test_every_version_of_vcard_brings_the_same_person(tmp_path: Path, run: Run, card: str) -> None:
    file = tmp_path / "people.vcf"
    file.write_bytes(f"BEGIN:VCARD\r\n{card}END:VCARD\r\n".encode())
    assert run("import", "vcard", str(file)).code == 0
    (person,) = run("person", "list", "--json").json["records"]
    assert (person["name"], person["last_name"]) == ("Anna Bergström", "Bergström")
    assert person["addresses"][0]["address"] == "anna@x.example"
    assert person["phones"][0]["number"] == "+47 1"
    again = run("import", "people", str(file), "--json").json
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 1)


# -- export ----------------------------------------------------------------------------------------


def test_formulas_are_defused_in_every_cell(tmp_path: Path, run: Run) -> None:
    for text in FORMULAS:
        org = run("org", "add", f"--postal-address={text}", "--", text)
        assert org.code == 0, org.err
        words = (f"--job-title={text}", f"--phone={text}", f"--org={text}")
        assert run("person", "add", *words, "--", text).code == 0
        assert run("deal", "add", f"--org={text}", "--", text).code == 0
    for table in ("people", "orgs", "deals"):
        file = tmp_path / f"{table}.csv"
        assert run("export", table, str(file)).code == 0
        assert file.stat().st_mode & 0o777 == 0o600
        rows = list(csv.reader(io.StringIO(file.read_text("utf-8"), newline="")))
        assert len(rows) == len(FORMULAS) + 1
        assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]


def test_what_is_exported_comes_in_again_elsewhere(tmp_path: Path, run: Run, demo: Path) -> None:
    files = {table: tmp_path / f"{table}.csv" for table in TABLES}
    for table, file in files.items():
        assert run("export", table, str(file)).code == 0
    for table in ("orgs", "people", "deals", "leads", "projects"):
        done = run("import", table, str(files[table]), home="other")
        assert done.code == 0, done.err
    kinds = (("person", "name"), ("org", "name"), ("deal", "title"), ("lead", "title"),
             ("project", "title"))  # fmt: skip
    for kind, name in kinds:
        mine = run(kind, "list", "--json").json["records"]
        theirs = run(kind, "list", "--json", home="other").json["records"]
        assert [one[name] for one in theirs] == [one[name] for one in mine]
        if kind == "person":
            assert [one["phones"] for one in theirs] == [one["phones"] for one in mine]
        if kind == "deal":
            keys = ("status", "stage", "value", "currency", "expected_close", "organization")
            assert [[one[k] for k in keys] for one in theirs] == [
                [one[k] for k in keys] for one in mine
            ]
    once = records_only(tmp_path / "other")
    for table, file in files.items():
        again = run("import", table, str(file), "--json", home="other").json
        assert (again["created"], again["updated"]) == (0, 0)
    assert records_only(tmp_path / "other") == once


def test_a_file_that_is_there_is_replaced_only_by_force(tmp_path: Path, run: Run) -> None:
    run("org", "add", "Fjord")
    file = tmp_path / "orgs.csv"
    assert run("export", "orgs", str(file), "--dry-run").code == 0 and not file.exists()
    file.write_text("mine")
    assert run("export", "orgs", str(file)).code == 1 and file.read_text() == "mine"
    assert run("export", "orgs", str(file), "--force").code == 0
    assert "Fjord" in file.read_text()
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_a_deal_is_exported_with_its_mail_the_same_every_time(
    tmp_path: Path, run: Run, demo: Path
) -> None:
    before = rows_of(demo)
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        assert run("export", "deal:1", str(folder)).code == 0
    assert rows_of(demo) == before
    one, two = (
        {str(path.relative_to(f)): path.read_bytes() for path in f.rglob("*") if path.is_file()}
        for f in folders
    )
    assert one == two
    assert any(name.startswith("attachments/") for name in one)
    mails = list(mailbox.mbox(str(folders[0] / "messages.mbox")))
    shown = run("deal", "show", "1", "--json").json
    assert len(mails) == sum(row["messages"] for row in shown["conversations"])
    story = (folders[0] / "timeline.md").read_text("utf-8")
    assert story.startswith("# Ferry terminal wayfinding, phase 2\n")
    assert "Order the enamel for gate A" in story and "Terminal 2 signs" in story
    times = re.findall(r"^## (\S+ \S+) UTC$", story, re.MULTILINE)
    assert times == sorted(times)
    refused = run("export", "deal:1", str(folders[0]))
    assert refused.code == 1 and "not empty" in refused.err


def test_a_dry_run_of_an_export_writes_nothing(tmp_path: Path, run: Run, demo: Path) -> None:
    said = run("export", "deal:1", str(tmp_path / "out"), "--dry-run", "--json").json
    assert said["dry_run"] and said["conversations"] > 0
    assert not (tmp_path / "out").exists()


# -- the demo --------------------------------------------------------------------------------------


def test_the_demo_has_an_open_deal_in_every_stage_and_won_and_lost_ones(
    run: Run, demo: Path
) -> None:
    found = run("deal", "list", "--json").json["records"]
    conn = sqlite3.connect(profile_paths(demo).database)
    stages = {row[0] for row in conn.execute("SELECT name FROM stages")}
    conn.close()
    assert {one["stage"] for one in found if one["status"] == "open"} == stages
    assert {one["status"] for one in found} == {"open", "won", "lost"}
    assert len(found) == len(load_company().deals)
    assert run("lead", "list", "--json").json["total"] == len(load_company().leads)
    assert run("project", "list", "--json").json["total"] == len(load_company().projects)
    assert run("deal", "show", "1", "--json").json["activities"]


def test_the_demo_has_linked_ambiguous_screened_and_shared_conversations(
    run: Run, demo: Path
) -> None:
    ambiguous = run("list", "ambiguous", "--json").json["conversations"]
    assert any(one["subject"] == "Night shifts for installation" for one in ambiguous)
    cid = next(one["id"] for one in ambiguous if one["subject"] == "Night shifts for installation")
    offered = run("candidates", str(cid), "--json").json["candidates"]
    assert {one["item"] for one in offered} >= {"deal:1", "project:1"}
    assert run("list", "screened", "--json").json["total"] > 0
    (entry,) = run("blocks", "--json").json["blocked"]
    assert entry["kind"] == "domain" and entry["hits"] > 0
    conn = sqlite3.connect(profile_paths(demo).database)
    accounts = conn.execute(
        "SELECT DISTINCT a.slug, m.visibility FROM messages m JOIN accounts a"
        " ON a.id = m.account_id"
    ).fetchall()
    others = conn.execute("SELECT count(*) FROM users WHERE id <> ?", (SELF,)).fetchone()[0]
    linked = conn.execute(
        "SELECT DISTINCT link_kind FROM conversations WHERE link_state = 'linked'"
    ).fetchall()
    conn.close()
    assert sorted(accounts) == [("info", "shared"), ("mira", "private")]
    assert others >= 3
    assert {row[0] for row in linked} == {"deal", "lead", "project"}


def test_a_kept_demo_is_not_filled_again(run: Run, demo: Path) -> None:
    run("org", "delete", "1")
    before = records_only(demo)
    demo_once(demo)
    assert records_only(demo) == before


async def test_a_demo_kept_from_before_there_were_records_knows_its_people_then(
    tmp_path: Path,
) -> None:
    company = load_company()
    async with open_world(tmp_path) as world:
        cid = await world.mail(company.people["tomas"].address)
        assert await world.view(View.UNLINKED) == []
        assert await world.ctx.db.write(fill, company, world.clock.at)
        await refold_waiting(world.ctx)
        assert await world.view(View.UNLINKED) == [cid]
        before = await world.dump()
        assert not await world.ctx.db.write(fill, company, world.clock.at)
        assert await world.dump() == before
