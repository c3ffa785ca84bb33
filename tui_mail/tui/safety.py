"""The net behind `text`: no control character of any widget reaches the terminal (SEC-1)."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


class TerminalSafety(LineFilter):
    """Removes controls, bidi overrides and invisible characters from every painted segment.

    They have no width, so that removing them keeps the layout. One instance serves an app: strips
    keep their filtered form by filter.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments without anything that could steer the terminal."""
        return [
            segment
            if segment.control or not _CONTROL.search(segment.text)
            else Segment(_CONTROL.sub("", segment.text), segment.style)
            for segment in segments
        ]
