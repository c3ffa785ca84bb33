"""OAuth 2 for mail: signing in with PKCE or a device code, and fresh tokens (RFC 6749, 7636, 8628).

The client id is the user's own. The tokens are one secret of the account, kept where its secrets
are (`secrets`). All calls block and have deadlines; they belong in a thread.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets as randomness
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from tui_mail.accounts import secrets
from tui_mail.accounts.locking import locked
from tui_mail.accounts.oauth_words import AGAIN, failure
from tui_mail.accounts.providers import Issuer
from tui_mail.config.paths import Paths
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import AuthError, SecretError, TransportError

AHEAD = 300
"""Seconds before its end at which a token is renewed."""
_SECONDS = 20.0
_MOST_OCTETS = 262_144
_UNKNOWN_LIFE = 600


class Tokens(msgspec.Struct, frozen=True):
    """What is kept of a sign-in."""

    access_token: str
    token_url: str
    client_id: str
    refresh_token: str = ""
    expires_at: int = 0
    """UTC seconds."""
    client_secret: str = ""

    @property
    def text(self) -> str:
        """As it is kept."""
        return msgspec.json.encode(self).decode()


def parse(text: str) -> Tokens:
    """Read what was kept. Raises SecretError for anything else, a password for instance."""
    try:
        return msgspec.json.decode(text.encode(), type=Tokens)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise SecretError("What is kept is no OAuth sign-in.", hint=AGAIN) from error


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in that waits for the browser."""

    url: str
    """What a person opens."""
    redirect_uri: str
    state: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device code that waits for a person (RFC 8628 §3.2)."""

    code: str
    user_code: str
    page: str
    interval: float
    seconds: float
    """How long it is good for."""


def begin(issuer: Issuer, client_id: str, redirect_uri: str, address: str) -> Pending:
    """Make the address to open, with a new state and a new PKCE verifier (RFC 7636, S256)."""
    verifier, state = randomness.token_urlsafe(64), randomness.token_urlsafe(24)
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(issuer.scopes),
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "login_hint": address,
        **issuer.parameters,
    }
    mark = "&" if "?" in issuer.authorize_url else "?"
    url = issuer.authorize_url + mark + urlencode(query)
    return Pending(url, redirect_uri, state, verifier)


def code_of(pending: Pending, answer: str) -> str:
    """The code in the address the browser was sent to, which may also be pasted.

    Raises AuthError for the provider's refusal and for an answer to another question.
    """
    text = answer.strip()
    query = urlsplit(text).query if "?" in text else text
    values = {key: found[0] for key, found in parse_qs(query, max_num_fields=50).items()}
    if not hmac.compare_digest(values.get("state", "").encode(), pending.state.encode()):
        raise AuthError(
            "This is not the answer to this sign-in.",
            hint="Paste the whole address the browser shows, of the newest try.",
        )
    if "error" in values:
        raise failure(400, values)
    if not values.get("code"):
        raise AuthError("There is no code in this address.", hint="Paste the whole address.")
    return values["code"]


class TokenServer:
    """One issuer's token server, for one client."""

    def __init__(
        self,
        issuer: Issuer,
        client_id: str,
        client_secret: str = "",
        *,
        ca_file: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer
        self._client = {"client_id": client_id}
        if client_secret:
            self._client["client_secret"] = client_secret
        self._ca_file = ca_file
        self._clock = clock

    def exchange(self, pending: Pending, code: str) -> Tokens:
        """Tokens for a code. Raises AuthError or TransportError."""
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": pending.redirect_uri,
            "code_verifier": pending.verifier,
        }
        return self._tokens(self._ask(self.issuer.token_url, fields))

    def device(self) -> Device:
        """Ask for a device code. Raises AuthError where the issuer has none for mail."""
        if not self.issuer.device_url:
            raise AuthError(f"{self.issuer.name} gives no device code for mail.")
        said = self._ask(self.issuer.device_url, {"scope": " ".join(self.issuer.scopes)})
        page = str(said.get("verification_uri") or said.get("verification_url") or "")
        device, user = str(said.get("device_code", "")), str(said.get("user_code", ""))
        if not page.startswith("https://") or not device or not user:
            raise TransportError("The answer to the device request cannot be read.")
        interval, seconds = _number(said, "interval", 5), _number(said, "expires_in", 900)
        return Device(device, user, page, max(1.0, interval), min(seconds, 3600))

    def wait_for(self, device: Device, *, sleep: Callable[[float], None] = time.sleep) -> Tokens:
        """Ask at the pace the server wants until the person has signed in, or declined."""
        fields = {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "device_code": device.code,
        }
        interval, waited = device.interval, 0.0
        while waited < device.seconds:
            sleep(interval)
            waited += interval
            status, said = post(self.issuer.token_url, self._client | fields, self._ca_file)
            error = said.get("error") if status != 200 else None
            if error == "slow_down":
                interval += 5
            elif error != "authorization_pending":
                if error or status != 200:
                    raise failure(status, said)
                return self._tokens(said)
        raise failure(400, {"error": "expired_token"})

    def refresh(self, tokens: Tokens) -> Tokens:
        """New tokens; keeps the old refresh token where no new one is given."""
        if not tokens.refresh_token:
            raise AuthError("The sign-in has expired or was withdrawn.", hint=AGAIN)
        fields = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        return self._tokens(self._ask(tokens.token_url, fields), tokens.refresh_token)

    def _ask(self, url: str, fields: Mapping[str, str]) -> dict[str, Any]:
        status, said = post(url, self._client | dict(fields), self._ca_file)
        if status != 200 or "error" in said:
            raise failure(status, said)
        return said

    def _tokens(self, said: Mapping[str, Any], old_refresh: str = "") -> Tokens:
        access = said.get("access_token")
        if not isinstance(access, str) or not re.fullmatch(r"[\x21-\x7e]{1,20000}", access):
            raise TransportError("The token server's answer has no token in it.")
        granted = said.get("scope")
        if isinstance(granted, str) and granted.strip():
            _check_scopes(self.issuer.scopes, granted.split())
        life = _number(said, "expires_in", _UNKNOWN_LIFE)
        refresh = said.get("refresh_token")
        return Tokens(
            access_token=access,
            token_url=self.issuer.token_url,
            client_id=self._client["client_id"],
            refresh_token=refresh if isinstance(refresh, str) and refresh else old_refresh,
            expires_at=int(self._clock() + min(life, 90 * 86_400)),
            client_secret=self._client.get("client_secret", ""),
        )


def _check_scopes(wanted: tuple[str, ...], granted: list[str]) -> None:
    """A person can untick the mail box on the consent page: say so now, not at every sync."""
    have = {scope.rpartition("/")[2].lower() or scope for scope in granted}
    for scope in wanted:
        name = scope.rpartition("/")[2].lower() or scope
        if name not in have and name != "offline_access":
            raise AuthError(
                f"The sign-in does not allow mail: the scope {scope} is missing.",
                hint="Sign in again and leave every box ticked.",
            )


def _number(said: Mapping[str, Any], key: str, default: float) -> float:
    try:
        value = float(said.get(key, default))
    except (TypeError, ValueError):
        return default
    return value if 0 < value < 1e9 else default


def post(url: str, fields: Mapping[str, str], ca_file: str) -> tuple[int, dict[str, Any]]:
    """POST a form over HTTPS and read the JSON answer. Raises TransportError."""
    import httpx2

    if not url.startswith("https://"):
        raise AuthError("The token server has no HTTPS address.")
    verify = ssl.create_default_context(cafile=ca_file or None)
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    try:
        with (
            httpx2.Client(verify=verify, timeout=_SECONDS, follow_redirects=False) as client,
            client.stream("POST", url, data=dict(fields), headers=headers) as answer,
        ):
            octets = b""
            for part in answer.iter_raw():
                octets += part
                if len(octets) > _MOST_OCTETS:
                    raise TransportError("The token server's answer is too large.")
            status = answer.status_code
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ssl.SSLError) as error:
        raise TransportError("The token server cannot be reached.") from error
    try:
        said = msgspec.json.decode(octets)
    except msgspec.MsgspecError:
        said = None
    if not isinstance(said, dict):
        if status == 200:
            raise TransportError("The token server's answer cannot be read.")
        said = {}
    return status, said


# -- tokens in use -------------------------------------------------------------------------------

_flights: dict[str, threading.Lock] = {}
_guard = threading.Lock()


def access_token(
    account: AccountSettings,
    paths: Paths,
    *,
    rejected: str = "",
    clock: Callable[[], float] = time.time,
) -> str:
    """A token that is good for some minutes, renewed when needed; one renewal at a time.

    `rejected` is a token the server did not take: it is not given again. New tokens are kept
    before they are used, because the old refresh token may be void from then on. Raises
    AuthError, SecretError or TransportError.
    """
    with _guard:
        flight = _flights.setdefault(f"{paths.data_dir}/{account.id}", threading.Lock())
    with flight, locked(paths.data_dir / f"oauth-{account.id}"):
        kept = secrets.read_secret(account, paths)
        try:
            tokens = parse(kept)
        except SecretError as error:
            error.hint = error.hint.replace("{id}", account.id)
            raise
        if tokens.expires_at - AHEAD > clock() and tokens.access_token != rejected:
            return tokens.access_token
        issuer = Issuer("own", "the provider", tokens.token_url, tokens.token_url, ())
        server = TokenServer(
            issuer,
            tokens.client_id,
            tokens.client_secret,
            ca_file=account.ca_file,
            clock=clock,
        )
        try:
            fresh = server.refresh(tokens)
        except AuthError as error:
            error.hint = error.hint.replace("{id}", account.id)
            raise
        secrets.write_secret(account, paths, fresh.text)
        return fresh.access_token
