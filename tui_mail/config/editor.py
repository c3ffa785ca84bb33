"""The user's editor."""

from __future__ import annotations

import os
import shlex


def editor_command(setting: str) -> list[str]:
    """The editor as an argv: the setting, $VISUAL, $EDITOR, vi."""
    chosen = setting or os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        return shlex.split(chosen) or ["vi"]
    except ValueError:
        return [chosen]
