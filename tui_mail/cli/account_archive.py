"""Where archived mail goes: asked once when an account is added, changed by `account archive`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code
from tui_mail.cli.stepping import Answer, Back, Draft, Talk
from tui_mail.errors import RefusedError

if TYPE_CHECKING:
    from tui_mail.accounts.archiving import ArchiveChoice
    from tui_mail.actions.context import Context
    from tui_mail.config.settings import AccountSettings

_WORDS = {
    "labels": "taking the inbox label away",
    "folder": "the folder {folder}",
    "ask": "the folder {folder}",
    "create": "a new folder {folder}",
    "local": "only here",
}


def configure_archive(parser: argparse.ArgumentParser) -> None:
    """Options of `account archive`; without one it says what is so."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--folder", metavar="NAME", help="move archived mail to this folder")
    where.add_argument("--create", metavar="NAME", help="make this folder on the server first")
    where.add_argument("--local", action="store_true", help="archive only here")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be")


async def archive(call: Call, ctx: Context, account: AccountSettings) -> int:
    """Show or change where archived mail goes."""
    from tui_mail.accounts.archiving import ArchiveChoice
    from tui_mail.actions.accounts import put_account, test_account, with_archive

    args = call.args
    wanted = args.folder or args.create
    if not wanted and not args.local:
        line = (await test_account(ctx, account, None))[0]
        if line.archive is None:
            return call.out.refuse(Code.FAILED, line.text)
        return _say(call, account, line.archive, changed=False)
    kind = "local" if args.local else "create" if args.create else "folder"
    choice = ArchiveChoice(kind, wanted or "", "you said so")  # type: ignore[arg-type]
    if not args.dry_run:
        await put_account(ctx, await with_archive(ctx, account, None, choice))
    return _say(call, account, choice, changed=not args.dry_run)


def _say(call: Call, account: AccountSettings, choice: ArchiveChoice, *, changed: bool) -> int:
    words = _WORDS[choice.kind].format(folder=choice.folder)
    call.out.document(
        {
            "account": account.id, "archive": choice.kind, "folder": choice.folder,
            "reason": choice.reason, "changed": changed,
        }
    )  # fmt: skip
    call.out.line(f"{account.id}: archived mail goes to: {words} ({choice.reason}).")
    return Code.OK


async def archive_step(talk: Talk, draft: Draft) -> Answer:
    """Ask once, where the server leaves a question and a person is there to answer it.

    Nobody there: a folder with a known name is used, and no folder is made.
    """
    choice = draft.archive
    if choice is None or choice.kind not in ("ask", "create"):
        return replace(draft, archive=None)
    words = _WORDS[choice.kind].format(folder=choice.folder)
    if not talk.person:
        if choice.kind == "ask":
            return replace(draft, archive=replace(choice, kind="folder"))
        account = draft.account.id
        talk.say(
            f"There is no archive folder; mail is archived only here."
            f" `tui-mail account archive {account} --create {choice.folder}` makes one."
        )
        return replace(draft, archive=None)
    typed = talk.ask(f"Archived mail goes to {words} ({choice.reason}); y, or n: only here", "y")
    if typed is None:
        return Back()
    agreed = typed.lower() in ("y", "yes")
    return replace(draft, archive=choice if agreed else replace(choice, kind="local"))


async def with_choice(
    call: Call,
    ctx: Context,
    account: AccountSettings,
    secret: str | None,
    choice: ArchiveChoice | None,
) -> AccountSettings:
    """The account with what was chosen; a folder is made now, or it archives only here."""
    from tui_mail.actions.accounts import with_archive

    if choice is None:
        return account
    try:
        return await with_archive(ctx, account, secret, choice)
    except RefusedError as error:
        call.out.note(f"{error.message} Mail is archived only here.")
        return await with_archive(ctx, account, secret, replace(choice, kind="local"))


async def asked_first(call: Call, ctx: Context, conversation_ids: Sequence[int]) -> None:
    """Before mail is archived: ask for an account that never had to say where (F2).

    Nobody there: a folder with a known name is used, and no folder is made.
    """
    from tui_mail.actions.archiving import answer, questions

    nobody = call.out.as_json or not (sys.stdin.isatty() and call.out.errors_to_terminal)
    for one in await questions(ctx, conversation_ids):
        if nobody and one.kind == "create":
            call.out.note(
                f"{one.shown}: archived only here; there is no archive folder."
                f" `tui-mail account archive {one.account} --create {one.folder}` makes one."
            )
        if nobody:
            continue
        words = _WORDS[one.kind].format(folder=one.folder)
        call.out.note(f"{one.shown}: archived mail goes to {words} ({one.reason}). Y/n (n: here)")
        agreed = sys.stdin.readline().strip().lower() in ("", "y", "yes")
        kind: Literal["folder", "create", "local"] = "create" if one.kind == "create" else "folder"
        if said := await answer(ctx, one, kind if agreed else "local", one.folder):
            call.out.note(said)
