"""From an address to servers (R17, SEC-24): offline presets, then HTTPS, DNS and guesses."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import replace

import pytest
import trustme

from tests.unit.accounts.conftest import Outside, server_context
from tui_mail.accounts.autoconfig import MOST_OCTETS, read_autoconfig
from tui_mail.accounts.candidates import Candidate
from tui_mail.accounts.discovery import NO_NETWORK, Found, discover
from tui_mail.errors import ConfigError

ADDRESS = "Mira.Roth@firma.example"
AUTOCONFIG = "https://autoconfig.firma.example/mail/config-v1.1.xml"
DIRECTORY = "https://autoconfig.thunderbird.net/v1.1/firma.example"


def config(
    imap: str = "imap.firma.example",
    *,
    port: str = "993",
    security: str = "SSL",
    user: str = "%EMAILADDRESS%",
    ways: tuple[str, ...] = ("password-cleartext",),
) -> str:
    said = "".join(f"<authentication>{way}</authentication>" for way in ways)
    return (
        "<?xml version='1.0' encoding='UTF-8'?><clientConfig version='1.1'>"
        "<emailProvider id='firma.example'>"
        "<incomingServer type='pop3'><hostname>pop.firma.example</hostname><port>995</port>"
        "<socketType>SSL</socketType></incomingServer>"
        f"<incomingServer type='imap'><hostname>{imap}</hostname><port>{port}</port>"
        f"<socketType>{security}</socketType><username>{user}</username>{said}</incomingServer>"
        "<outgoingServer type='smtp'><hostname>smtp.firma.example</hostname><port>587</port>"
        "<socketType>STARTTLS</socketType><username>%EMAILADDRESS%</username></outgoingServer>"
        "</emailProvider></clientConfig>"
    )


async def look(outside: Outside, address: str = ADDRESS, seconds: float = 8.0) -> Found:
    return await discover(address, network=outside.network, seconds=seconds)


def best(found: Found) -> Candidate:
    assert found.candidates, found.tried
    return found.candidates[0]


async def test_a_known_provider_is_answered_without_the_network(outside: Outside) -> None:
    one = best(await look(outside, "mira@gmail.com"))
    assert (one.source, one.imap.host, one.needs_confirmation) == (
        "preset",
        "imap.gmail.com",
        False,
    )
    assert outside.asked == []


async def test_the_providers_own_file_comes_first_and_must_be_confirmed(outside: Outside) -> None:
    outside.page(AUTOCONFIG, config(user="%EMAILLOCALPART%", ways=("OAuth2", "password-cleartext")))
    outside.page(DIRECTORY, config("imap.directory.example"))
    found = await look(outside)
    one = best(found)
    assert (one.source, one.imap.host, one.imap.user) == (
        "autoconfig",
        "imap.firma.example",
        "Mira.Roth",
    )
    assert one.sign_in == ("oauth", "password")
    assert one.smtp is not None and one.smtp.text == "smtp.firma.example:587 (STARTTLS)"
    assert one.needs_confirmation
    assert [c.source for c in found.candidates] == ["autoconfig", "ispdb"]


async def test_the_public_directory_learns_only_the_domain(outside: Outside) -> None:
    outside.page(DIRECTORY, config())
    assert best(await look(outside)).source == "ispdb"
    to_directory = [line for line in outside.asked if "thunderbird" in line]
    assert to_directory and not any("Mira" in line for line in to_directory)


async def test_the_mail_exchanger_tells_the_provider(outside: Outside) -> None:
    outside.records["firma.example", "MX"] = [
        "20 alt1.aspmx.l.google.com.",
        "10 aspmx.l.google.com.",
    ]
    one = best(await look(outside))
    assert (one.source, one.provider.id if one.provider else "") == ("mx", "gmail")
    assert one.sign_in[0] == "app_password" and one.needs_confirmation


async def test_an_exchanger_nobody_knows_is_looked_up_by_its_own_domain(outside: Outside) -> None:
    outside.records["firma.example", "MX"] = ["10 mx1.hoster.example."]
    outside.page(
        "https://autoconfig.thunderbird.net/v1.1/hoster.example", config("imap.hoster.example")
    )
    assert best(await look(outside)).imap.host == "imap.hoster.example"


async def test_nothing_found_is_told_from_no_network(outside: Outside) -> None:
    found = await look(outside)
    assert found.candidates == () and NO_NETWORK not in found.tried
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        network = replace(outside.network, dns_port=deaf.getsockname()[1])
        found = await discover(ADDRESS, network=network, seconds=0.5)
    assert found.candidates == () and found.tried[0] == NO_NETWORK


@pytest.mark.parametrize(
    ("records", "imap", "smtp"),
    [
        (
            {"_imaps": ["10 1 993 a.firma.example.", "0 1 993 b.firma.example."]},
            "b.firma.example:993 (TLS)", "",
        ),
        (
            {"_imaps": ["0 0 0 ."], "_imap": ["0 1 143 c.firma.example."]},
            "c.firma.example:143 (STARTTLS)", "",
        ),
        (
            {"_imaps": ["0 1 993 a.firma.example."], "_submissions": ["0 1 465 s.firma.example."],
             "_submission": ["0 1 587 t.firma.example."]},
            "a.firma.example:993 (TLS)", "s.firma.example:465 (TLS)",
        ),
        ({"_submissions": ["0 1 465 s.firma.example."]}, "", ""),
    ],
)  # fmt: skip
async def test_srv_records(
    records: dict[str, list[str]], imap: str, smtp: str, outside: Outside
) -> None:
    for name, texts in records.items():
        outside.records[f"{name}._tcp.firma.example", "SRV"] = texts
    found = await look(outside)
    said = [(c.imap.text, c.smtp.text if c.smtp else "") for c in found.candidates]
    assert said == ([(imap, smtp)] if imap else [])


async def test_a_srv_answer_with_a_known_host_brings_what_is_known(outside: Outside) -> None:
    outside.records["_imaps._tcp.firma.example", "SRV"] = ["0 1 993 imap.fastmail.com."]
    one = best(await look(outside))
    assert one.provider is not None and one.provider.id == "fastmail"
    assert one.sign_in == ("app_password",) and one.needs_confirmation


@pytest.mark.parametrize(
    ("certified", "greeting", "is_found"),
    [
        ("imap.firma.example", b"* OK IMAP4rev1\r\n", True),
        ("other.example", b"* OK IMAP4rev1\r\n", False),
        ("imap.firma.example", b"HTTP/1.1 400 Bad\r\n", False),
        ("imap.firma.example", b"* PREAUTH hello\r\n", False),
    ],
)
async def test_a_guess_counts_only_with_its_certificate_and_its_greeting(
    certified: str,
    greeting: bytes,
    is_found: bool,
    outside: Outside,
    authority: tuple[trustme.CA, str],
) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)

    context = server_context(authority[0], certified)
    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    outside.greets["imap.firma.example", 993] = greeting
    outside.ports["imap.firma.example:993"] = server.sockets[0].getsockname()[1]
    found = await look(outside)
    server.close()
    assert [c.source for c in found.candidates] == (["guess"] if is_found else [])


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (302, {"Location": "http://autoconfig.firma.example/mail/config-v1.1.xml"}, ""),
        (302, {"Location": AUTOCONFIG}, ""),
        (500, {}, config()),
        (200, {}, config() + " " * MOST_OCTETS),
        (200, {"Content_Encoding": "gzip"}, b"\x1f\x8b" + b"\0" * 20),
        (200, {}, config().encode("utf-16")),
        (200, {}, "<!DOCTYPE c [<!ENTITY a 'x'>]>" + config()),
        (200, {}, "<html>Not found</html>"),
    ],
    ids=["to-http", "circle", "500", "large", "gzip", "utf-16", "entities", "html"],
)
async def test_answers_that_are_not_taken(
    status: int, headers: dict[str, str], body: str | bytes, outside: Outside
) -> None:
    outside.page(AUTOCONFIG, body, status, **headers)
    found = await look(outside)
    assert found.candidates == ()
    assert any(line.startswith("GET https://autoconfig.firma.example") for line in outside.asked)
    assert not any(line.startswith("GET http://") for line in outside.asked)


async def test_a_redirect_within_https_is_followed(outside: Outside) -> None:
    target = "https://www.firma.example/real.xml"
    outside.page(AUTOCONFIG, "", 301, Location=target)
    outside.page(target, config())
    assert best(await look(outside)).source == "autoconfig"


async def test_a_server_that_never_answers_costs_no_more_than_the_deadline(
    outside: Outside,
) -> None:
    outside.silent = {"autoconfig.firma.example", "autoconfig.thunderbird.net"}
    outside.records["_imaps._tcp.firma.example", "SRV"] = ["0 1 993 imap.firma.example."]
    started = time.monotonic()
    found = await look(outside, seconds=1.0)
    assert time.monotonic() - started < 3
    assert best(found).source == "srv"
    assert "autoconfig: no answer in time" in found.tried


@pytest.mark.parametrize(
    "address", ["", "mira", "@firma.example", "mira@", "mira@127.0.0.1", "m@a b.c"]
)
async def test_what_is_no_address_is_refused(address: str, outside: Outside) -> None:
    with pytest.raises(ConfigError):
        await look(outside, address)
    assert outside.asked == []


@pytest.mark.parametrize(
    "text",
    [
        config(security="plain"),
        config("127.0.0.1"),
        config("imap.firma.example; rm"),
        config(port="0"),
        config(port="99999"),
        config(port="²"),
        config("%EMAILADDRESS%"),
        "<clientConfig/>",
        "",
    ],
)  # fmt: skip
def test_a_file_without_a_safe_imap_server_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        read_autoconfig(text.encode(), ADDRESS, "autoconfig")
