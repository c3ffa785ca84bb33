"""Text of format=flowed put back into paragraphs (RFC 3676)."""

from __future__ import annotations

from tui_mail.mime.quoting import quote_depth


def unflow(text: str, *, delsp: bool = False) -> str:
    """Join lines that end in a blank with the next of the same quote depth; undo space-stuffing."""
    out: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        depth, body = _opened(line)
        is_signature = body == "-- "
        flows = body.endswith(" ") and not is_signature
        if flows and delsp:
            body = body[:-1]
        if open_depth == depth and not is_signature:
            out[-1] += body
        else:
            out.append(("> " * depth).rstrip() + (" " if depth else "") + body if depth else body)
        open_depth = depth if flows else -1
    return "\n".join(line if line == "-- " else line.rstrip() for line in out)


def _opened(line: str) -> tuple[int, str]:
    if not line.startswith(">"):
        return 0, line[1:] if line.startswith(" ") else line
    depth = len(line) - len(line.lstrip(">"))
    if line[depth : depth + 2] == " >":
        return quote_depth(line)
    body = line[depth:]
    return depth, body[1:] if body.startswith(" ") else body
