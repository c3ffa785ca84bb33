"""The outside world on loopback: DNS, HTTPS behind a proxy, mail servers that greet."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset
import pytest
import trustme

from tui_mail.accounts.network import Network

Page = tuple[int, dict[str, str], bytes]


@dataclass
class Outside:
    """What the world answers, and what it was asked."""

    ca_file: str = ""
    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    """By host and path, without the query."""
    silent: set[str] = field(default_factory=set)
    """Hosts that take a request and never answer."""
    greets: dict[tuple[str, int], bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Every question in its order: `MX name`, `CONNECT host`, `GET url`, `greet host`."""
    network: Network = field(default_factory=Network)
    ports: dict[str, int] = field(default_factory=dict)

    def page(self, url: str, body: bytes | str, status: int = 200, **headers: str) -> None:
        parts = urlsplit(url)
        octets = body.encode() if isinstance(body, str) else body
        self.pages[f"{parts.hostname}{parts.path}"] = (status, headers, octets)

    def reach(self, host: str, port: int) -> tuple[str, int]:
        self.asked.append(f"greet {host}:{port}")
        if (host, port) not in self.greets:
            return ("127.0.0.1", self.ports["closed"])
        return ("127.0.0.1", self.ports[f"{host}:{port}"])


class _Dns(asyncio.DatagramProtocol):
    def __init__(self, outside: Outside) -> None:
        self.outside = outside

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = question.name.to_text().rstrip("."), dns.rdatatype.to_text(question.rdtype)
        self.outside.asked.append(f"{kind} {name}")
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        texts = self.outside.records.get((name, kind))
        if texts:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *texts))
        self.transport.sendto(answer.to_wire(), addr)


def _https(outside: Outside):  # type: ignore[no-untyped-def]
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            target = head.split()[1]
            host = next(
                line.split(":", 1)[1].strip()
                for line in head.split("\r\n")
                if line.lower().startswith("host:")
            )
            outside.asked.append(f"GET https://{host}{target}")
            if host in outside.silent:
                await asyncio.Event().wait()
            status, headers, body = outside.pages.get(
                f"{host}{target.partition('?')[0]}", (404, {}, b"")
            )
            lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
            lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return serve


def _proxy(outside: Outside):  # type: ignore[no-untyped-def]
    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[0]
        method, target = line.split()[:2]
        outside.asked.append(f"{method} {target}")
        known = {key.partition("/")[0] for key in outside.pages} | outside.silent
        if method != "CONNECT" or target.partition(":")[0] not in known:
            writer.write(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        inner_reader, inner = await asyncio.open_connection("127.0.0.1", outside.ports["https"])
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(pump(reader, inner), pump(inner_reader, writer))

    return serve


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, str]:
    ca = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return ca, str(path)


def server_context(ca: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
async def outside(authority: tuple[trustme.CA, str], tmp_path: Path) -> AsyncIterator[Outside]:
    """An empty world; a test fills in what answers."""
    ca, ca_file = authority
    world = Outside(ca_file)
    loop = asyncio.get_running_loop()
    udp, _ = await loop.create_datagram_endpoint(lambda: _Dns(world), local_addr=("127.0.0.1", 0))
    names = ("*.firma.example", "firma.example", "autoconfig.thunderbird.net")
    https = await asyncio.start_server(
        _https(world), "127.0.0.1", 0, ssl=server_context(ca, *names)
    )
    proxy = await asyncio.start_server(_proxy(world), "127.0.0.1", 0)
    closed = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    world.ports["https"] = https.sockets[0].getsockname()[1]
    world.ports["closed"] = closed.sockets[0].getsockname()[1]
    world.network = Network(
        nameservers=("127.0.0.1",),
        dns_port=udp.get_extra_info("sockname")[1],
        proxy=f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}",
        ca_file=ca_file,
        reach=world.reach,
    )
    yield world
    udp.close()
    for server in (https, proxy, closed):
        server.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
