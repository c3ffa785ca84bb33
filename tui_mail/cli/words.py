"""`tui-mail words KIND`: names the shells complete, one a line; what completion scripts run.

It only reads: no file is made, no engine started, and nothing is said when it does not work.
"""

from __future__ import annotations

import argparse

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code
from tui_mail.store.vocabulary import KINDS, known


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """The kind of names."""
    parser.add_argument("kind", choices=list(KINDS))


def run(call: Call) -> int:
    """Print the names."""
    from tui_mail.model.safe_text import safe_line

    for word in known(call.paths.database, call.args.kind):
        if safe_line(word) == word:
            call.out.line(word)
    return Code.OK
