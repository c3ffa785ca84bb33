"""Reading a provider's autoconfig file (the ISPDB form). Untrusted: capped, no DTD, no entities."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from tui_mail.accounts.candidates import Candidate, Place
from tui_mail.accounts.providers import domain_of
from tui_mail.errors import ConfigError

MOST_OCTETS = 262_144
_HOST = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}\Z")
_SECURITY = {"SSL": "tls", "STARTTLS": "starttls"}
_SIGN_IN = {
    "OAuth2": "oauth",
    "password-cleartext": "password",
    "password-encrypted": "password",
    "plain": "password",
}


def host_name(text: str) -> str:
    """A host name in lower case. Raises ConfigError for what is none, also for bare numbers."""
    name = text.strip().lower().rstrip(".")
    if not _HOST.match(name):
        raise ConfigError("This is no name of a server.")
    return name


def read_autoconfig(octets: bytes, address: str, source: str) -> Candidate:
    """The first encrypted IMAP and SMTP server of the file. Raises ConfigError."""
    if len(octets) > MOST_OCTETS:
        raise ConfigError("The provider's file is too large.")
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError("The provider's file is not UTF-8.") from error
    if "<!" in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL):
        # Document types and entities have no place here, and can grow without end.
        raise ConfigError("The provider's file has declarations in it.")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise ConfigError("The provider's file cannot be read.") from error
    incoming = [one for one in root.iter("incomingServer") if one.get("type") == "imap"]
    outgoing = [one for one in root.iter("outgoingServer") if one.get("type") == "smtp"]
    imap = _first(incoming, address)
    if imap is None:
        raise ConfigError("The provider's file names no encrypted IMAP server.")
    smtp = _first(outgoing, address)
    return Candidate(source, imap[0], smtp[0] if smtp else None, imap[1])


def _first(found: list[ElementTree.Element], address: str) -> tuple[Place, tuple[str, ...]] | None:
    """The best usable server: TLS from the first octet before STARTTLS, else file order."""
    usable = [server for one in found[:20] if (server := _server(one, address))]
    usable.sort(key=lambda server: server[0].security != "tls")
    return usable[0] if usable else None


def _server(element: ElementTree.Element, address: str) -> tuple[Place, tuple[str, ...]] | None:
    security = _SECURITY.get(_text(element, "socketType"))
    port = _text(element, "port")
    if security is None or not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        return None
    try:
        host = host_name(_filled(_text(element, "hostname"), address))
    except ConfigError:
        return None
    user = _filled(_text(element, "username"), address) or address
    if not user.isprintable() or len(user) > 320 or "%" in user:
        user = address
    ways = [(one.text or "").strip() for one in element.findall("authentication")]
    sign_in = tuple(dict.fromkeys(_SIGN_IN[way] for way in ways if way in _SIGN_IN))
    return Place(host, int(port), security, user), sign_in or ("password",)


def _text(element: ElementTree.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _filled(text: str, address: str) -> str:
    local = address.rpartition("@")[0]
    for mark, value in (
        ("%EMAILADDRESS%", address),
        ("%EMAILLOCALPART%", local),
        ("%EMAILDOMAIN%", domain_of(address)),
    ):
        text = text.replace(mark, value)
    return text
