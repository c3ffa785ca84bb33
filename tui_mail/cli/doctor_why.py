"""`tui-mail doctor --why`: one trouble of one account or mail, explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.actions.troubles import Line


async def explain(call: Call, ctx: Context) -> int:
    """Say what is found; exit code 1 when something is wrong."""
    from tui_mail.actions import troubles

    kind = call.args.why
    named = call.args.account[0] if call.args.account else ""
    is_account = named in ctx.account_ids
    if not named and kind in ("inbox", "deal"):
        return call.out.refuse(
            Code.USAGE, "Which mail?", f"tui-mail doctor --why {kind} MESSAGE (12, m34, <id>)"
        )
    if not ctx.account_ids:
        return call.out.refuse(
            Code.FAILED, "There is no account yet.", "`tui-mail account add ADDRESS` makes one."
        )
    if kind == "sign-in" and named and not is_account:
        return call.out.refuse(
            Code.NOT_FOUND,
            f"There is no account `{one_line(named, 40)}`.",
            f"Signing in is about an account: {', '.join(sorted(ctx.account_ids))}.",
        )
    lines: list[Line] = []
    if kind == "sign-in":
        for slug in [named] if named else sorted(ctx.account_ids):
            lines += await troubles.sign_in(ctx, slug)
    elif kind == "send" and (is_account or not named):
        lines = await troubles.send(ctx, named, None)
    elif is_account:
        lines = await troubles.absent(ctx, named)
        about = f"`tui-mail doctor --why {kind} MESSAGE` (12, m34, <id>)."
        lines.append(troubles.Line(True, "More can be said of one mail.", about))
    else:
        mail = await ctx.db.read(troubles.find, named)
        if mail is None:
            lines = [troubles.Line(False, "It is not here."), *await troubles.absent(ctx)]
        elif kind == "send":
            row = ctx.account(mail.account_id)
            lines = await troubles.send(ctx, row.id if row else "", mail)
        elif kind == "inbox":
            lines = await troubles.inbox(ctx, mail)
        else:
            lines = await troubles.deal(ctx, mail)
    wrong = troubles.worst(lines)
    call.out.document(
        {
            "why": kind,
            "about": one_line(named, 200),
            "ok": not wrong,
            "lines": [{"ok": one.ok, "text": one.text, "hint": one.hint} for one in lines],
        }
    )
    for one in lines:
        call.out.line(f"{'✓' if one.ok else '✗'} {one_line(one.text, 500)}")
        if one.hint:
            call.out.line(f"    {one_line(one.hint, 300)}")
    return Code.FAILED if wrong else Code.OK
