"""What is known of mail providers: the data of `providers.toml` and of the user's own file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from tui_mail.errors import ConfigError
from tui_mail.model.addresses import address_key

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
SignIn = Literal["password", "app_password", "authorization_code", "oauth"]
Role = Literal["all", "archive", "drafts", "junk", "sent", "trash"]

SECRET_NAMES: Mapping[str, str] = {
    "password": "password",
    "app_password": "app password",
    "authorization_code": "authorization code",
    "oauth": "sign-in in the browser",
}
"""What a person calls each way to sign in."""


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One server of a provider."""

    host: Word
    """May hold `{domain}`, the part of the address after the @."""
    port: Port
    security: Literal["tls", "starttls"]
    user: Literal["address", "local"] = "address"
    user_else: Literal["", "address", "local"] = ""
    """Another form of the user name, worth one try when the first is refused at set-up."""


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry; the keys are explained at the top of `providers.toml`."""

    id: Word
    name: Word
    sign_in: Annotated[tuple[SignIn, ...], msgspec.Meta(min_length=1)]
    source: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    checked: Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d\d-\d\d|)$")]
    domains: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()
    imap: Server | None = None
    smtp: Server | None = None
    secret_page: str = ""
    prepare: tuple[str, ...] = ()
    oauth: str = ""
    archive: Literal["labels", "folder"] = "folder"
    sent: Literal["server", "app", "auto"] = "auto"
    size_limit_mb: Annotated[int, msgspec.Meta(ge=0, le=1024)] = 0
    connections: Annotated[int, msgspec.Meta(ge=0, le=15)] = 0
    """Most connections it allows over all programs; 0: not known."""
    folders: dict[Role, str] = {}
    quirks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    """Keys whose value is in none of the sources: general knowledge only."""

    @property
    def secret_place(self) -> str:
        """Where its secret is made, in words that say when that is not confirmed; may be empty."""
        if not self.secret_page:
            return ""
        doubt = " (not confirmed; look in its account settings otherwise)"
        return self.secret_page + doubt * ("secret_page" in self.unconfirmed)


class Issuer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who issues OAuth tokens (RFC 6749); Google, Microsoft and others."""

    id: Word
    name: Word
    authorize_url: Annotated[str, msgspec.Meta(pattern="^https://")]
    token_url: Annotated[str, msgspec.Meta(pattern="^https://")]
    scopes: tuple[str, ...]
    device_url: Annotated[str, msgspec.Meta(pattern="^(https://|$)")] = ""
    """Where a device code is had (RFC 8628); empty where the mail scopes are not allowed there."""
    parameters: dict[str, str] = {}
    """More parameters of the authorization request."""
    client_secret: bool = False
    """A client id comes with a secret that must be sent along."""
    client_page: str = ""
    """Where a client id is registered."""
    source: tuple[str, ...] = ()
    redirect_host: Literal["127.0.0.1", "localhost"] = "127.0.0.1"
    """Under which name the loopback redirect is registered there (RFC 8252)."""


class Directory(msgspec.Struct, frozen=True):
    """All providers and issuers, in the order of the files."""

    providers: tuple[Provider, ...]
    issuers: tuple[Issuer, ...]

    def provider(self, name: str) -> Provider | None:
        """The provider with this id."""
        return next((one for one in self.providers if one.id == name), None)

    def issuer(self, name: str) -> Issuer | None:
        """The issuer with this id."""
        return next((one for one in self.issuers if one.id == name), None)

    def of_address(self, address: str) -> Provider | None:
        """The provider whose domain the address has."""
        domain = domain_of(address)
        return next((one for one in self.providers if domain in one.domains), None)

    def of_exchangers(self, hosts: Iterable[str]) -> Provider | None:
        """The provider that runs one of these mail exchangers; the longest name wins."""
        names = [host.lower().rstrip(".") for host in hosts]
        best: tuple[int, Provider] | None = None
        for provider in self.providers:
            for suffix in provider.mx:
                if any(_is_under(name, suffix) for name in names) and (
                    best is None or len(suffix) > best[0]
                ):
                    best = (len(suffix), provider)
        return best[1] if best else None

    def of_host(self, host: str) -> Provider | None:
        """The provider whose IMAP server this is."""
        name = host.lower().rstrip(".")
        return next((p for p in self.providers if p.imap and p.imap.host == name), None)


def domain_of(address: str) -> str:
    """The domain of an address in its key form: lower case, IDNA."""
    return address_key(address).rpartition("@")[2]


def user_name(form: str, address: str) -> str:
    """The user name a server wants: `address`, or the part before the @ for `local`."""
    return address.rpartition("@")[0] if form == "local" else address


def _is_under(name: str, suffix: str) -> bool:
    return name == suffix or name.endswith("." + suffix)


@cache
def _shipped() -> dict[str, Any]:
    text = resources.files("tui_mail.accounts").joinpath("providers.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def shipped() -> Directory:
    """The providers that come with the program."""
    return _directory(_shipped(), "providers.toml")


def load_providers(path: Path) -> Directory:
    """The shipped providers with the user's file over them; no file is an empty one.

    Raises ConfigError that names file, entry and key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return shipped()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}.") from error
    try:
        own = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}.", hint="Mend that line and save again.") from error
    unknown = own.keys() - {"provider", "oauth"}
    if unknown:
        raise ConfigError(
            f"{path}: `{min(unknown)}` is not known here.",
            hint="Write [[provider]] or [[oauth]].",
        )
    merged = {
        kind: _merged(_shipped()[kind], own.get(kind, []), f"{path}: [[{kind}]]")
        for kind in ("provider", "oauth")
    }
    return _directory(merged, str(path))


def _merged(shipped: list[dict[str, Any]], own: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(own, list):
        raise ConfigError(f"{where}: entries are written with two brackets.")
    merged = {entry["id"]: entry for entry in shipped}
    for number, entry in enumerate(own, 1):
        name = entry.get("id")
        if not isinstance(name, str) or not name:
            raise ConfigError(f"{where}: entry {number} has no `id`.")
        merged[name] = _over(merged.get(name, _blank(where)), entry)
    return list(merged.values())


def _blank(where: str) -> dict[str, Any]:
    is_provider = "provider" in where.rpartition("[[")[2]
    return {"source": ["your own file"], "checked": ""} if is_provider else {}


def _over(base: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in entry.items():
        below = result.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        result[key] = {**below, **value} if both and isinstance(below, dict) else value
    return result


T = TypeVar("T", Provider, Issuer)


def _directory(data: Mapping[str, Any], name: str) -> Directory:
    issuers = tuple(_entry(Issuer, one, name) for one in data["oauth"])
    providers = tuple(_entry(Provider, one, name) for one in data["provider"])
    known = {issuer.id for issuer in issuers}
    for provider in providers:
        if provider.oauth and provider.oauth not in known:
            raise ConfigError(
                f"{name}: provider `{provider.id}`, oauth: there is no issuer `{provider.oauth}`."
            )
    return Directory(providers, issuers)


def _entry(kind: type[T], data: Mapping[str, Any], name: str) -> T:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        text, _, where = str(error).partition(" - at `$")
        key = where.strip("`.") or "the entry"
        entry = f"{kind.__name__.lower()} `{data.get('id', '?')}`"
        raise ConfigError(f"{name}: {entry}, {key}: {text}.") from None
