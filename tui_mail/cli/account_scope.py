"""What an account brings here: chosen when it is added, changed with `account scope`; removing."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code
from tui_mail.cli.stepping import Answer, Back, Draft, Step, Talk
from tui_mail.errors import ConfigError
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.actions.wizard import FolderChoice
    from tui_mail.config.settings import AccountSettings


def _days(text: str) -> int:
    """`90`, `3d`, `6m`, `2y`, `all`. Raises ValueError, which argparse explains."""
    if text == "all":
        return 0
    units = {"d": 1, "m": 30, "y": 365}
    number, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1)
    if not number.isascii() or not number.isdigit() or len(number) > 5:
        raise ValueError(text)
    return int(number) * unit


_days.__name__ = "time"


def configure_wanted(parser: argparse.ArgumentParser) -> None:
    """What to sync and who may see it, for a new account and for one that is there."""
    parser.add_argument(
        "--past", "--sync-days", dest="past", type=_days, metavar="TIME",
        help="past mail: 3d, 1m, 6m, 2y, days, or all (default: 3 months)",
    )  # fmt: skip
    parser.add_argument(
        "--folder", action="append", metavar="NAME",
        help="sync only these folders or labels (again for more); the inbox and Sent belong to it",
    )  # fmt: skip
    parser.add_argument("--all-folders", action="store_true", help="sync everything")
    parser.add_argument(
        "--past-of", choices=("everyone", "contacts"), help="whose past mail is brought"
    )
    parser.add_argument("--share-new", choices=("private", "shared"), help="who may see new mail")
    parser.add_argument("--share-past", choices=("private", "shared"), help="and past mail")


def configure_scope(parser: argparse.ArgumentParser) -> None:
    """Options of `account scope`; without one it says what is so."""
    configure_wanted(parser)
    parser.add_argument(
        "--remove", action="store_true", help="also let go here what would not be brought any more"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")


def configure_remove(parser: argparse.ArgumentParser) -> None:
    """Options of `account remove`."""
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--mail", choices=("all", "linked", "none"), help="mail that is kept here (default: all)"
    )
    parser.add_argument("--keep-secret", action="store_true", help="do not forget its secret")
    parser.add_argument("--dry-run", action="store_true", help="only say what is here of it")


def with_options(call: Call, account: AccountSettings) -> AccountSettings:
    """The account with what was said by options."""
    args = call.args
    changes: dict[str, Any] = {}
    if args.past is not None:
        changes["sync_days"] = args.past
    if args.folder:
        changes |= {"sync_scope": "chosen", "sync_folders": tuple(args.folder)}
    if args.all_folders:
        changes |= {"sync_scope": "all", "sync_folders": ()}
    for option, key in (
        ("past_of", "past_mail"),
        ("share_new", "default_visibility"),
        ("share_past", "past_visibility"),
    ):
        if getattr(args, option):
            changes[key] = getattr(args, option)
    return replace(account, **changes)


def scope_steps() -> dict[str, Step]:
    """The last steps of a new account: aliases, what to sync, who may see it.

    A person at a terminal is asked for what no option said; Enter takes what stands there.
    """
    return {
        "options": _options,
        "aliases": _aliases,
        "past": _past,
        "past_of": _past_of,
        "folders": _folders,
        "new": partial(_sharing, "share_new", "default_visibility", "New"),
        "shared past": partial(_sharing, "share_past", "past_visibility", "Past"),
    }


def _silent(talk: Talk) -> bool:
    return not talk.person or bool(talk.call.args.yes)


def _with(draft: Draft, **changes: Any) -> Draft:
    return replace(draft, account=replace(draft.account, **changes))


async def _options(talk: Talk, draft: Draft) -> Answer:
    account = with_options(talk.call, draft.account)
    known = {one.name for one in _choices(draft)}
    unknown = set(account.sync_folders) - known
    if draft.lines and unknown and not draft.insists:
        raise ConfigError(f"The server has no folder {one_line(min(unknown), 60)}.")
    return replace(draft, account=account)


def _choices(draft: Draft) -> tuple[FolderChoice, ...]:
    from tui_mail.actions import wizard

    lines = draft.lines
    folders = lines[0].folders if lines else ()
    return wizard.folder_choices(folders, labels=bool(lines and lines[0].labels))


async def _aliases(talk: Talk, draft: Draft) -> Answer:
    if _silent(talk) or talk.call.args.alias:
        return draft
    typed = talk.ask("Further addresses of yours, with commas", "none")
    if typed is None:
        return Back()
    return _with(draft, aliases=_list("" if typed == "none" else typed))


async def _past(talk: Talk, draft: Draft) -> Answer:
    if _silent(talk) or talk.call.args.past is not None:
        return draft
    typed = talk.ask("Past mail: 3d, 1m, 3m, 6m, 1y, 2y or all", "3m")
    if typed is None:
        return Back()
    try:
        return _with(draft, sync_days=_days(typed))
    except ValueError:
        raise ConfigError(f"`{one_line(typed, 20)}` is no time.") from None


async def _past_of(talk: Talk, draft: Draft) -> Answer:
    if _silent(talk) or talk.call.args.past_of:
        return draft
    typed = talk.ask("Past mail of: everyone or contacts", "everyone")
    if typed is None:
        return Back()
    return _with(draft, past_mail=_one_of(typed, "everyone", "contacts"))


async def _folders(talk: Talk, draft: Draft) -> Answer:
    args, folders = talk.call.args, _choices(draft)
    if _silent(talk) or args.folder or args.all_folders or not folders:
        return draft
    for number, one in enumerate(folders, 1):
        reason = f"  ({one.reason})" if one.reason else ""
        talk.say(f"{number:>3}  {one.shown}{reason}")
    typed = talk.ask("Folders to sync: numbers with commas, or all", "all")
    if typed is None:
        return Back()
    if typed == "all":
        return _with(draft, sync_scope="all", sync_folders=())
    words = typed.replace(",", " ").split()
    if not all(word.isascii() and word.isdigit() and 0 < int(word) <= len(folders)
               for word in words):  # fmt: skip
        raise ConfigError(f"Say numbers from 1 to {len(folders)}, or all.")
    chosen = {int(word) for word in words}
    names = [one.name for number, one in enumerate(folders, 1) if number in chosen or one.reason]
    return _with(draft, sync_scope="chosen", sync_folders=tuple(names))


async def _sharing(option: str, key: str, word: str, talk: Talk, draft: Draft) -> Answer:
    if _silent(talk) or getattr(talk.call.args, option):
        return draft
    typed = talk.ask(f"{word} mail is: private or shared", "private")
    if typed is None:
        return Back()
    return _with(draft, **{key: _one_of(typed, "private", "shared")})


def _one_of(typed: str, *words: str) -> str:
    """The word that begins so. Raises ConfigError."""
    found = [word for word in words if word.startswith(typed.lower())]
    if len(found) != 1:
        raise ConfigError(f"Say {' or '.join(words)}.")
    return found[0]


def _list(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if any("@" not in one for one in found):
        raise ConfigError("One of these is no e-mail address.")
    return found


async def change_scope(call: Call, ctx: Context) -> int:
    """Say what is synced, what a change would do, and do it."""
    from tui_mail.actions import scope

    account = ctx.settings.account(call.args.id)
    assert account is not None
    new = with_options(call, account)
    if call.args.folder:
        from tui_mail.store import accounts

        rows = await ctx.db.read(accounts.folders, ctx.account_ids[account.id])
        roles = {row.name for row in rows if row.role in ("inbox", "sent")}
        new = replace(new, sync_folders=tuple(dict.fromkeys([*sorted(roles), *new.sync_folders])))
    found = await scope.effect(ctx, new)
    changes = new != account and not call.args.dry_run
    if changes:
        await scope.apply(ctx, new, remove=call.args.remove)
    outside = found.outside
    call.out.document(
        {
            "account": account.id,
            "scope": new.sync_scope,
            "folders": list(new.sync_folders),
            "past_days": new.sync_days,
            "past_of": new.past_mail,
            "new_mail": new.default_visibility,
            "past_mail": new.past_visibility,
            "effect": list(found.words),
            "outside": outside
            and {
                "mails": outside.messages,
                "conversations": outside.conversations,
                "linked": outside.linked,
            },
            "changed": changes,
            "removed": len(found.ids) if changes and call.args.remove else 0,
        }
    )
    call.out.line(f"{account.id}: {_words(new)}")
    for line in found.words:
        call.out.line(line)
    if outside and not call.args.remove:
        call.out.line("--remove lets them go here; the server keeps them.")
    return Code.OK


def _words(account: AccountSettings) -> str:
    from tui_mail.actions.wizard import past_words

    names = ", ".join(one_line(name, 60) for name in account.sync_folders)
    what = "everything" if account.sync_scope == "all" else f"only {names}"
    return (
        f"{what}; past mail: {past_words(account.sync_days)}, of {account.past_mail};"
        f" new mail {account.default_visibility}, past mail {account.past_visibility}."
    )


def _asked(call: Call, what: str, default: str) -> str:
    call.out.note(f"{what} [{default}]:")
    return sys.stdin.readline().strip() or default


async def remove(call: Call, ctx: Context) -> int:
    """Take an account out; what is kept of it is asked."""
    from tui_mail.actions import scope

    args, slug = call.args, call.args.id
    found = await scope.held(ctx, slug)
    if args.dry_run:
        call.out.document({"account": slug, "mails": found.mails, "linked": found.linked})
        call.out.line(f"{slug}: {found.words}")
        return Code.OK
    mail = args.mail or "all"
    if not args.yes:
        agreed = False
        if sys.stdin.isatty() and not call.out.as_json:
            call.out.note(found.words)
            if not args.mail:
                mail = _asked(call, "Keep of its mail here: all, linked or none", "all")
            call.out.note(f"Take account {slug} out? The server keeps its mail. y/N")
            agreed = sys.stdin.readline().strip().lower() in ("y", "yes")
        if not agreed:
            return call.out.refuse(Code.NEEDS_YES, "Nothing was removed.", "Say --yes.")
    gone = await scope.remove_account(ctx, slug, mail=mail, keep_secret=args.keep_secret)
    stays = "its mail here stays" if mail == "all" else f"{gone:,} of its mails were removed here"
    call.out.document({"account": slug, "removed_mails": gone, "summary": stays})
    call.out.line(f"Account {slug} is taken out; {stays}. The server keeps everything.")
    return Code.OK
