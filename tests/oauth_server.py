"""A token server for tests: authorization with PKCE, device codes, rotating refresh tokens."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import trustme

from tui_mail.accounts.providers import Issuer

SCOPES = ("https://mail.example/IMAP", "https://mail.example/SMTP", "offline_access")


class OauthServer:
    """What it gives, refuses and was asked. Endpoints: /authorize, /token, /device."""

    def __init__(self, ca_file: str) -> None:
        self.ca_file = ca_file
        self.port = 0
        self.client_id = "client-1"
        self.life = 3600
        self.scope: str | None = " ".join(SCOPES)
        self.codes: dict[str, dict[str, str]] = {}
        self.refresh_tokens: set[str] = set()
        self.rotate = True
        self.answers: list[tuple[int, Any]] = []
        """Answers of /token given before anything else, as (status, JSON or octets)."""
        self.asked: list[dict[str, str]] = []
        """Forms that came to /token."""
        self.issued: Callable[[str], None] = lambda token: None
        """Told of each access token, so that a mail server can take it."""
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    @property
    def base(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def issuer(self) -> Issuer:
        return Issuer(
            "test", "Test", f"{self.base}/authorize", f"{self.base}/token", SCOPES,
            device_url=f"{self.base}/device",
        )  # fmt: skip

    def grant(self) -> dict[str, Any]:
        """New tokens, as /token answers them."""
        number = next(self._numbers)
        access, refresh = f"access-{number}", f"refresh-{number}"
        self.issued(access)
        said: dict[str, Any] = {"access_token": access, "token_type": "Bearer"}
        said["expires_in"] = self.life
        if self.scope is not None:
            said["scope"] = self.scope
        if self.rotate or not self.refresh_tokens:
            self.refresh_tokens = {refresh}
            said["refresh_token"] = refresh
        return said

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent after the person agreed."""
        code = f"code-{next(self._numbers)}"
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> tuple[int, Any]:
        with self._lock:
            self.asked.append(form)
            if self.answers:
                return self.answers.pop(0)
            if form.get("client_id") != self.client_id:
                return 401, {"error": "invalid_client"}
            kind = form.get("grant_type", "")
            if kind == "authorization_code":
                asked = self.codes.pop(form.get("code", ""), None)
                digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
                if (
                    asked is None
                    or asked["code_challenge"] != challenge
                    or asked["redirect_uri"] != form.get("redirect_uri")
                ):
                    return 400, {"error": "invalid_grant"}
            elif kind == "refresh_token":
                if form.get("refresh_token") not in self.refresh_tokens:
                    return 400, {"error": "invalid_grant", "error_description": "AADSTS700082"}
            elif not kind.endswith("device_code"):
                return 400, {"error": "unsupported_grant_type"}
            return 200, self.grant()


def _handler(server: OauthServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            self.send_response(302)
            self.send_header("Location", server.authorize(query))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            octets = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            form = {key: values[0] for key, values in parse_qs(octets.decode()).items()}
            if self.path == "/device":
                status: int = 200
                said: Any = {
                    "device_code": "device-1", "user_code": "ABCD-EFGH", "interval": 5,
                    "verification_uri": f"{server.base}/activate", "expires_in": 60,
                }  # fmt: skip
            else:
                status, said = server.token(form)
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler


@contextmanager
def serving_tokens(
    folder: Path,
    certificate: Callable[[trustme.CA], trustme.LeafCert] = lambda ca: ca.issue_cert("127.0.0.1"),
) -> Iterator[OauthServer]:
    """Run a token server; `certificate` makes its own, of the authority clients trust."""
    ca = trustme.CA()
    ca_file = str(folder / "oauth-ca.pem")
    ca.cert_pem.write_to_path(ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate(ca).configure_cert(context)
    server = OauthServer(ca_file)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.socket = context.wrap_socket(http.socket, server_side=True)
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(10)
