"""`tui-mail compose`: the composer, empty or for a mailto link from another program."""

from __future__ import annotations

import argparse

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """A link, perhaps."""
    parser.add_argument("link", nargs="?", default="mailto:", help="mailto:anna@fjord.example?…")
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="only say what is taken of the link"
    )


def run(call: Call) -> int:
    """Open the composer; nothing is sent without a key."""
    from tui_mail.model.mailto import parse_mailto

    found = parse_mailto(call.args.link)
    if not (call.args.dry_run or call.out.as_json):
        from tui_mail.cli.app import open_app

        return open_app(call.paths, mailto=call.args.link)
    content = found.content
    call.out.document(
        {
            "to": content.to,
            "cc": content.cc,
            "bcc": content.bcc,
            "subject": content.subject,
            "body": content.body,
            "dropped": list(found.dropped),
        }
    )
    for name in ("to", "cc", "bcc", "subject"):
        if value := getattr(content, name):
            call.out.line(f"{name.capitalize()}: {value}")
    call.out.line()
    call.out.block(content.body)
    if found.dropped:
        call.out.note(f"Left out: {', '.join(found.dropped)}.")
    return Code.OK
