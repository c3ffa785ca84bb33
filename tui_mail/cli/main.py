"""The `tui-mail` command: the app when nothing is asked, else one module per command.

Only what the command needs is imported. The exit codes stand in `tui_mail.cli.codes`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from tui_mail.cli.output import Output
    from tui_mail.config.paths import Paths

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "try the program on a sample company; no account needed"),
    "account": ("account", "add, test, list, pause and remove accounts"),
    "sync": ("sync", "bring the mailboxes in step with their servers, once"),
    "list": ("listing", "conversations of a view or a folder"),
    "show": ("show", "a conversation or a message"),
    "search": ("search", "conversations that match a query"),
    "archive": ("triage", "take conversations out of the inbox"),
    "delete": ("triage", "move conversations to the trash"),
    "mark": ("triage", "mark conversations read, unread, starred or not starred"),
    "move": ("triage", "move conversations to a folder"),
    "snooze": ("reminding", "take conversations out of the inbox until a time; or list them"),
    "remind": ("reminding", "follow conversations up when nobody answers; or list them"),
    "undo": ("triage", "take the last action back"),
    "person": ("records", "list, show, add, change and delete people"),
    "org": ("records", "list, show, add, change and delete organizations"),
    "deal": ("records", "list, show, add, change and delete deals; win, lose and move them"),
    "lead": ("records", "list, show, add, change and delete leads"),
    "project": ("records", "list, show, add, change and delete projects"),
    "activity": ("activity", "list, plan, change, finish and delete activities"),
    "note": ("note", "list, add, change and delete notes of a record"),
    "label": ("label", "labels of records and conversations; list, rename, colour and delete them"),
    "field": ("field", "list and define further fields of records"),
    "link": ("linking", "link conversations to a deal, lead or project"),
    "unlink": ("linking", "end links; automation leaves those conversations alone then"),
    "links": ("linking", "what a conversation is linked to, and was"),
    "candidates": ("linking", "what a conversation may belong to, best first"),
    "apply-links": ("linking", "link what is unlinked now by the rule for new mail"),
    "split": ("joining", "make messages a conversation of their own"),
    "merge": ("joining", "make one conversation of several"),
    "block": ("blocking", "keep an address or a domain out of the inbox"),
    "unblock": ("blocking", "take a block back and bring its mail back"),
    "blocks": ("blocking", "who is blocked, and how often that hit"),
    "share": ("sharing", "share conversations with those who may see their records"),
    "unshare": ("sharing", "make conversations private"),
    "follow": ("sharing", "let a user see a record and its shared mail, whoever else may"),
    "unfollow": ("sharing", "end that"),
    "why": ("sharing", "why a conversation is linked, screened and seen as it is"),
    "import": ("transfer", "bring records of every kind from CSV, people also from vCard"),
    "export": ("transfer", "write records as CSV or vCard, or one with all its mail"),
    "send": ("send", "send a mail"),
    "draft": ("draft", "list, show, edit, send and delete drafts"),
    "template": ("template", "list, show, add, edit, order, remove, import and export templates"),
    "signature": ("signature", "list, show, add, edit and remove signatures; set the default"),
    "compose": ("compose", "open the composer, empty or for a mailto link"),
    "install-desktop": ("desktop", "let the desktop open mail links with tui_mail; --remove"),
    "unsubscribe": ("unsubscribe", "leave the mailing list a message came from"),
    "later": ("later", "mails to be sent at a time: list, show, cancel, reschedule"),
    "group": ("group", "one mail each for many: list, show, stop, go on, take back"),
    "outbox": ("outbox", "mails on their way out"),
    "attachments": ("attachments", "list and save attachments"),
    "daemon": ("daemon", "sync in the foreground, for systemd"),
    "doctor": ("doctor", "say how the accounts and the database are"),
    "backup": ("backup", "copy the database, or bring a copy back"),
    "completion": ("completion", "what bash, zsh or fish needs to complete commands"),
    "rebuild": ("rebuild", "compute lists and counters anew"),
}
"""Each command with its module and what it is for."""
_FOR_SHELLS = {"words": ("words", "names for the completion of a shell")}
"""What scripts run; no help names it."""

_OPENING = """\
usage: tui-mail [--home DIR] [COMMAND …]

Without a command the inbox opens.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises and never shows a traceback."""
    os.umask(0o077)
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if not arguments:
        from tui_mail.config.paths import profile_paths

        return _guarded(None, profile_paths(), _open_app)
    return _typed(arguments)


def _typed(arguments: list[str]) -> int:
    """Options before the command, then the command's own."""
    from pathlib import Path

    from tui_mail.config.paths import profile_paths

    home: Path | None = None
    as_json = one_process = offline = False
    while arguments and arguments[0].startswith("-"):
        option = arguments.pop(0)
        name, has_value, value = option.partition("=")
        if option in ("-h", "--help"):
            sys.stdout.write(help_text())
            return 0
        if option in ("-V", "--version"):
            from tui_mail import __version__

            sys.stdout.write(f"tui-mail {__version__}\n")
            return 0
        if name == "--home" and (has_value or arguments):
            home = Path(value if has_value else arguments.pop(0))
        elif option == "--json":
            as_json = True
        elif option == "--one-process":
            one_process = True
        elif option == "--no-engine":
            offline = True
        else:
            return _wrong(as_json, f"`{option}` is no option.", "See `tui-mail --help`.")
    paths = profile_paths(home)
    if not arguments:
        return _guarded(
            None, paths, lambda p: _open_app(p, engine=not offline, one_process=one_process)
        )
    name = arguments.pop(0)
    if name == "help":
        return _typed([*arguments[:1], "--help"])
    if name not in COMMANDS and name not in _FOR_SHELLS:
        from difflib import get_close_matches

        close = get_close_matches(name, COMMANDS, n=1)
        hint = f"Did you mean `{close[0]}`?" if close else "See `tui-mail --help`."
        return _wrong(as_json, f"`{name}` is no command.", hint)
    return _command(name, arguments, paths, as_json)


def _command(name: str, arguments: list[str], paths: Paths, as_json: bool) -> int:
    import argparse
    from importlib import import_module
    from pathlib import Path

    from tui_mail.cli.call import Call
    from tui_mail.cli.output import Output
    from tui_mail.config.paths import profile_paths

    file, text = {**COMMANDS, **_FOR_SHELLS}[name]
    module = import_module(f"tui_mail.cli.{file}")
    parser = argparse.ArgumentParser(
        prog=f"tui-mail {name}", description=text[:1].upper() + text[1:] + ".", allow_abbrev=False
    )
    common = argparse.ArgumentParser(add_help=False)
    add_common(common)
    add_common(parser)
    module.configure(parser, name, common)
    try:
        args = parser.parse_args(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 2
        if code and (as_json or "--json" in arguments):
            return _wrong(True, "The command line is wrong.", f"See `tui-mail {name} --help`.")
        return code
    out = Output(as_json=as_json or getattr(args, "json", False))
    given: Path | None = getattr(args, "home", None)
    paths = profile_paths(given) if given is not None else paths
    return _guarded(out, paths, lambda p: module.run(Call(name, args, p, out)))


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options of every command, also behind a sub-command."""
    import argparse
    from pathlib import Path

    parser.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="one JSON document instead of text",
    )
    parser.add_argument(
        "--home",
        type=Path,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="keep settings and mail under DIR",
    )


def _open_app(paths: Paths, *, engine: bool = True, one_process: bool = False) -> int:
    from tui_mail.cli.app import open_app

    return open_app(paths, engine=engine, one_process=one_process)


def _wrong(as_json: bool, message: str, hint: str) -> int:
    from tui_mail.cli.codes import Code
    from tui_mail.cli.output import Output

    return Output(as_json=as_json).refuse(Code.USAGE, message, hint)


def _guarded(out: Output | None, paths: Paths, work: Callable[[Paths], int]) -> int:
    """Turn whatever ends a command into one sentence and an exit code."""
    from tui_mail.errors import TuiMailError

    try:
        code = work(paths)
        sys.stdout.flush()
        return int(code)
    except BrokenPipeError:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
        os.close(devnull)
        return 141
    except KeyboardInterrupt:
        return 130
    except TuiMailError as error:
        return _told(out, error)
    except Exception as error:
        return _logged(out, paths, error)


def _told(out: Output | None, error: BaseException) -> int:
    from tui_mail.cli.codes import code_of
    from tui_mail.cli.output import Output

    message = getattr(error, "message", str(error))
    return (out or Output()).refuse(code_of(error), message, getattr(error, "hint", ""))


def _logged(out: Output | None, paths: Paths, error: Exception) -> int:
    from tui_mail.cli.codes import Code
    from tui_mail.cli.output import Output

    hint = ""
    try:
        import logging

        from tui_mail.config.logs import log_to

        paths.prepare()
        log_to(paths)
        logging.getLogger("tui_mail").error("command failed", exc_info=error)
        hint = f"The log says where: {paths.log_file}"
    except OSError:
        pass
    return (out or Output()).refuse(
        Code.FAILED, f"Something went wrong: {type(error).__name__}.", hint
    )


def help_text() -> str:
    """What `tui-mail --help` prints."""
    from tui_mail.cli.codes import MEANINGS

    lines = [_OPENING, "commands:"]
    lines += [f"  {name:<12} {text}" for name, (_, text) in COMMANDS.items()]
    lines += [
        "",
        "options:",
        "  --home DIR     keep settings and mail under DIR (else TUI_MAIL_HOME, else XDG folders)",
        "  --json         one JSON document instead of text",
        "  --no-engine    open the inbox without syncing",
        "  --one-process  sync inside the process of the inbox",
        "  --version      say the version",
        "",
        "exit codes:",
        *(f"  {code:<4} {text}" for code, text in MEANINGS.items()),
        "",
        "`tui-mail COMMAND --help` says more about one of them.",
        "",
    ]
    return "\n".join(lines)
