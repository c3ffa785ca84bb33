"""Abstract methods for screens and widgets, whose classes have a metaclass of their own."""

from __future__ import annotations

from abc import ABCMeta

from textual.message_pump import _MessagePumpMeta


class AbstractMeta(_MessagePumpMeta, ABCMeta):
    """Textual's metaclass that also refuses to build what lacks an abstract method."""
