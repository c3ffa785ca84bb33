"""Texts for commands: from an option, a file, standard input, or the editor."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tui_mail.errors import ActionError

if TYPE_CHECKING:
    from tui_mail.actions.context import Context

_MOST_OCTETS = 4 * 1024 * 1024


def add_text(parser: argparse.ArgumentParser) -> None:
    """`--body` and `--body-file`."""
    text = parser.add_mutually_exclusive_group()
    text.add_argument("--body", help="the text, Markdown; - is standard input")
    text.add_argument("--body-file", type=Path, metavar="FILE", help="the text from a file")


def given_text(args: argparse.Namespace) -> str | None:
    """The text of these options; None when none was given. Raises ActionError."""
    if args.body == "-":
        data = sys.stdin.buffer.read(_MOST_OCTETS + 1)
        if len(data) > _MOST_OCTETS:
            raise ActionError("The text is too large.")
        return data.decode("utf-8", "replace")
    if args.body is not None:
        return str(args.body)
    return read_text(args.body_file) if args.body_file is not None else None


def read_text(path: Path) -> str:
    """A file as UTF-8 text. Raises ActionError."""
    try:
        return path.expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ActionError(f"Cannot read {path} as UTF-8 text.") from error


def edited(ctx: Context, name: str, text: str) -> str:
    """What the user's editor makes of a text. Raises ActionError when it fails."""
    from tui_mail.config.editor import editor_command

    folder = ctx.paths.temporary
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{name}.md"
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    argv = editor_command(str(ctx.settings.get("writing.editor")))
    try:
        code = subprocess.run([*argv, str(path)], check=False).returncode
        found = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ActionError(f"{argv[0]} cannot be started: {error.strerror}.") from error
    finally:
        path.unlink(missing_ok=True)
    if code:
        raise ActionError(f"{argv[0]} ended with {code}; nothing was taken.")
    return found
