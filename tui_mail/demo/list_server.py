"""The demo's web server for leaving mailing lists: HTTPS on loopback, one-click POST (RFC 8058)."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

_MOST_LINES = 100


class ListServer:
    """Takes any one-click request; `left` has the paths that were asked for."""

    def __init__(self) -> None:
        self.left: list[str] = []
        self.port = 0
        self._folder = tempfile.TemporaryDirectory(prefix="tui-mail-lists-")
        self._server: asyncio.Server | None = None

    @property
    def ca_file(self) -> str:
        """The certificate that makes this server known."""
        return str(Path(self._folder.name) / "certificate.pem")

    async def start(self, host: str) -> None:
        """Make a certificate and listen."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        key = Path(self._folder.name) / "key.pem"
        await asyncio.to_thread(_write_certificate, Path(self.ca_file), key, host)
        context.load_cert_chain(self.ca_file, str(key))
        self._server = await asyncio.start_server(self._serve, host, 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close, and remove the certificate."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        self._folder.cleanup()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError, TimeoutError):
            async with asyncio.timeout(10):
                status = await self._answer(reader)
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n".encode())
                writer.write(b"Connection: close\r\n\r\n")
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> str:
        method, path, _ = (await reader.readline()).decode("latin-1").split(" ", 2)
        length = 0
        for _ in range(_MOST_LINES):
            name, _, value = (await reader.readline()).decode("latin-1").partition(":")
            if not name.strip():
                break
            if name.lower() == "content-length":
                length = min(int(value), 4096)
        body = await reader.readexactly(length)
        if method != "POST" or body != b"List-Unsubscribe=One-Click":
            return "400 Bad Request"
        self.left.append(path)
        return "200 OK"


def _write_certificate(path: Path, key_path: Path, host: str) -> None:
    """A certificate of its own for an address of this machine, good for a week."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tui_mail demo")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=7))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
