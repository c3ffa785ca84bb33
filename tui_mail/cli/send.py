"""`tui-mail send`: one mail into the outbox, from options, a file or standard input."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui_mail.cli.acted import item_ref, record_ref
from tui_mail.cli.call import Call, engine_runs, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import utc
from tui_mail.errors import ActionError
from tui_mail.model.addresses import address_key
from tui_mail.model.moments import shown

if TYPE_CHECKING:
    from tui_mail.actions.checking import Check
    from tui_mail.actions.context import Context
    from tui_mail.actions.parts import Done
    from tui_mail.model.when import Moment
    from tui_mail.store.drafts import Draft

_MOST_OCTETS = 200 * 1024 * 1024


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of a new mail."""
    for option in ("to", "cc", "bcc"):
        parser.add_argument(f"--{option}", action="append", default=[], metavar="ADDRESS")
    parser.add_argument("--subject", default="")
    text = parser.add_mutually_exclusive_group()
    text.add_argument("--body", help="the text, Markdown")
    text.add_argument("--body-file", type=Path, metavar="FILE", help="the text from a file")
    text.add_argument(
        "--raw",
        action="store_true",
        help="a whole mail (RFC 5322) from standard input; it goes out as it is, without Bcc",
    )
    parser.add_argument("--template", metavar="NAME", help="begin with a template")
    parser.add_argument(
        "--link", type=item_ref, metavar="deal:ID", help="the deal, lead or project it is linked to"
    )
    parser.add_argument("--from", dest="sender", metavar="ADDRESS", help="one of your addresses")
    parser.add_argument("--no-signature", action="store_true", help="without the signature")
    parser.add_argument("--plain", action="store_true", help="no HTML part")
    parser.add_argument("--attach", action="append", type=Path, default=[], metavar="FILE")
    parser.add_argument("--account", help="the account it goes from")
    parser.add_argument(
        "--group", action="store_true", help="one mail each for everybody in --to and --person"
    )
    parser.add_argument(
        "--person",
        action="append",
        type=record_ref,
        default=[],
        metavar="person:ID",
        help="a contact to write to; also deal:ID and so on for their main contact",
    )
    parser.add_argument(
        "--persons", metavar="WORDS", help="with --group: contacts whose names or addresses match"
    )
    parser.add_argument("--remind", metavar="WHEN", help="follow it up when nobody answers by then")
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="only say what would go, and to whom"
    )
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--now", action="store_true", help="without the undo window")
    when.add_argument("--at", metavar="WHEN", help="later: 'tomorrow 9', 'mon 14:30', '2h'")


def run(call: Call) -> int:
    """Queue the mail; without --body and --body-file its text comes from standard input."""
    if call.args.raw and (call.args.attach or call.args.subject or call.args.template):
        return call.out.refuse(Code.USAGE, "--raw takes the mail as it is, without other parts.")
    return with_context(call, _send)


async def _send(call: Call, ctx: Context) -> int:
    from tui_mail.actions import times

    account_id: int | None = None
    at = times.parse(ctx, call.args.at) if call.args.at else None
    if call.args.account is not None:
        account_id = ctx.account_ids.get(call.args.account)
        if account_id is None:
            return call.out.refuse(
                Code.NOT_FOUND,
                f"There is no account `{call.args.account}`.",
                "`tui-mail account list` shows them.",
            )
    if call.args.raw:
        return await _send_raw(call, ctx, account_id, at)
    from tui_mail.actions import beginning, checking, keeping, senders, sending, templates
    from tui_mail.model.drafts import DraftContent

    alias = ""
    if call.args.sender is not None:
        wanted = address_key(call.args.sender)
        known = [one for one in await senders.senders(ctx) if address_key(one.address) == wanted]
        if not known:
            return call.out.refuse(
                Code.NOT_FOUND, f"`{call.args.sender}` is none of your addresses."
            )
        account_id = known[0].account_id
        alias = "" if known[0].source == "account" else known[0].address
    template = await templates.named(ctx, call.args.template) if call.args.template else None
    to, code = await _addressed(call, ctx)
    if code:
        return code
    content = DraftContent(
        to=", ".join(to),
        group=call.args.group,
        cc=", ".join(call.args.cc),
        bcc=", ".join(call.args.bcc),
        subject=call.args.subject,
        body=_text(call, optional=template is not None),
        plain_only=call.args.plain,
        sender=alias,
        item=str(call.args.link) if call.args.link else "",
        remind_at=times.parse(ctx, call.args.remind).at if call.args.remind else 0,
    )
    draft = await beginning.new_draft(
        ctx, account_id=account_id, content=content, sign=not call.args.no_signature
    )
    done: Done | None = None
    try:
        if template is not None:
            draft = await templates.insert(ctx, draft, template)
            await keeping.save(ctx, draft)
        for path in call.args.attach:
            await keeping.attach(ctx, draft, path)
        checks = await checking.check(ctx, draft)
        if call.args.dry_run:
            return await preview(call, ctx, draft, checks, at)
        for one in checks:
            if not one.blocks:
                call.out.note(f"Note: {one.text}")
        done = await sending.send(
            ctx, draft, at=at.at if at else ctx.now() if call.args.now else None
        )
    finally:
        if done is None:
            await keeping.discard(ctx, draft)
    return await queued(call, ctx, done)


async def _addressed(call: Call, ctx: Context) -> tuple[list[str], int]:
    """Whom --to, --person and --persons name."""
    from tui_mail.actions import recipients

    if call.args.persons and not call.args.group:
        return [], call.out.refuse(Code.USAGE, "--persons goes with --group.")
    named = list(call.args.person)
    if call.args.persons:
        named += await recipients.matching(ctx, call.args.persons)
    found, missing = await recipients.main_addresses(ctx, named)
    if missing:
        return [], call.out.refuse(
            Code.NOT_FOUND, f"No address is known of {', '.join(map(str, missing[:5]))}."
        )
    return [*call.args.to, *found], Code.OK


def _text(call: Call, *, optional: bool) -> str:
    if call.args.body is not None:
        return str(call.args.body)
    if call.args.body_file is not None:
        try:
            return str(call.args.body_file.expanduser().read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ActionError(f"Cannot read {call.args.body_file} as UTF-8 text.") from error
    if optional and sys.stdin.isatty():
        return ""
    if sys.stdin.isatty():
        call.out.note("Type the text; Ctrl-d on an empty line ends it.")
    return read_input().decode("utf-8", "replace")


def read_input() -> bytes:
    """Everything from standard input. Raises ActionError above 200 MiB."""
    data = sys.stdin.buffer.read(_MOST_OCTETS + 1)
    if len(data) > _MOST_OCTETS:
        raise ActionError("The text is too large to send.")
    return data


async def preview(
    call: Call, ctx: Context, draft: Draft, checks: list[Check], at: Moment | None = None
) -> int:
    """Show a mail as it would go, its fields filled in, and what speaks against it."""
    from tui_mail.actions import checking, composition, keeping, times
    from tui_mail.errors import MailError

    content = draft.content
    sender = composition.sender_of(ctx, draft).address
    files = await keeping.files_of(ctx, draft)
    try:
        seen: checking.Preview | None = await checking.preview(ctx, draft)
    except MailError:
        seen = None
    subject, body = (seen.subject, seen.plain) if seen else (content.subject, content.body)
    people = {
        role: [one.address for one in composition.parse_people(text)]
        for role, text in (("to", content.to), ("cc", content.cc), ("bcc", content.bcc))
    }
    blocked = any(one.blocks for one in checks)
    call.out.document(
        {
            "dry_run": True,
            "ok": not blocked,
            "from": sender,
            **people,
            "subject": subject,
            "body": body,
            "html_as_text": seen.html if seen else "",
            "size": seen.size if seen else 0,
            "at": utc(at.at) if at else None,
            "attachments": [
                {"filename": f.filename, "content_type": f.content_type, "size": len(f.data)}
                for f in files
            ],
            "checks": [
                {"rule": one.rule, "text": one.text, "blocks": one.blocks} for one in checks
            ],
        }
    )
    call.out.line(f"From: {sender or '(no account)'}")
    for role, addresses in people.items():
        if addresses:
            call.out.line(f"{role.capitalize()}: {', '.join(addresses)}")
    call.out.line(f"Subject: {subject}")
    if at is not None:
        call.out.line(f"Goes: {times.words(ctx, at)}")
    for file in files:
        call.out.line(f"Attachment: {file.filename} ({len(file.data):,} bytes)")
    call.out.line()
    call.out.block(body)
    for one in checks:
        call.out.note(("Not possible: " if one.blocks else "Note: ") + one.text)
    return Code.FAILED if blocked else Code.OK


async def _send_raw(call: Call, ctx: Context, account_id: int | None, at: Moment | None) -> int:
    from tui_mail.actions import orders, ready_mail

    extra = [*call.args.to, *call.args.cc, *call.args.bcc]
    ready = ready_mail.prepare(
        ctx,
        read_input(),
        account_id=account_id,
        recipients=extra,
        immediately=call.args.now,
    )
    if at is not None:
        ready = replace(ready, not_before=at.at, scheduled=True)
    if call.args.dry_run:
        call.out.document(
            {
                "dry_run": True,
                "ok": True,
                "from": ready.mail_from,
                "to": list(ready.recipients),
                "subject": ready.mail.envelope.subject,
                "size": len(ready.raw),
            }
        )
        call.out.line(f"From: {ready.mail_from}")
        call.out.line(f"To: {', '.join(ready.recipients)}")
        call.out.line(f"Subject: {ready.mail.envelope.subject}")
        call.out.line(f"{len(ready.raw):,} bytes")
        return Code.OK
    return await queued(call, ctx, await orders.queue(ctx, ready))


async def queued(call: Call, ctx: Context, done: Done) -> int:
    """Say that a mail is in the outbox."""
    from tui_mail.store import journal, outbox

    assert done.journal_id is not None
    entry = await ctx.db.read(journal.entry, done.journal_id)
    assert entry is not None
    if "mailing" in entry.targets:
        from tui_mail.cli.group import say

        call.out.line(f"{done.summary}.")
        return await say(call, ctx, entry.targets["mailing"])
    row = await ctx.db.read(outbox.get, entry.targets["outbox"])
    assert row is not None
    runs = engine_runs(call)
    call.out.document(
        {
            "outbox_id": row.id,
            "summary": done.summary,
            "message_id": row.message_id_header,
            "seconds_to_undo": max(0, row.not_before - ctx.now()),
            "not_before": utc(row.not_before),
            "engine_runs": runs,
        }
    )
    call.out.line(f"{done.summary} (outbox {row.id}).")
    if row.scheduled and not call.out.as_json:
        call.out.line(f"It goes {shown(row.not_before, ctx.now())}.")
    if not runs and not row.scheduled and not call.out.as_json:
        call.out.note("No engine runs now; `tui-mail sync --once` sends it.")
    return Code.OK
