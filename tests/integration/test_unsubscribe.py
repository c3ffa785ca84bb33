"""One-click unsubscribe against an HTTPS server, and by a mail through the outbox (SEC-44)."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.integration.test_live import opened
from tests.integration.test_sending import office
from tests.integration.waiting import one
from tui_mail.actions import unsubscribing
from tui_mail.actions.context import Context
from tui_mail.actions.reading import Opened, Reader
from tui_mail.config import save
from tui_mail.errors import ActionError, TransportError


class ListServer:
    """An HTTPS server that notes what it is asked."""

    def __init__(self, ca: trustme.CA) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.status = 200
        here = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                headers = {k.lower(): v for k, v in self.headers.items()}
                here.asked.append(("POST", self.path, headers, self.rfile.read(length)))
                self._answer()

            def do_GET(self) -> None:
                here.asked.append(("GET", self.path, {}, b""))
                self._answer()

            def _answer(self) -> None:
                self.send_response(here.status)
                self.send_header("Set-Cookie", "track=1")
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("127.0.0.1", "lists.example").configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_address[1]}/leave?user=1"

    @contextlib.contextmanager
    def running(self) -> Iterator[ListServer]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(5)


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[tuple[ListServer, str]]:
    """The server and the file of its authority."""
    ca = trustme.CA()
    path = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    with ListServer(ca).running() as server:
        yield server, str(path)


def newsletter(unsubscribe: str, *, one_click: bool = True) -> bytes:
    post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if one_click else ""
    return (
        "Authentication-Results: 127.0.0.1; dkim=pass header.d=news.example\r\n"
        "From: News <news@news.example>\r\nTo: mira@northwind.example\r\nSubject: Weekly\r\n"
        f"Message-ID: <n1@news.example>\r\nList-Unsubscribe: {unsubscribe}\r\n{post}\r\nHello.\r\n"
    ).encode()


async def open_only(ctx: Context) -> Opened:
    reader = Reader(ctx)
    try:
        return await reader.open(int(await one(ctx, "SELECT id FROM messages")))
    finally:
        await reader.close()


@contextlib.asynccontextmanager
async def with_mail(tmp_path: Path, raw: bytes, ca_file: str) -> Any:
    async with office(tmp_path) as here:
        here.imap.append("INBOX", raw, user="mira")
        await here.sync()
        async with opened(here.paths) as ctx:
            account = replace(ctx.settings.accounts[0], ca_file=ca_file)
            save.put_account(here.paths.config_file, account)
            await ctx.reload()
            yield here, ctx, await open_only(ctx)


async def test_one_request_with_the_one_body_and_nothing_else(
    tmp_path: Path, lists: tuple[ListServer, str]
) -> None:
    server, ca_file = lists
    async with with_mail(tmp_path, newsletter(f"<{server.url}>"), ca_file) as (_, ctx, mail):
        way = unsubscribing.way_out(mail)
        assert way.offers.one_click == server.url and way.dkim == "pass"
        assert server.asked == []
        done = await unsubscribing.one_click(ctx, mail)
        assert "Unsubscribed" in done.summary
        ((method, path, headers, body),) = server.asked
        assert (method, path, body) == ("POST", "/leave?user=1", b"List-Unsubscribe=One-Click")
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        assert not {"cookie", "referer", "authorization", "origin"} & headers.keys()
        await unsubscribing.one_click(ctx, mail)
        assert "cookie" not in server.asked[1][2]


@pytest.mark.parametrize(("status", "words"), [(302, "not followed"), (500, "answers 500")])
async def test_redirects_are_not_followed_and_failures_are_said(
    tmp_path: Path, lists: tuple[ListServer, str], status: int, words: str
) -> None:
    server, ca_file = lists
    server.status = status
    async with with_mail(tmp_path, newsletter(f"<{server.url}>"), ca_file) as (_, ctx, mail):
        with pytest.raises(TransportError, match=words):
            await unsubscribing.one_click(ctx, mail)
        assert len(server.asked) == 1


async def test_an_unknown_certificate_is_refused(
    tmp_path: Path, lists: tuple[ListServer, str]
) -> None:
    server, _ = lists
    async with with_mail(tmp_path, newsletter(f"<{server.url}>"), "") as (_, ctx, mail):
        with pytest.raises(TransportError):
            await unsubscribing.one_click(ctx, mail)
        assert server.asked == []


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Lets names lead to other addresses at each look-up; returns the names looked up."""
    real = socket.getaddrinfo

    def put(*answers: Sequence[str]) -> list[str]:
        asked: list[str] = []

        def look_up(host: Any, port: Any, *args: Any, **more: Any) -> Any:
            if not str(host).endswith(".example"):
                return real(host, port, *args, **more)
            asked.append(str(host))
            found = answers[min(len(asked), len(answers)) - 1]
            return [entry for one in found for entry in real(one, port, type=socket.SOCK_STREAM)]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    return put


async def test_what_was_checked_is_what_is_asked(
    tmp_path: Path, lists: tuple[ListServer, str], names: Callable[..., list[str]]
) -> None:
    """A name that leads elsewhere at the second look-up (DNS rebinding) gains nothing."""
    server, ca_file = lists
    asked = names(["127.0.0.1"], ["127.0.0.99"])
    url = server.url.replace("127.0.0.1", "lists.example")
    async with with_mail(tmp_path, newsletter(f"<{url}>"), ca_file) as (_, ctx, mail):
        await unsubscribing.one_click(ctx, mail)
        assert asked == ["lists.example"], "looked up once"
        assert server.asked[0][2]["host"] == url.split("/")[2]
        assert server.asked[0][1] == "/leave?user=1"


async def test_the_certificate_is_checked_for_the_name(
    tmp_path: Path, lists: tuple[ListServer, str], names: Callable[..., list[str]]
) -> None:
    server, ca_file = lists
    names(["127.0.0.1"])
    url = server.url.replace("127.0.0.1", "other.example")
    async with with_mail(tmp_path, newsletter(f"<{url}>"), ca_file) as (_, ctx, mail):
        with pytest.raises(TransportError):
            await unsubscribing.one_click(ctx, mail)
        assert server.asked == []


@pytest.mark.parametrize(
    "found",
    [
        ["93.184.215.14", "10.0.0.1"],
        ["::ffff:192.168.0.1"],
        ["64:ff9b::a00:1"],
        ["2002:a00:1::"],
        ["224.0.0.1"],
        ["0.0.0.0"],
        ["100.64.0.1"],
    ],
)
async def test_a_name_that_leads_inside_is_refused(
    tmp_path: Path, names: Callable[..., list[str]], found: list[str]
) -> None:
    names(found)
    async with with_mail(tmp_path, newsletter("<https://lists.example/>"), "") as (_, ctx, mail):
        with pytest.raises(ActionError, match="private network"):
            await unsubscribing.one_click(ctx, mail)


@pytest.mark.parametrize("host", ["192.168.1.1", "10.0.0.1", "169.254.169.254", "[fd00::1]"])
async def test_machines_of_a_private_network_are_never_asked(tmp_path: Path, host: str) -> None:
    async with with_mail(tmp_path, newsletter(f"<https://{host}/>"), "") as (_, ctx, mail):
        with pytest.raises(ActionError, match="private network"):
            await unsubscribing.one_click(ctx, mail)


async def test_the_mailto_form_is_one_mail_that_can_be_stopped(tmp_path: Path) -> None:
    link = "<mailto:leave@news.example?subject=bye%201&cc=spy@x.example&attach=/etc/passwd>"
    async with with_mail(tmp_path, newsletter(link, one_click=False), "") as (here, ctx, mail):
        with pytest.raises(ActionError):
            await unsubscribing.one_click(ctx, mail)
        await unsubscribing.by_mail(ctx, mail)
        await here.sync()
        (accepted,) = here.sink.accepted
        assert list(accepted.rcpts) == ["leave@news.example"]
        assert b"Subject: bye 1" in accepted.raw


async def test_without_a_way_out_it_says_so(tmp_path: Path) -> None:
    async with with_mail(tmp_path, newsletter("nonsense"), "") as (_, _, mail):
        with pytest.raises(ActionError, match="no way"):
            unsubscribing.way_out(mail)
