"""Addresses as they are typed: which one is being typed, and how a chosen one is written. Pure."""

from __future__ import annotations


def typed_part(value: str, cursor: int) -> tuple[int, int]:
    """Start and end of the address that the cursor is in; commas in quotes do not part."""
    start, quoted = 0, False
    for at, char in enumerate(value):
        if char == '"':
            quoted = not quoted
        elif char in ",;" and not quoted:
            if at >= cursor:
                return _trimmed(value, start, at)
            start = at + 1
    return _trimmed(value, start, len(value))


def _trimmed(value: str, start: int, end: int) -> tuple[int, int]:
    while start < end and value[start] == " ":
        start += 1
    return start, end


def is_whole(typed: str) -> bool:
    """Whether what was typed is an address already, so that Tab means the next field."""
    local, at, domain = typed.strip().rstrip(">").rpartition("@")
    return bool(local and at and "." in domain.strip("."))


def with_choice(value: str, cursor: int, choice: str) -> tuple[str, int]:
    """The field with the typed part replaced, and where the cursor stands then."""
    start, end = typed_part(value, cursor)
    rest = value[end:].lstrip(",; ")
    head = f"{value[:start]}{choice}, "
    return head + rest, len(head)
