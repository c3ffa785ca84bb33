"""From an address to the servers that may be its own.

A known provider is answered at once and offline. For any other domain all ways run at the same
time under one deadline: the provider's autoconfig over HTTPS, the public directory, the provider
behind the mail exchanger, SRV records (RFC 6186, RFC 8314), and guesses that are tried with TLS.
Nothing goes out in clear, no answer leads to another scheme, and what came over the network is
shown to a person before a password goes there (SEC-24).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any

from tui_mail.accounts.autoconfig import MOST_OCTETS, host_name, read_autoconfig
from tui_mail.accounts.candidates import Candidate, Place, of_provider
from tui_mail.accounts.lookups import exchangers, services
from tui_mail.accounts.network import Network
from tui_mail.accounts.providers import Directory, domain_of, shipped
from tui_mail.errors import ConfigError, TransportError

SECONDS = 10.0
DIRECTORY = "https://autoconfig.thunderbird.net/v1.1/"
NO_NETWORK = (
    "No name server answers, so there may be no network here: look after that and go back,"
    " or type the servers."
)
_ASK_DNS = ("mail exchangers", "SRV records")
_ONE_STEP = 5.0
_MOST_REDIRECTS = 3
_GUESSES = (
    ("imap", "imap", 993),
    ("imap", "mail", 993),
    ("imap", "", 993),
    ("smtp", "smtp", 465),
    ("smtp", "mail", 465),
    ("smtp", "", 465),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What discovery came back with."""

    candidates: tuple[Candidate, ...] = ()
    """Best first, without repeats."""
    tried: tuple[str, ...] = ()
    """What was asked and how it ended, one line each, for the curious and for `doctor`."""


async def discover(
    address: str,
    *,
    directory: Directory | None = None,
    network: Network | None = None,
    seconds: float = SECONDS,
) -> Found:
    """Look for the servers of an address. Raises ConfigError for what is no address.

    Never takes longer than `seconds`; whatever fails only leaves its candidate out.
    """
    directory = directory or shipped()
    local, _, _ = address.rpartition("@")
    domain = domain_of(address) if local else ""
    with contextlib.suppress(ConfigError):
        domain = host_name(domain) if domain else ""
    if not domain:
        raise ConfigError(f"`{address}` is no e-mail address.")
    provider = directory.of_address(address)
    if provider is not None:
        known = of_provider(provider, address)
        return Found((known,) if known else (), (f"known provider {provider.name}",))
    search = _Search(address, host_name(domain), directory, network or Network())
    return await search.run(seconds)


class _Search:
    """One search over the network."""

    def __init__(self, address: str, domain: str, directory: Directory, network: Network) -> None:
        self.address = address
        self.domain = domain
        self.directory = directory
        self.network = network
        self.found: list[Candidate] = []
        self.tried: list[str] = []
        self.silent: dict[str, bool] = {}
        """Ways that nobody answered."""

    async def run(self, seconds: float) -> Found:
        """Ask every way at once; better ways are waited for, but not past the deadline."""
        tasks = [
            asyncio.create_task(self._step(name, work))
            for name, work in (
                ("autoconfig", self._autoconfig()),
                ("directory", self._public_directory(self.domain, "ispdb")),
                ("mail exchangers", self._exchangers()),
                ("SRV records", self._srv()),
                ("guesses", self._guesses()),
            )
        ]
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        ordered = sorted(self.found, key=lambda one: (one.rank, one.smtp is None))
        seen: set[tuple[object, object]] = set()
        kept: list[Candidate] = []
        for one in ordered:
            one = self._known(one)
            key = (one.imap, one.smtp)
            if key not in seen:
                seen.add(key)
                kept.append(one)
        if not kept and all(self.silent.get(name) for name in _ASK_DNS):
            self.tried.insert(0, NO_NETWORK)
        return Found(tuple(kept), tuple(self.tried))

    def _known(self, one: Candidate) -> Candidate:
        """A host of a known provider brings what is known of it."""
        provider = one.provider or self.directory.of_host(one.imap.host)
        return replace(one, provider=provider, sign_in=provider.sign_in) if provider else one

    async def _step(self, name: str, work: Coroutine[Any, Any, list[Candidate]]) -> None:
        try:
            got = await work
        except asyncio.CancelledError:
            self.silent[name] = True
            self.tried.append(f"{name}: no answer in time")
            raise
        except Exception as error:
            # Whatever a foreign server or its library does, the other ways go on.
            self.silent[name] = isinstance(error, TransportError)
            told = isinstance(error, ConfigError | TransportError)
            self.tried.append(f"{name}: {error if told else 'failed'}")
            return
        self.found += got
        self.tried.append(f"{name}: {'found' if got else 'nothing'}")

    # -- files over HTTPS -------------------------------------------------------------------

    async def _autoconfig(self) -> list[Candidate]:
        urls = (
            f"https://autoconfig.{self.domain}/mail/config-v1.1.xml?emailaddress={{address}}",
            f"https://{self.domain}/.well-known/autoconfig/mail/config-v1.1.xml",
        )
        from urllib.parse import quote

        answers = await asyncio.gather(
            *(self._file(url.format(address=quote(self.address)), "autoconfig") for url in urls)
        )
        return [one for one in answers if one is not None]

    async def _public_directory(self, domain: str, source: str) -> list[Candidate]:
        one = await self._file(DIRECTORY + domain, source)
        return [one] if one else []

    async def _file(self, url: str, source: str) -> Candidate | None:
        try:
            octets = await fetch(url, self.network)
        except ConfigError:
            return None
        return read_autoconfig(octets, self.address, source)

    # -- DNS --------------------------------------------------------------------------------

    async def _exchangers(self) -> list[Candidate]:
        hosts = await exchangers(self.domain, self.network)
        provider = self.directory.of_exchangers(hosts)
        if provider is not None:
            found = of_provider(provider, self.address, "mx")
            return [found] if found else []
        base = _registrable(hosts[0]) if hosts else ""
        if not base or base == self.domain:
            return []
        return await self._public_directory(base, "mx")

    async def _srv(self) -> list[Candidate]:
        names = ("_imaps._tcp", "_imap._tcp", "_submissions._tcp", "_submission._tcp")
        answers = await asyncio.gather(
            *(services(f"{name}.{self.domain}", self.network) for name in names)
        )
        imaps, imap, submissions, submission = answers
        incoming = [("tls", one) for one in imaps] + [("starttls", one) for one in imap]
        outgoing = [("tls", one) for one in submissions] + [("starttls", one) for one in submission]
        if not incoming:
            return []
        places = [
            Place(host, port, security, self.address)
            for security, (host, port) in (incoming[0], *outgoing[:1])
        ]
        return [Candidate("srv", places[0], places[1] if len(places) > 1 else None)]

    # -- guesses ----------------------------------------------------------------------------

    async def _guesses(self) -> list[Candidate]:
        tasks = [
            (kind, asyncio.create_task(self._answers(kind, f"{label}.{self.domain}".lstrip("."),
                                                     port)))
            for kind, label, port in _GUESSES
        ]  # fmt: skip
        try:
            answers = [(kind, await task) for kind, task in tasks]
        finally:
            for _, task in tasks:
                task.cancel()
        imap = next((place for kind, place in answers if kind == "imap" and place), None)
        smtp = next((place for kind, place in answers if kind == "smtp" and place), None)
        return [Candidate("guess", imap, smtp)] if imap else []

    async def _answers(self, kind: str, host: str, port: int) -> Place | None:
        """Whether a server with a certificate for that name greets as one of its kind."""
        where, real_port = self.network.reach(host, port)
        context = ssl.create_default_context(cafile=self.network.ca_file)
        try:
            async with asyncio.timeout(_ONE_STEP):
                reader, writer = await asyncio.open_connection(
                    where, real_port, ssl=context, server_hostname=host, limit=4096
                )
                try:
                    greeting = await reader.readuntil(b"\n")
                finally:
                    writer.transport.abort()
        except (OSError, TimeoutError, ssl.SSLError, asyncio.IncompleteReadError, ValueError,
                asyncio.LimitOverrunError):  # fmt: skip
            return None
        wanted = b"* OK" if kind == "imap" else b"220"
        return Place(host, port, "tls", self.address) if greeting.startswith(wanted) else None


def _registrable(host: str) -> str:
    from publicsuffixlist import PublicSuffixList

    return str(PublicSuffixList().privatesuffix(host) or "")


async def fetch(url: str, network: Network) -> bytes:
    """GET a small file over HTTPS; redirects only to HTTPS. Raises ConfigError."""
    import httpx2

    verify = ssl.create_default_context(cafile=network.ca_file)
    try:
        async with (
            asyncio.timeout(_ONE_STEP),
            httpx2.AsyncClient(
                verify=verify,
                proxy=network.proxy,
                follow_redirects=False,
                headers={"User-Agent": "tui-mail", "Accept-Encoding": "identity"},
            ) as client,
        ):
            for _ in range(_MOST_REDIRECTS + 1):
                async with client.stream("GET", url) as answer:
                    if answer.has_redirect_location:
                        url = str(answer.url.join(answer.headers["Location"]))
                        if not url.startswith("https://"):
                            raise ConfigError("The answer leads away from HTTPS.")
                        continue
                    if answer.status_code != 200:
                        raise ConfigError(f"The server answers {answer.status_code}.")
                    octets = b""
                    async for part in answer.aiter_raw():
                        octets += part
                        if len(octets) > MOST_OCTETS:
                            raise ConfigError("The answer is too large.")
                    return octets
            raise ConfigError("The answer leads from one place to another.")
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError, ssl.SSLError) as error:
        raise ConfigError("The server cannot be reached.") from error
