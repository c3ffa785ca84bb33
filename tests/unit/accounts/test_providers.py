"""The data file of providers: complete, checked, and open to the user's own word (F1)."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

import pytest

from tui_mail.accounts.candidates import of_provider, with_candidate
from tui_mail.accounts.providers import Provider, load_providers, shipped
from tui_mail.config.settings import AccountSettings
from tui_mail.demo.personality import personalities
from tui_mail.errors import ConfigError

NAMED = {
    "gmail", "yahoo", "office365", "outlook", "exchange", "icloud", "aol", "fastmail", "gandi",
    "gmx", "yandex", "mailru", "godaddy", "hover", "namecheap", "bluehost", "soverin", "zimbra",
    "123-reg", "126", "163", "yeah", "qq", "aliyun", "139", "imap",
}  # fmt: skip
EVERY = pytest.mark.parametrize("provider", shipped().providers, ids=lambda one: one.id)


def test_every_provider_of_the_list_is_there_once() -> None:
    ids = [provider.id for provider in shipped().providers]
    assert set(ids) >= NAMED
    assert len(ids) == len(set(ids))
    domains = [domain for one in shipped().providers for domain in one.domains]
    assert len(domains) == len(set(domains))


@EVERY
def test_an_entry_holds_together(provider: Provider) -> None:
    profiles = tomllib.loads(
        resources.files("tui_mail.imap").joinpath("quirks.toml").read_text("utf-8")
    )["profile"]
    assert provider.source and provider.checked
    assert set(provider.quirks) <= {profile["name"] for profile in profiles}
    assert (provider.imap is None) == (provider.smtp is None)
    for server in (provider.imap, provider.smtp):
        if server is not None:
            assert (server.port in (993, 465)) == (server.security == "tls")
    assert ("oauth" in provider.sign_in) <= bool(provider.oauth or provider.id == "imap")
    assert all(domain == domain.lower() for domain in (*provider.domains, *provider.mx))
    if {"app_password", "authorization_code"} & {provider.sign_in[0]} and provider.id != "139":
        assert provider.secret_page.startswith("https://")


def test_every_entry_says_where_its_values_come_from() -> None:
    for provider in shipped().providers:
        assert set(provider.unconfirmed) < {
            key for key in provider.__struct_fields__ if getattr(provider, key)
        }, provider.id
    assert all(issuer.source for issuer in shipped().issuers)
    assert all(one.source for one in personalities())


def test_a_page_that_is_not_confirmed_is_shown_as_such() -> None:
    gmail, yandex = (shipped().provider(name) for name in ("gmail", "yandex"))
    assert gmail and gmail.secret_place == gmail.secret_page
    assert yandex and yandex.secret_place.startswith(yandex.secret_page + " (not confirmed")


@EVERY
def test_an_address_of_the_provider_becomes_an_account(provider: Provider) -> None:
    for domain in provider.domains:
        assert shipped().of_address(f"Mira@{domain.upper()}") is provider
    for suffix in provider.mx:
        assert shipped().of_exchangers([f"x.{suffix}."]) is provider
    found = of_provider(provider, "mira@firma.example")
    if found is None:
        assert provider.imap is None
        return
    account = with_candidate(AccountSettings("work", "mira@firma.example"), found)
    assert account.imap_host and "{" not in account.imap_host + account.smtp_host
    assert account.provider == provider.id
    assert account.auth == ("oauth" if provider.sign_in[0] == "oauth" else "password")
    assert account.sent_copy == provider.sent


def test_the_user_name_can_differ_between_the_servers() -> None:
    icloud = shipped().provider("icloud")
    assert icloud is not None
    found = of_provider(icloud, "mira@me.com")
    assert found is not None
    account = with_candidate(AccountSettings("i", "mira@me.com"), found)
    assert (account.imap_user, account.smtp_user) == ("mira", "mira@me.com")


def test_the_users_file_changes_keys_and_adds_providers(tmp_path: Path) -> None:
    path = tmp_path / "providers.toml"
    path.write_text(
        '[[provider]]\nid = "gmail"\nimap = { port = 1993 }\n'
        '[[provider]]\nid = "firma"\nname = "Firma"\nsign_in = ["password"]\n'
        'domains = ["firma.example"]\n'
        'imap = { host = "mx.firma.example", port = 143, security = "starttls" }\n'
        '[[oauth]]\nid = "microsoft"\ntoken_url = "https://login.example/tenant/token"\n'
    )
    directory = load_providers(path)
    gmail, firma = directory.provider("gmail"), directory.of_address("m@firma.example")
    assert gmail is not None and gmail.imap is not None
    assert (gmail.imap.host, gmail.imap.port) == ("imap.gmail.com", 1993)
    assert firma is not None and firma.name == "Firma"
    microsoft = directory.issuer("microsoft")
    assert microsoft is not None and microsoft.token_url == "https://login.example/tenant/token"
    assert load_providers(tmp_path / "absent.toml") is shipped()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[provider]]\nid = "gmail"\nimap = { port = 0 }', ("gmail", "imap.port")),
        ('[[provider]]\nid = "gmail"\nimapp = 1', ("gmail", "imapp")),
        ('[[provider]]\nid = "gmail"\nsign_in = ["magic"]', ("gmail", "sign_in")),
        ('[[provider]]\nid = "mine"\nname = "x"', ("mine", "sign_in")),
        ('[[provider]]\nname = "x"', ("entry 1", "id")),
        ('[[provider]]\nid = "gmail"\noauth = "nobody"', ("gmail", "nobody")),
        ('[[oauth]]\nid = "google"\ntoken_url = "http://x"', ("google", "token_url")),
        ('[provider]\nid = "x"', ("two brackets",)),
        ("other = 1", ("other",)),
        ("a b", ("line 1",)),
    ],
)
def test_errors_name_file_entry_and_key(text: str, said: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "providers.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_providers(path)
    for word in (str(path), *said):
        assert word in str(caught.value)
