"""Signing in in the browser (OAuth), for a screen: begun, waited for, pasted, or ended."""

from __future__ import annotations

import asyncio
import contextlib
import select
import time
from dataclasses import dataclass

from tui_mail.accounts.loopback import Loopback
from tui_mail.accounts.oauth import Device, Pending, TokenServer, begin, code_of
from tui_mail.actions.accounts import issuer_of
from tui_mail.actions.context import Context
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import AuthError, ConfigError, TuiMailError

PATIENCE = 600.0
"""Seconds a person may take."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What has to be known before the browser can be opened."""

    name: str
    """Who gives the tokens."""
    client_page: str
    """Where a client id is made."""
    client_secret: bool
    """The client id comes with a secret."""
    by_code: bool
    """A code can be typed on any device instead."""


async def wanted(ctx: Context, account: AccountSettings) -> Wanted:
    """What this account's sign-in needs. Raises ConfigError when nobody gives tokens for it."""
    issuer = await issuer_of(ctx, account)
    return Wanted(issuer.name, issuer.client_page, issuer.client_secret, bool(issuer.device_url))


class SignIn:
    """One try; `close` it in any case."""

    def __init__(self, server: TokenServer, client: str, address: str) -> None:
        self._server, self._client, self._address = server, client, address
        self._loopback: Loopback | None = None
        self._pending: Pending | None = None
        self._device: Device | None = None
        self._pasted = ""
        self._closed = False

    @property
    def lines(self) -> tuple[str, ...]:
        """What a person does, one line each; the second is the address to open."""
        if self._device is not None:
            return (
                "Open this page on any device and type the code:",
                self._device.page,
                f"Code: {self._device.user_code}",
            )
        assert self._loopback is not None and self._pending is not None
        port = self._loopback.port
        return (
            "Open this address in a browser:",
            self._pending.url,
            "Is the browser on another machine? Run there first:",
            f"ssh -L {port}:127.0.0.1:{port} THIS-MACHINE",
            "Or paste here the address the browser could not open.",
        )

    @property
    def takes_paste(self) -> bool:
        """Whether an address can be pasted."""
        return self._device is None

    async def start(self, *, by_code: bool) -> None:
        """Ask for a code, or listen for the browser. Raises AuthError, TransportError."""
        if by_code:
            self._device = await asyncio.to_thread(self._server.device)
            return
        issuer = self._server.issuer
        self._loopback = Loopback(issuer.redirect_host)
        self._pending = begin(issuer, self._client, self._loopback.redirect_uri, self._address)

    def paste(self, answer: str) -> None:
        """The address the browser was sent to. Raises AuthError when it is another one."""
        if self._pending is None:
            raise ConfigError("There is nothing to paste for a code.")
        code_of(self._pending, answer)
        self._pasted = answer

    async def wait(self) -> str:
        """Until the person has signed in: what is to be kept. Raises AuthError, TransportError."""
        return await asyncio.to_thread(self._wait)

    def _wait(self) -> str:
        if self._device is not None:
            return self._server.wait_for(self._device, sleep=self._sleep).text
        assert self._loopback is not None and self._pending is not None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self._sleep(0)
            answer = self._pasted
            if not answer and select.select([self._loopback], [], [], 0.3)[0]:
                answer = self._loopback.take()
            if not answer:
                continue
            try:
                code = code_of(self._pending, answer)
            except AuthError as error:
                if "not the answer" in error.message or "no code" in error.message:
                    continue  # another page or program of this machine asked
                raise
            return self._server.exchange(self._pending, code).text
        raise AuthError("Nobody signed in within ten minutes.", hint="Try again.")

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            if self._closed:
                raise AuthError("The sign-in was left.")
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(0.3, left))

    def close(self) -> None:
        """Wait no longer. A second call does nothing."""
        self._closed = True
        if self._loopback is not None:
            with contextlib.suppress(OSError):
                self._loopback.close()


async def sign_in(
    ctx: Context, account: AccountSettings, client_secret: str, *, by_code: bool
) -> SignIn:
    """Begin a sign-in. Raises ConfigError without a client id, AuthError, TransportError."""
    issuer = await issuer_of(ctx, account)
    if not account.oauth_client:
        page = f" It is made at {issuer.client_page}." if issuer.client_page else ""
        raise ConfigError(f"{issuer.name} wants a client id of your own.{page}")
    server = TokenServer(issuer, account.oauth_client, client_secret, ca_file=account.ca_file)
    begun = SignIn(server, account.oauth_client, account.address)
    try:
        await begun.start(by_code=by_code)
    except TuiMailError:
        begun.close()
        raise
    return begun
