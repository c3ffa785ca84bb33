"""`share`, `unshare`, `follow`, `unfollow`, `why`: who sees what, and why it is as it is."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tui_mail.cli.acted import add_dry_run, finish, missing_records, record_ref, refuse_records
from tui_mail.cli.call import Call, conversations_of, reference, refuse_missing, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import counted, local, utc
from tui_mail.cli.record_fields import user_of
from tui_mail.errors import ActionError
from tui_mail.model.records import Ref
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from tui_mail.actions.context import Context


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of one of the commands."""
    what = "a conversation (12) or a message (m34)"
    if name == "why":
        parser.add_argument("id", type=reference, help=what)
        return
    if name in ("follow", "unfollow"):
        parser.add_argument("id", type=record_ref, help="a record, such as deal:42 or org:3")
        parser.add_argument("--user", default="", help="name or number (default: you)")
        add_dry_run(parser)
        return
    parser.add_argument(
        "id", nargs="+", type=reference, help="conversations (12) or messages (m34)"
    )
    add_dry_run(parser)


def run(call: Call) -> int:
    """Share, make private, follow, or say why."""
    work = {"why": _why, "follow": _follow, "unfollow": _follow}.get(call.name, _share)
    return with_context(call, work)


async def _follow(call: Call, ctx: Context) -> int:
    from tui_mail.actions import sharing
    from tui_mail.store import sight

    ref: Ref = call.args.id
    if missing := await missing_records(ctx, [ref]):
        return refuse_records(call, missing)
    wanted: str = call.args.user or str(sight.SELF)
    try:
        user = await user_of(ctx, wanted)
    except ActionError as error:
        return call.out.refuse(Code.NOT_FOUND, error.message, error.hint)
    done = await sharing.follow(ctx, ref, user.id, call.name == "follow", dry_run=call.args.dry_run)
    return finish(call, done)


async def _share(call: Call, ctx: Context) -> int:
    from tui_mail.actions import sharing

    found, missing = await conversations_of(ctx, call.args.id)
    if missing:
        return refuse_missing(call, missing)
    shared = call.name == "share"
    who = await sharing.audience(ctx, found)
    done = await sharing.share(ctx, found, shared, dry_run=call.args.dry_run)
    audience: dict[str, Any] = {
        "seen_by": list(who.names) if shared else [],
        "newly_seen_by": list(who.gain) if shared else [],
        "private_before": who.private,
        "shared_before": who.shared,
        "linked_to_nothing": who.unlinked,
    }
    finish(call, done, **audience)
    if shared and not call.out.as_json:
        names = ", ".join(one_line(name, 40) for name in who.names)
        call.out.note(f"Seen by: {names or 'nobody else works here yet'}.")
        if who.unlinked:
            number = counted(who.unlinked, "conversation")
            call.out.note(f"{number} linked to no record: only you see that.")
    return Code.OK


async def _why(call: Call, ctx: Context) -> int:
    from tui_mail.actions.why import why

    found, missing = await conversations_of(ctx, [call.args.id])
    if missing:
        return refuse_missing(call, missing)
    reasons = await why(ctx, found[0])
    call.out.document(
        {
            "conversation": found[0],
            "reasons": [
                {"topic": one.topic, "text": one.text, "rule": one.rule, "at": utc(one.at)}
                for one in reasons
            ],
        }
    )
    if call.out.is_terminal:
        for one in reasons:
            marks = ", ".join(filter(None, (one.rule, local(one.at) if one.at else "")))
            call.out.line(f"{one.topic:<8}  {one.text}{f'  [{marks}]' if marks else ''}")
        return Code.OK
    call.out.rows((one.topic, one.text, one.rule, utc(one.at) or "") for one in reasons)
    return Code.OK
