"""The program's own child processes, beside servers that other tests left running."""

from __future__ import annotations

import psutil


def mime_children() -> list[psutil.Process]:
    """Mail readers that this process started."""
    return [
        child
        for child in psutil.Process().children()
        if child.is_running() and "tui_mail.mime.child" in child.cmdline()
    ]
