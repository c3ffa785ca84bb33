"""Colours: the terminal's own palette by default, two themes of our own."""

from __future__ import annotations

import os

from textual.theme import Theme

DARK = Theme(
    name="tui-mail-dark",
    primary="#7aa2c8",
    secondary="#9aa7b4",
    accent="#d7a65f",
    warning="#d7a65f",
    error="#e06c75",
    success="#8fb573",
    foreground="#d6dbe0",
    background="#14171a",
    surface="#14171a",
    panel="#1d2226",
    dark=True,
)
LIGHT = Theme(
    name="tui-mail-light",
    primary="#1f5f99",
    secondary="#4b5864",
    accent="#8a5a00",
    warning="#8a5a00",
    error="#b3261e",
    success="#2f6b2f",
    foreground="#1b1f23",
    background="#fbfbf9",
    surface="#fbfbf9",
    panel="#ecebe6",
    dark=False,
)


def theme_name(setting: str) -> str:
    """The Textual theme for the setting; `auto` and NO_COLOR take the terminal's palette."""
    if setting in ("dark", "light") and not os.environ.get("NO_COLOR"):
        return f"tui-mail-{setting}"
    if setting in ("ansi-dark", "ansi-light"):
        return setting
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    is_light = setting == "light" or background in ("7", "15")
    return "ansi-light" if is_light else "ansi-dark"
