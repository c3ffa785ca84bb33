"""`tui-mail completion SHELL`: what a shell needs to complete commands and options."""

from __future__ import annotations

import argparse

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code

SHELLS = {
    "bash": "~/.local/share/bash-completion/completions/tui-mail",
    "zsh": "~/.zfunc/_tui-mail",
    "fish": "~/.config/fish/completions/tui-mail.fish",
}
"""Where each shell looks for it."""


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """The shell."""
    places = "; ".join(f"{shell}: {place}" for shell, place in SHELLS.items())
    parser.add_argument("shell", choices=list(SHELLS), help=f"write the output to {places}")


def run(call: Call) -> int:
    """Print the script."""
    import shtab

    script = shtab.complete(whole_parser(), shell=call.args.shell)
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
    return root
