"""Leaving a mailing list on the user's word: one-click over HTTPS, or by a mail (RFC 8058, SEC-44).

Nothing here is ever done because a mail came or was opened.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import sqlite3
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tui_mail.actions import beginning, keeping, sending
from tui_mail.actions.composition import receiving_address
from tui_mail.actions.context import Context
from tui_mail.actions.parts import Done
from tui_mail.actions.reading import Opened
from tui_mail.errors import ActionError, TransportError
from tui_mail.model.mailto import parse_mailto
from tui_mail.model.safe_text import one_line
from tui_mail.model.unsubscribe import Offers, offers
from tui_mail.store import correspondents, journal

if TYPE_CHECKING:
    import httpx2

_SECONDS = 15.0
_MOST_ADDRESSES = 4
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_BODY = b"List-Unsubscribe=One-Click"


@dataclass(frozen=True, slots=True)
class Way:
    """How a list is left, for the question before it."""

    offers: Offers
    dkim: str
    """What the own provider says of the mail's signature: `pass`, another word, or empty."""
    sender: str
    """Safe text."""


def way_out(opened: Opened) -> Way:
    """What a mail offers. Raises ActionError when it offers nothing."""
    mail = opened.mail
    if mail is None:
        raise ActionError("The mail is still on the server.", hint="Open it first.")
    named = {name.lower(): value for name, value in reversed(mail.headers)}
    found = offers(named.get("list-unsubscribe", ""), named.get("list-unsubscribe-post", ""))
    if not found:
        raise ActionError("This mail says no way to unsubscribe.", hint="b blocks the sender.")
    sender = one_line(opened.message.from_name or opened.message.from_address, 80)
    return Way(found, mail.auth.dkim if mail.auth else "", sender)


async def one_click(ctx: Context, opened: Opened) -> Done:
    """POST to the list's address, once; no cookies, no redirects, the answer is not read.

    Raises ActionError when it is not offered or the address is inside a private network, and
    TransportError when the server does not take it.
    """
    way = way_out(opened)
    if not way.offers.one_click:
        raise ActionError("This list has no one-click unsubscribe.")
    account = ctx.account(opened.message.account_id)
    inside = account is not None and _is_local(account.imap_host)
    ca_file = account.ca_file if account is not None else ""
    await asyncio.to_thread(_post, way.offers.one_click, ca_file, inside)
    return await ctx.db.write(_note, opened.message.conversation_id, way, ctx.now())


async def by_mail(ctx: Context, opened: Opened) -> Done:
    """Send the mail that the list asks for, from the address it was sent to; `z` stops it.

    Raises ActionError and MailError.
    """
    way = way_out(opened)
    if not way.offers.mailto:
        raise ActionError("This list cannot be left by mail.")
    message = opened.message
    asked = parse_mailto(way.offers.mailto).content
    people = await ctx.db.read(correspondents.of_message, message.id)
    account = ctx.account(message.account_id)
    sender = receiving_address(account.own_addresses, people) if account is not None else ""
    content = replace(
        asked,
        cc="",
        bcc="",
        subject=asked.subject or "unsubscribe",
        body=asked.body or "unsubscribe",
        plain_only=True,
        sender="" if account is not None and sender == account.address else sender,
    )
    draft = await beginning.new_draft(
        ctx, account_id=message.account_id, content=content, sign=False
    )
    done: Done | None = None
    try:
        done = await sending.send(ctx, draft)
    finally:
        if done is None:
            await keeping.discard(ctx, draft)
    return done


def _note(conn: sqlite3.Connection, conversation_id: int, way: Way, now: int) -> Done:
    summary = f"Unsubscribed from {way.sender} at {one_line(way.offers.host, 80)}"
    entry = journal.add(
        conn,
        now=now,
        actor="user",
        action="unsubscribe",
        summary=summary,
        targets={"conversations": [conversation_id]},
    )
    return Done(entry, summary, (), undoable=False)


def _post(url: str, ca_file: str, inside: bool) -> None:
    """The one request. `inside` allows addresses of this machine, for a server that is here.

    The name is looked up once, and what was checked is what is connected to: a name that leads
    elsewhere a moment later (DNS rebinding) gains nothing. The certificate is still the name's.
    """
    import httpx2

    parts = httpx2.URL(url)
    found = _checked_addresses(parts.host, parts.port or 443, inside)
    verify = ssl.create_default_context(cafile=ca_file or None)
    headers = {
        "Host": parts.netloc.decode("ascii"),
        "User-Agent": "tui-mail",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        with httpx2.Client(
            verify=verify, timeout=_SECONDS, follow_redirects=False, trust_env=False
        ) as client:
            status = _answer(client, parts, found, headers)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ssl.SSLError) as error:
        raise TransportError(
            f"{one_line(parts.host, 80)} cannot be reached.", hint="Try again, or block the sender."
        ) from error
    if 300 <= status < 400:
        raise TransportError(
            f"{one_line(parts.host, 80)} wants to lead elsewhere; that was not followed.",
            hint="The links of the mail may lead to a page for it.",
        )
    if not 200 <= status < 300:
        raise TransportError(f"{one_line(parts.host, 80)} answers {status}: not unsubscribed.")


def _answer(
    client: httpx2.Client, url: httpx2.URL, addresses: Sequence[str], headers: dict[str, str]
) -> int:
    """The status of the first address that takes the connection; asked once at most."""
    import httpx2

    for number, address in enumerate(addresses, start=1):
        try:
            with client.stream(
                "POST",
                url.copy_with(host=address),
                content=_BODY,
                headers=headers,
                extensions={"sni_hostname": url.host},
            ) as answer:
                return answer.status_code
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            if number == len(addresses):
                raise
    raise OSError("no address")


def _checked_addresses(host: str, port: int, inside: bool) -> list[str]:
    """Where a name leads now; a mail must not make us ask machines that only we can reach (SEC-44).

    Raises ActionError when one of them is such a machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TransportError(f"{one_line(host, 80)} cannot be found.") from error
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))[:_MOST_ADDRESSES]
    if not all(_is_open(address, inside) for address in addresses):
        raise ActionError(
            f"{one_line(host, 80)} is inside a private network; nothing was asked.",
            hint="b blocks the sender.",
        )
    return addresses


def _is_open(address: str, inside: bool) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        within = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            within = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = within or ip
    return (ip.is_global and not ip.is_multicast) or (inside and ip.is_loopback)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
