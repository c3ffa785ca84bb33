"""HTML bodies as the senders of the demo would make them: letters, newsletters, receipts."""

from __future__ import annotations

import re
from html import escape

_LINK = re.compile(r"> (.+) \| (\S+)\Z")
_AMOUNT = re.compile(r"(.+), ([\d.,]+ [A-Z]{3})\Z")


def letter(text: str, quoted: str, attribution: str) -> str:
    """A mail client's letter, with the mail it answers in a blockquote."""
    body = _paragraphs(text)
    if quoted:
        body += (
            f'<div class="quote"><div>{escape(attribution)}</div>'
            '<blockquote type="cite" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;'
            f'padding-left:1ex">{_paragraphs(quoted)}</blockquote></div>'
        )
    return f'<html><body><div dir="auto" style="font-family:sans-serif">{body}</div></body></html>'


def _paragraphs(text: str) -> str:
    parts = re.split(r"\n{2,}", text)
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in parts)


def newsletter(text: str, sender: str, domain: str, code: str) -> str:
    """A newsletter of nested layout tables, with a preheader, a tracking pixel and a footer.

    `# heading` starts a story, `> label | address` is its button.
    """
    rows: list[str] = []
    preheader = ""
    for line in text.splitlines():
        if line.startswith("# "):
            rows.append(
                '<tr><td style="padding:24px 24px 4px"><h2 style="margin:0;font:bold 20px Georgia">'
                f"{escape(line[2:])}</h2></td></tr>"
            )
        elif match := _LINK.match(line):
            rows.append(
                '<tr><td style="padding:8px 24px 16px"><table role="presentation" border="0"><tr>'
                '<td bgcolor="#d9a400" style="padding:10px 18px">'
                f'<a href="{escape(match[2])}?utm_source=mail&amp;u={code}" '
                f'style="color:#fff">{escape(match[1])}</a></td></tr></table></td></tr>'
            )
        elif line:
            preheader = preheader or line
            rows.append(f'<tr><td style="padding:4px 24px">{escape(line)}</td></tr>')
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><style>@media only screen and '
        "(max-width:600px){.w{width:100%!important}}</style></head>"
        f'<body bgcolor="#f2f0ea"><div style="display:none;max-height:0">{escape(preheader)}</div>'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>'
        '<td align="center"><table role="presentation" class="w" width="600" cellpadding="0" '
        'cellspacing="0" bgcolor="#ffffff"><tr><td align="center">'
        f'<img src="https://img.{domain}/head.png" width="600" alt="{escape(sender)}"></td></tr>'
        f"{''.join(rows)}"
        '<tr><td align="center" style="padding:24px;font-size:12px;color:#777">'
        f"You get this because you asked {escape(sender)} for it.<br>"
        f'<a href="https://{domain}/unsubscribe?u={code}">Unsubscribe</a></td></tr></table>'
        f'<img src="https://t.{domain}/o.gif?u={code}" width="1" height="1" alt="">'
        "</td></tr></table></body></html>"
    )


def receipt(text: str, sender: str) -> str:
    """A receipt whose amounts stand in a table."""
    rows: list[str] = []
    for line in text.splitlines():
        if match := _AMOUNT.match(line):
            rows.append(f'<tr><td>{escape(match[1])}</td><td align="right">{match[2]}</td></tr>')
        elif line:
            rows.append(f'<tr><td colspan="2">{escape(line)}</td></tr>')
    return (
        f"<html><body><h1>{escape(sender)}</h1>"
        f'<table width="480" cellpadding="6">{"".join(rows)}</table></body></html>'
    )


def warning(text: str) -> str:
    """A mail that wants a click; its links show one address and go to another."""
    out: list[str] = []
    for line in text.splitlines():
        if match := _LINK.match(line):
            out.append(f'<p><a href="{escape(match[2])}">{escape(match[1])}</a></p>')
        elif line:
            out.append(f"<p>{escape(line)}</p>")
    return (
        '<html><body><div style="border-top:6px solid #c00;padding:16px">'
        f'{"".join(out)}<span style="font-size:0;color:#fff">quarterly newsletter greetings</span>'
        "</div></body></html>"
    )


def plain(text: str) -> str:
    """The text alternative: headings without marks, links as addresses."""
    out: list[str] = []
    for line in text.splitlines():
        if match := _LINK.match(line):
            out.append(f"{match[1]}: {match[2]}\n")
        else:
            out.append(line.removeprefix("# "))
    return "\n".join(out)
