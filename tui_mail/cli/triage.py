"""`archive`, `delete`, `mark`, `move`, `undo`: the inbox's actions on ids or on a search."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from tui_mail.cli.call import (
    Call,
    conversations_of,
    engine_runs,
    reference,
    refuse_missing,
    with_context,
)
from tui_mail.cli.codes import Code
from tui_mail.cli.output import counted
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.actions.parts import Done
    from tui_mail.store.pages import Row

MANY = 200
"""Messages above which an action needs a second yes (VAL-3)."""
_SAMPLE = 5
_MOST = 100_000


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of one of the actions."""
    if name == "undo":
        return
    if name == "mark":
        parser.add_argument(
            "how", choices=("read", "unread", "star", "unstar"), help="what they become"
        )
    parser.add_argument(
        "id",
        nargs="*",
        type=reference_or_word if name == "move" else reference,
        help="conversations (12) or messages standing for theirs (m34)"
        + ("; the folder comes last" if name == "move" else ""),
    )
    parser.add_argument("--search", metavar="QUERY", help="everything that matches instead of ids")
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="only say what would be touched"
    )
    parser.add_argument(
        "--yes", action="store_true", help=f"do it also to more than {MANY} messages"
    )


def reference_or_word(text: str) -> tuple[str, int] | str:
    """An id, or the folder of `move`."""
    try:
        return reference(text)
    except ValueError:
        return text


def run(call: Call) -> int:
    """Do it, or say what it would do."""
    if call.name == "undo":
        return with_context(call, _undo)
    return with_context(call, _act)


async def _act(call: Call, ctx: Context) -> int:
    from tui_mail.store import pages

    named = list(call.args.id)
    folder = ""
    if call.name == "move":
        if not named:
            return call.out.refuse(Code.USAGE, "Say where to: `tui-mail move ID… FOLDER`.")
        last = named.pop()
        folder = last if isinstance(last, str) else str(last[1])
        strange = [word for word in named if isinstance(word, str)]
        if strange:
            return call.out.refuse(Code.USAGE, f"`{strange[0]}` is no id.")
    if bool(named) == (call.args.search is not None):
        return call.out.refuse(Code.USAGE, "Say either ids or --search QUERY.")
    target: int | None = None
    if call.name == "move":
        target, code = await _folder(call, ctx, folder)
        if target is None:
            return code
    if call.args.search is not None:
        found, code = await _searched(call, ctx)
        if code:
            return code
    else:
        found, missing = await conversations_of(ctx, named)
        if missing:
            return refuse_missing(call, missing)
    rows = await ctx.db.read(pages.rows_by_id, found)
    messages = sum(row.messages for row in rows)
    if call.args.dry_run:
        return _told(call, ctx, rows, messages)
    if messages > MANY and not call.args.yes and not _confirmed(call, rows, messages):
        return call.out.refuse(
            Code.NEEDS_YES,
            f"This touches {counted(len(rows), 'conversation')}"
            f" with {counted(messages, 'message')}; nothing was done.",
            "Look with --dry-run, then say --yes.",
        )
    return await _finish(call, ctx, await _do(call, ctx, found, target))


async def _folder(call: Call, ctx: Context, name: str) -> tuple[int | None, int]:
    from tui_mail.cli.listing import find_folders

    found = await find_folders(ctx, name)
    if len(found) == 1:
        return next(iter(found.values())), Code.OK
    if found:
        hint = f"Say one of: {', '.join(found)}."
        return None, call.out.refuse(Code.USAGE, "Several folders are called so.", hint)
    return None, call.out.refuse(
        Code.NOT_FOUND,
        f"There is no folder `{name}`.",
        "`tui-mail doctor` shows the folders of every account.",
    )


async def _searched(call: Call, ctx: Context) -> tuple[list[int], int]:
    """What the query finds; a query that was not understood in full acts on nothing."""
    from tui_mail.actions.searching import search

    result = await search(ctx, call.args.search, limit=_MOST)
    if result.error:
        return [], call.out.refuse(
            Code.USAGE, f"The query is not clear: {result.error}", "Nothing was done."
        )
    if result.more:
        return [], call.out.refuse(
            Code.FAILED, "The search found too much to act on at once.", "Narrow it: before: …"
        )
    return list(result.conversation_ids), Code.OK


def _confirmed(call: Call, rows: list[Row], messages: int) -> bool:
    """Ask a person at a terminal, with the count and a sample."""
    if call.out.as_json or not (sys.stdin.isatty() and call.out.errors_to_terminal):
        return False
    call.out.note(_many(call, rows, messages))
    for row in rows[:_SAMPLE]:
        call.out.note(f"  {one_line(row.people, 30)}: {one_line(row.subject, 60)}")
    if len(rows) > _SAMPLE:
        call.out.note(f"  … and {len(rows) - _SAMPLE:,} more")
    call.out.note("Really? y/N")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _many(call: Call, rows: list[Row], messages: int) -> str:
    what = f"mark {call.args.how}" if call.name == "mark" else call.name
    conversations = counted(len(rows), "conversation")
    return f"Would {what} {conversations} with {counted(messages, 'message')}."


def _told(call: Call, ctx: Context, rows: list[Row], messages: int) -> int:
    from tui_mail.cli.rows import as_json, print_rows, slugs_of

    slugs = slugs_of(ctx)
    call.out.document(
        {
            "action": call.name,
            "dry_run": True,
            "messages": messages,
            "conversations": [as_json(row, slugs) for row in rows],
        }
    )
    print_rows(call.out, rows, slugs)
    if not call.out.as_json:
        call.out.note(_many(call, rows, messages))
    return Code.OK


async def _do(call: Call, ctx: Context, ids: list[int], target: int | None) -> Done:
    from tui_mail.actions import triage

    if call.name == "archive":
        from tui_mail.cli.account_archive import asked_first

        await asked_first(call, ctx, ids)
        return await triage.archive(ctx, ids)
    if call.name == "delete":
        return await triage.delete(ctx, ids)
    if call.name == "move":
        assert target is not None
        return await triage.move(ctx, ids, target)
    if call.args.how in ("read", "unread"):
        return await triage.set_read(ctx, ids, call.args.how == "read")
    return await triage.set_star(ctx, ids, call.args.how == "star")


async def _undo(call: Call, ctx: Context) -> int:
    from tui_mail.actions.undoing import undo

    done = await undo(ctx)
    if done is None:
        call.out.document({"action": "undo", "summary": "", "conversations": [], "undoable": False})
        call.out.line("There is nothing to take back.")
        return Code.OK
    return await _finish(call, ctx, done)


async def _finish(call: Call, ctx: Context, done: Done) -> int:
    """Say what was done, and whether the server still has to hear of it."""
    from tui_mail.actions.status import status

    runs = engine_runs(call)
    now = await status(ctx)
    waiting = now.waiting_operations or now.waiting_mails
    value: dict[str, Any] = {
        "action": call.name,
        "summary": done.summary,
        "conversations": list(done.conversation_ids),
        "undoable": done.undoable,
        "engine_runs": runs,
    }
    call.out.document(value)
    call.out.line(f"{done.summary}.")
    if waiting and not runs and not call.out.as_json:
        call.out.note("No engine runs now; `tui-mail sync --once` brings it to the server.")
    return Code.OK
