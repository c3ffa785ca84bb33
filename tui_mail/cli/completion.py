"""`tui-mail completion SHELL`: what a shell needs to complete commands and options."""

from __future__ import annotations

import argparse

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code
from tui_mail.store.vocabulary import KINDS

SHELLS = {
    "bash": "~/.local/share/bash-completion/completions/tui-mail",
    "zsh": "~/.zfunc/_tui-mail",
    "fish": "~/.config/fish/completions/tui-mail.fish",
}
"""Where each shell looks for it."""


_PREAMBLE = {
    "bash": """
_tui_mail_names() {
  local name
  tui-mail words "$1" 2>/dev/null | while IFS= read -r name; do
    name=$(printf %q "$name")
    [[ "$name" == "$2"* ]] && printf '%s\\n' "$name"
  done
}
""",
    "zsh": """
_tui_mail_names() {
  local -a names
  names=(${(f)"$(tui-mail words $1 2>/dev/null)"})
  compadd -a names
}
""",
}


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """The shell."""
    places = "; ".join(f"{shell}: {place}" for shell, place in SHELLS.items())
    parser.add_argument("shell", choices=list(SHELLS), help=f"write the output to {places}")


def run(call: Call) -> int:
    """Print the script."""
    import shtab

    preamble = _PREAMBLE.get(call.args.shell, "")
    for kind in KINDS if preamble else ():
        preamble += f'_tui_mail_names_{kind}() {{ _tui_mail_names {kind} "$1"; }}\n'
    script = shtab.complete(whole_parser(), shell=call.args.shell, preamble=preamble)
    if call.args.shell == "bash":  # file names where the program knows no words
        script = script.replace("complete -o bashdefault ", "complete -o bashdefault -o default ")
    call.out.document({"shell": call.args.shell, "script": script})
    call.out.block(script)
    return Code.OK


def whole_parser() -> argparse.ArgumentParser:
    """Every command with its options, in one parser."""
    from importlib import import_module

    from tui_mail.cli.main import COMMANDS, add_common

    root = argparse.ArgumentParser(prog="tui-mail")
    add_common(root)
    commands = root.add_subparsers(dest="command")
    for name, (file, text) in COMMANDS.items():
        common = argparse.ArgumentParser(add_help=False)
        add_common(common)
        parser = commands.add_parser(name, help=text, allow_abbrev=False)
        add_common(parser)
        import_module(f"tui_mail.cli.{file}").configure(parser, name, common)
        _name_words(parser, name)
    return root


def _name_words(parser: argparse.ArgumentParser, *path: str) -> None:
    """Say of each argument which names of the store complete it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                _name_words(below, *path, name)
        elif kind := _kind_of(path, action):
            action.complete = {  # type: ignore[attr-defined]
                "bash": f"_tui_mail_names_{kind}",
                "zsh": f"_tui_mail_names_{kind}",
                "fish": f"(tui-mail words {kind} 2>/dev/null)",
            }


def _kind_of(path: tuple[str, ...], action: argparse.Action) -> str:
    """Which names an argument takes; empty for none that the store knows."""
    is_option = bool(action.option_strings)
    if action.dest in ("account", "folder", "view", "template"):
        return action.dest
    if path[0] == "account" and action.dest == "id" and not is_option:
        return "account"
    if path == ("move",) and action.dest == "id":
        return "folder"
    if path == ("label",) and action.dest in ("add", "remove", "words"):
        return "label"
    if path[0] in ("template", "signature") and action.dest == "name" and path[1:] != ("add",):
        return path[0]
    return ""
