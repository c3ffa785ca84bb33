"""`import` and `export`: records as CSV and vCard, and everything of one record as a folder."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_mail.cli.acted import add_dry_run, missing_records, record_ref, refuse_records
from tui_mail.cli.call import Call, engine_runs, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import counted
from tui_mail.errors import ActionError
from tui_mail.model.records import Ref
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_mail.actions.context import Context
    from tui_mail.actions.importing import Report, Table

KINDS = {
    "people": "person",
    "orgs": "organization",
    "deals": "deal",
    "leads": "lead",
    "projects": "project",
}
"""What tables are called here."""
_SHOWN = 20
_WAIT_SECONDS = 20.0


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of one of the two."""
    if name == "import":
        kinds = (*KINDS, "vcard")
        parser.add_argument("what", choices=kinds, help="what is in the file")
        parser.add_argument(
            "file", help="a CSV file, or with people a vCard file; - is standard input"
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=FIELD",
            help="what a column (name or number) is: a field, custom:NAME, or nothing to leave it"
            " out; --dry-run shows what is guessed",
        )
        parser.epilog = "Exit code 1 says that rows were rejected; the others were taken."
    else:
        parser.add_argument(
            "what",
            type=_exported,
            metavar="|".join((*KINDS, "vcard", "deal:ID")),
            help="a table, the people as vCard, or one record with all its mail",
        )
        parser.add_argument("target", help="the file (- is standard output), or a new folder")
        parser.add_argument("--force", action="store_true", help="replace a file that is there")
        parser.add_argument(
            "--wait",
            type=float,
            metavar="SECONDS",
            help="how long to wait for each body that is still on the server",
        )
    add_dry_run(parser)


def _exported(text: str) -> str | Ref:
    return text if text in KINDS or text == "vcard" else record_ref(text)


def run(call: Call) -> int:
    """Bring records in, or write them out."""
    if call.name == "import":
        return with_context(call, _import)
    return with_context(call, _export_record if isinstance(call.args.what, Ref) else _export)


async def _import(call: Call, ctx: Context) -> int:
    from tui_mail.actions import importing
    from tui_mail.model import mapping

    try:
        data = _read(call.args.file)
    except OSError as error:
        name = one_line(call.args.file, 200)
        return call.out.refuse(Code.NOT_FOUND, f"Cannot read {name}: {error.strerror}.")
    dry_run = bool(call.args.dry_run)
    columns: list[tuple[str, str]] = []
    more: dict[str, Any] = {}
    try:
        cards = call.args.what == "vcard" or (
            call.args.what == "people" and importing.is_vcards(data)
        )
        if cards:
            if call.args.map:
                return call.out.refuse(Code.USAGE, "A vCard file has no columns to map.")
            report = await importing.import_vcards(ctx, data, dry_run=dry_run)
        else:
            table = importing.read_csv(data)
            kind = KINDS[call.args.what]
            chosen = _mapped(call.args.map, table, mapping.propose(kind, table.header))
            report = await importing.import_table(ctx, kind, table, chosen, dry_run=dry_run)
            columns = list(zip(table.header, chosen, strict=False))
            more = {
                "delimiter": table.delimiter,
                "encoding": table.encoding,
                "columns": [{"column": name, "field": field} for name, field in columns],
            }
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    call.out.document(_report_json(call, report) | more)
    _tell(call, report, columns, "Card" if cards else "Line")
    return Code.FAILED if report.rejected else Code.OK


def _read(name: str) -> bytes:
    from tui_mail.actions.importing import MAX_OCTETS

    if name == "-":
        return sys.stdin.buffer.read(MAX_OCTETS + 1)
    with Path(name).expanduser().open("rb") as file:
        return file.read(MAX_OCTETS + 1)


def _mapped(wishes: Sequence[str], table: Table, proposed: Sequence[str]) -> list[str]:
    """The field of each column: as wished, else as guessed from its name."""
    chosen = list(proposed)
    names = [" ".join(name.split()).casefold() for name in table.header]
    for wish in wishes:
        column, equals, field = wish.rpartition("=")
        wanted = " ".join(column.split()).casefold()
        if equals and wanted in names:
            place = names.index(wanted)
        elif equals and wanted.isascii() and wanted.isdigit() and 0 < int(wanted) <= len(chosen):
            place = int(wanted) - 1
        else:
            raise ActionError(
                f"`{one_line(wish, 60)}` is not COLUMN=FIELD of this file.",
                hint=f"Its columns: {one_line(', '.join(table.header), 300)}.",
            )
        chosen[place] = field.strip()
    return chosen


def _report_json(call: Call, report: Report) -> dict[str, Any]:
    return {
        "action": call.name,
        "what": call.args.what,
        "dry_run": bool(call.args.dry_run),
        "summary": report.done.summary,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "also_created": report.also_created,
        "rejected": [
            {"line": one.line, "reason": one.reason, "text": one.text} for one in report.rejected
        ],
        "undoable": report.done.undoable,
    }


def _tell(call: Call, report: Report, columns: Sequence[tuple[str, str]], where: str) -> None:
    if call.out.as_json:
        return
    if call.args.dry_run and columns:
        call.out.rows(((name, field or "(left out)") for name, field in columns))
    head = "Dry run, nothing changed: " if call.args.dry_run else ""
    call.out.line(
        f"{head}{report.created:,} new, {report.updated:,} completed,"
        f" {report.unchanged:,} as they were, {len(report.rejected):,} rejected."
    )
    if report.also_created:
        call.out.line(f"{report.also_created:,} people and organizations they name are new too.")
    for one in report.rejected[:_SHOWN]:
        call.out.note(f"{where} {one.line}: {one.reason} {one.text}".rstrip())
    if len(report.rejected) > _SHOWN:
        call.out.note(f"… and {len(report.rejected) - _SHOWN:,} more; --json lists them.")


async def _export(call: Call, ctx: Context) -> int:
    from tui_mail.actions import exporting
    from tui_mail.store import records

    what, target = call.args.what, call.args.target
    kind = KINDS.get(what, "person")
    number = await ctx.db.read(records.count, kind)
    path = Path(target).expanduser()
    if target != "-" and path.exists() and not call.args.force:
        name = one_line(target, 200)
        return call.out.refuse(Code.FAILED, f"{name} is there already.", "--force replaces it.")
    if target == "-" and call.out.as_json:
        return call.out.refuse(Code.USAGE, "Say a file: standard output carries the JSON.")
    if not call.args.dry_run:
        if what == "vcard":
            text = await exporting.export_vcards(ctx)
        else:
            text = await exporting.export_csv(ctx, kind)
        try:
            if target == "-":
                call.out.raw(text.encode())
            else:
                _write(path, text.encode())
        except BrokenPipeError:
            raise
        except OSError as error:
            name = one_line(target, 200)
            return call.out.refuse(Code.FAILED, f"Cannot write {name}: {error.strerror}.")
    _wrote(call, records=number)
    return Code.OK


def _write(path: Path, data: bytes) -> None:
    """Write a whole file 0600, or leave what was there."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _wrote(call: Call, **numbers: int) -> None:
    dry_run = bool(call.args.dry_run)
    call.out.document(
        {
            "action": call.name,
            "what": str(call.args.what),
            "target": call.args.target,
            "dry_run": dry_run,
            **numbers,
        }
    )
    if call.out.as_json or call.args.target == "-":
        return
    what = ", ".join(counted(number, word.rstrip("s")) for word, number in numbers.items())
    verb = "Dry run, nothing written: would write" if dry_run else "Wrote"
    call.out.line(f"{verb} {what} to {call.args.target}.")


async def _export_record(call: Call, ctx: Context) -> int:
    from tui_mail.actions import exporting
    from tui_mail.store import record_mail

    ref: Ref = call.args.what
    if missing := await missing_records(ctx, [ref]):
        return refuse_records(call, missing)
    if call.args.dry_run:
        total, _ = await ctx.db.read(record_mail.count, ref)
        _wrote(call, conversations=total)
        return Code.OK
    wait = call.args.wait
    if wait is None:
        wait = _WAIT_SECONDS if engine_runs(call) else 0.0
    folder = Path(call.args.target).expanduser()
    done = await exporting.export_record(ctx, ref, folder, wait=wait)
    _wrote(call, messages=done.messages, attachments=done.attachments)
    if done.missing:
        call.out.note(
            f"{counted(done.missing, 'mail')} still on the server: not in the folder;"
            " --wait SECONDS with an engine running fetches what is missing."
        )
    return Code.FAILED if done.missing else Code.OK
