"""What the first frame did not need, loaded behind it in a thread, before a key has to wait for it.

A module that loads on the UI loop holds every key for as long as that takes. The modules of a list
load in its order, small ones that others build on first: a key that needs one of them meanwhile
waits for that one only.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from importlib import import_module

FIRST_LOOKS = (
    "tui_mail.actions.status",
    "tui_mail.tui.standing",
    "tui_mail.store.outbox",
    "tui_mail.store.news",
    "tui_mail.actions.lanes",
    "tui_mail.tui.bridge",
    "tui_mail.sync.facts",
    "tui_mail.sync.process",
    "tui_mail.tui.engine",
    "tui_mail.tui.settings_in_use",
    "tui_mail.actions.naming",
    "tui_mail.filing.arrivals",
    "tui_mail.actions.reading",
    "tui_mail.actions.keeping",
    "tui_mail.actions.beginning",
    "tui_mail.tui.composing",
    "tui_mail.actions.recorded",
    "tui_mail.actions.sending",
    "tui_mail.actions.undoing",
)
"""What runs behind the first frame by itself."""
USUAL_KEYS = (
    "tui_mail.actions.triage",
    "tui_mail.tui.changing",
    "tui_mail.tui.dialogs.picker",
    "tui_mail.tui.dialogs.ask",
    "tui_mail.tui.dialogs.when",
    "tui_mail.tui.screens.palette",
    "textual.widgets._text_area",
    "tui_mail.tui.loading",
    "tui_mail.tui.widgets.body_view",
    "tui_mail.tui.screens.message",
    "tui_mail.actions.reminding",
    "tui_mail.tui.labels",
    "email.policy",
    "importlib.readers",
    "tui_mail.accounts.providers",
    "tui_mail.mime.compose",
    "tui_mail.mime.outgoing",
    "tui_mail.tui.composer",
    "tui_mail.tui.screens.compose",
)
"""What most users press first: open, archive, move, snooze, label, answer, write, find."""

_TURN = 0.001
"""Seconds after which the loading thread lets the loop go on, in place of the usual five
milliseconds: a key takes several turns."""


async def load(modules: Sequence[str]) -> None:
    """Load modules one after another in a thread; cancelling ends it between two of them."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, _TURN))
    try:
        for name in modules:
            if name not in sys.modules:
                await asyncio.to_thread(import_module, name)
    finally:
        sys.setswitchinterval(usual)
