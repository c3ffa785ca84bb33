"""What the command line prints: every text passes `safe_text` here, or leaves as ASCII JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from tui_mail.cli.codes import Code
from tui_mail.model.safe_text import one_line, safe_block, safe_line

_STYLES = {"bold": "1", "dim": "2", "red": "31"}


class Output:
    """The two streams of one command.

    With `as_json` standard output carries exactly one JSON document in ASCII, also after a
    failure; everything meant for people goes to standard error or is left out.
    """

    def __init__(
        self, *, as_json: bool = False, stdout: TextIO | None = None, stderr: TextIO | None = None
    ) -> None:
        self.as_json = as_json
        self._out = stdout or sys.stdout
        self._err = stderr or sys.stderr
        self._told = False
        self.is_terminal = self._out.isatty()
        self.width = _columns(self._out) if self.is_terminal else 0
        """Columns of the terminal; 0 in a pipe, where nothing is cut."""
        self._styled = (
            self.is_terminal
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM", "dumb") not in ("", "dumb")
        )

    def line(self, text: str = "", style: str = "") -> None:
        """Print one line; `style` is bold, dim or red, where the terminal may be styled."""
        if not self.as_json:
            self._out.write(self._styled_text(safe_line(text), style) + "\n")

    def block(self, text: str) -> None:
        """Print several lines."""
        if not self.as_json:
            self._out.write(safe_block(text) + "\n")

    def document(self, value: dict[str, Any]) -> None:
        """Print the JSON document of the command, if JSON is wanted."""
        if not self.as_json or self._told:
            return
        self._told = True
        import json

        text = json.dumps(value, ensure_ascii=True, indent=2)
        self._out.write(text.replace("\x7f", "\\u007f") + "\n")

    def raw(self, data: bytes) -> None:
        """Write octets as they are into a pipe; on a terminal as safe text."""
        if self.is_terminal:
            self._out.write(safe_block(data.decode("utf-8", "replace")) + "\n")
            return
        self._out.flush()
        self._out.buffer.write(data)
        self._out.buffer.flush()

    def rows(
        self,
        rows: Iterable[Sequence[str]],
        header: Sequence[str] = (),
        *,
        indent: str = "",
    ) -> None:
        """Print a small table: aligned on a terminal, separated by tabs in a pipe.

        A table with an `indent` is part of a text and aligned everywhere.
        """
        if self.as_json:
            return
        lines = [[one_line(cell) for cell in row] for row in rows]
        if not self.is_terminal and not indent:
            for cells in lines:
                self._out.write("\t".join(cells) + "\n")
            return
        titled = [list(header), *lines] if header and lines else lines
        widths = [max(map(cells_of, column)) for column in zip(*titled, strict=True)]
        for number, cells in enumerate(titled):
            padded = [fitted(cell, width) for cell, width in zip(cells, widths, strict=True)]
            text = indent + "  ".join(padded).rstrip()
            if self.width:
                text = fitted(text, self.width, pad=False)
            style = "dim" if header and number == 0 else ""
            self._out.write(self._styled_text(text, style) + "\n")

    def note(self, text: str) -> None:
        """Say something to the person, beside the output."""
        self._err.write(safe_line(text) + "\n")
        self._err.flush()

    def replace_line(self, text: str) -> None:
        """Show a line that the next one replaces; only on a terminal."""
        shown = fitted(safe_line(text), max(10, _columns(self._err) - 1), pad=False)
        self._err.write("\r\x1b[K" + shown)
        self._err.flush()

    @property
    def errors_to_terminal(self) -> bool:
        """Whether a person sees standard error at once."""
        return self._err.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")

    def refuse(self, code: Code, message: str, hint: str = "") -> int:
        """Say in one sentence why nothing was done, and return the exit code."""
        self.document({"error": {"code": int(code), "message": message, "hint": hint}})
        text = safe_line(f"tui-mail: {message} {hint}".strip(), 2000)
        self._err.write(text + "\n")
        self._err.flush()
        return int(code)

    def flush(self) -> None:
        """Push everything out; raises BrokenPipeError when nobody reads any more."""
        self._out.flush()

    def _styled_text(self, text: str, style: str) -> str:
        if not style or not self._styled:
            return text
        return f"\x1b[{_STYLES[style]}m{text}\x1b[m"


def _columns(stream: TextIO) -> int:
    """Columns of the terminal behind a stream; 80 where it does not say."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def cells_of(text: str) -> int:
    """Columns a text takes on a terminal: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0
        if unicodedata.combining(char) or char in "\u200c\u200d\ufe0f"
        else 2
        if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in text
    )


def fitted(text: str, width: int, *, pad: bool = True) -> str:
    """Cut a text to `width` columns and fill it up with spaces."""
    taken = cells_of(text)
    if taken > width:
        while text and cells_of(text) > width - 1:
            text = text[:-1]
        text += "…"
        taken = cells_of(text)
    return text + " " * (width - taken) if pad else text


def utc(seconds: int | None) -> str | None:
    """A time of the store as ISO 8601 in UTC; None for "never"."""
    if not seconds:
        return None
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def local(seconds: int | None) -> str:
    """A time of the store in the user's zone, for people."""
    if not seconds:
        return "never"
    import time

    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def counted(number: int, word: str) -> str:
    """`1 mail`, `2 mails`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
