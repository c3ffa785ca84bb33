"""What every command gets, and the ways to the store that commands share."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_mail.cli.codes import Code
from tui_mail.cli.output import Output
from tui_mail.config.paths import Paths

if TYPE_CHECKING:
    from tui_mail.actions.context import Context


@dataclass(frozen=True, slots=True)
class Call:
    """One command as it was typed."""

    name: str
    args: argparse.Namespace
    paths: Paths
    out: Output


Work = Callable[["Call", "Context"], Awaitable[int]]


def with_context(call: Call, work: Work) -> int:
    """Run `work` with the profile open; closed again whatever happens."""
    import asyncio

    from tui_mail.actions.context import open_context

    async def run() -> int:
        ctx = await open_context(call.paths)
        try:
            return await work(call, ctx)
        finally:
            await ctx.close()

    return asyncio.run(run())


def engine_runs(call: Call) -> bool:
    """Whether some process syncs this profile now."""
    from tui_mail.store.ownership import EngineLock

    return EngineLock.holder(call.paths.lock) is not None


def reference(text: str) -> tuple[str, int]:
    """`12` names a conversation, `m34` a message. Raises ValueError, which argparse explains."""
    kind = "message" if text[:1] in ("m", "M") else "conversation"
    number = text[1:] if kind == "message" else text
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise ValueError(text)
    return kind, int(number)


async def conversations_of(
    ctx: Context, references: list[tuple[str, int]]
) -> tuple[list[int], list[str]]:
    """The conversations that are named, and the names of those that are not there."""
    from tui_mail.store import messages, pages

    found: list[int] = []
    missing: list[str] = []
    for kind, number in dict.fromkeys(references):
        if kind == "message":
            conversation = await ctx.db.read(messages.conversation_of, number)
        else:
            rows = await ctx.db.read(pages.rows_by_id, [number])
            conversation = rows[0].id if rows else None
        if conversation is None:
            missing.append(f"m{number}" if kind == "message" else str(number))
        elif conversation not in found:
            found.append(conversation)
    return found, missing


def refuse_missing(call: Call, missing: list[str]) -> int:
    """Say which ids are not there."""
    start = "This id is" if len(missing) == 1 else "These ids are"
    return call.out.refuse(
        Code.NOT_FOUND,
        f"{start} not here: {', '.join(missing[:10])}.",
        "`tui-mail list` and `tui-mail search` show ids.",
    )
