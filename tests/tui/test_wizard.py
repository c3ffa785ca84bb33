"""A new account by keys: back at every step, nothing written before the servers agreed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.oauth_server import SCOPES, serving_tokens
from tests.tui.conftest import Start
from tests.tui.factory import Mailbox, mail
from tests.tui.steps import Journey
from tui_mail.actions.wizard import change, free_slug
from tui_mail.config.load import load
from tui_mail.config.settings import AccountSettings
from tui_mail.demo.imap_server import ImapServer
from tui_mail.demo.smtp_sink import SmtpSink
from tui_mail.model.addresses import Address
from tui_mail.store import own_names
from tui_mail.tui.screens.browser import BrowserScreen
from tui_mail.tui.screens.wizard import WizardScreen
from tui_mail.tui.widgets.fields import LineField

Make = Callable[..., Mailbox]
HOSTILE = "Ev[red]il\u202e\x1b]0;x"
PRESET = """
[[provider]]
id = "firma"
name = "Firma [bold]"
sign_in = ["app_password"]
secret_page = "https://firma.example/app-passwords"
domains = ["firma.test"]
[provider.imap]
host = "127.0.0.1"
port = {imap}
security = "tls"
[provider.smtp]
host = "127.0.0.1"
port = {smtp}
security = "tls"
"""


@dataclass
class Servers:
    """What a new account is tried against."""

    imap: ImapServer
    sink: SmtpSink

    def describe(self, box: Mailbox) -> None:
        """Make the provider known."""
        text = PRESET.format(imap=self.imap.port, smtp=self.sink.port)
        box.paths.providers_file.write_text(text)


@asynccontextmanager
async def servers() -> AsyncIterator[Servers]:
    """Both, with one user who has a folder with a hostile name."""
    imap = ImapServer()
    imap.add_user("bo@firma.test", "right").create(HOSTILE.replace("\x1b", ""))
    async with imap, SmtpSink(users={"bo@firma.test": "right"}) as sink:
        yield Servers(imap, sink)


async def wizard(journey: Journey) -> WizardScreen:
    """Open it and type the address."""
    await journey.press("g", ",", "a")
    await journey.press(*"bo@firma.test", "enter")
    await journey.until(lambda: "step 2 of 7" in journey.screen)
    found = journey.app.screen
    assert isinstance(found, WizardScreen)
    return found


async def set_row(journey: Journey, words: str, *keys: str) -> None:
    """Find a row, change it, and show every row again."""
    await journey.press("/", *words, "enter", "enter", *keys, "escape")


async def plain(journey: Journey) -> None:
    """The embedded servers speak no TLS."""
    for name in ("imap security", "smtp security"):
        await set_row(journey, name, *"none", "enter")


async def to_the_test(journey: Journey, password: str) -> None:
    """From the servers to what they say."""
    await plain(journey)
    await journey.press("n")
    assert "app password" in journey.screen
    assert "https://firma.example/app-passwords" in journey.screen
    await journey.press("enter", *password, "enter")
    assert password not in journey.screen
    await journey.press("n")
    await journey.until(lambda: "SMTP:" in journey.screen)


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without one; secrets go into the file here, to keep these tests quick."""

    async def place() -> str:
        return "file"

    monkeypatch.setattr("tui_mail.actions.accounts.place_for_new_secret", place)


@pytest.mark.usefixtures("no_keyring")
@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_an_account_is_added_step_by_step(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox(0, account=False)
    async with servers() as there, start(box, size) as journey:
        there.describe(box)
        assert "There is no account yet" in journey.screen
        await wizard(journey)
        assert "known provider" in journey.screen
        await to_the_test(journey, "right")
        assert "✓ IMAP: signed in" in journey.screen
        assert "✓ SMTP: signed in" in journey.screen
        assert load(box.paths.config_file).accounts == ()
        await journey.press("n")
        await set_row(journey, "further", *"info@firma.test", "enter")
        await journey.press("n")
        assert "3 months" in journey.screen
        await set_row(journey, "what", *"only what", "enter")
        assert "[x] INBOX" in journey.screen
        assert "[x] Sent" in journey.screen
        assert "your own answers are missing" in journey.screen
        assert "\u202e" not in journey.screen
        await set_row(journey, "past mail", *"6 months", "enter")
        await journey.press("n")
        await set_row(journey, "new mail", *"shared", "enter")
        assert load(box.paths.config_file).accounts == ()
        await journey.press("n")
        await journey.until(lambda: not isinstance(journey.app.screen, WizardScreen))
    (kept,) = load(box.paths.config_file).accounts
    assert kept.id == "firma"
    assert kept.aliases == ("info@firma.test",)
    assert (kept.sync_scope, kept.sync_folders) == ("chosen", ("INBOX", "Sent"))
    assert kept.sync_days == 180
    assert (kept.default_visibility, kept.past_visibility) == ("shared", "private")
    assert "right" in box.paths.secrets_file.read_text()
    assert "right" not in box.paths.config_file.read_text()


@pytest.mark.usefixtures("no_keyring")
async def test_a_rejected_password_is_mended_by_going_back(mailbox: Make, start: Start) -> None:
    box = mailbox(0, account=False)
    async with servers() as there, start(box) as journey:
        there.describe(box)
        await wizard(journey)
        await to_the_test(journey, "wrong")
        assert "✗ IMAP" in journey.screen
        assert "✗ SMTP" in journey.screen
        assert "most providers want an app password" in " ".join(journey.screen.split())
        await journey.press("n")
        assert "step 4 of 7" in journey.screen
        assert "did not take it" in journey.screen
        await journey.press("b")
        assert "step 3 of 7" in journey.screen
        await set_row(journey, "password", *"right", "enter")
        await journey.press("n")
        await journey.until(lambda: "✓ SMTP" in journey.screen)
    assert load(box.paths.config_file).accounts == ()
    assert not box.paths.secrets_file.exists()


@pytest.mark.usefixtures("no_keyring")
async def test_an_account_is_kept_without_a_test_only_when_the_user_insists(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0, account=False)
    async with start(box) as journey:
        box.paths.providers_file.write_text(PRESET.format(imap=1, smtp=1))
        await wizard(journey)
        await to_the_test(journey, "right")
        assert "✗ IMAP: 127.0.0.1:1 cannot be reached" in " ".join(journey.screen.split())
        await journey.press("/", *"keep it all", "enter", "enter", "y")
        assert "step 5 of 7" in journey.screen
        await journey.press("n", "n", "n")
        await journey.until(lambda: not isinstance(journey.app.screen, WizardScreen))
    assert [one.address for one in load(box.paths.config_file).accounts] == ["bo@firma.test"]


@pytest.mark.usefixtures("no_keyring")
async def test_leaving_at_any_step_writes_nothing(mailbox: Make, start: Start) -> None:
    box = mailbox(0, account=False)
    before = box.paths.config_file.read_text()
    async with servers() as there, start(box) as journey:
        there.describe(box)
        await wizard(journey)
        await to_the_test(journey, "right")
        await journey.press("q", "n")
        assert "step 4 of 7" in journey.screen
        await journey.press("q", "y")
        assert not isinstance(journey.app.screen, WizardScreen)
    assert box.paths.config_file.read_text() == before
    assert not box.paths.secrets_file.exists()


OAUTH = """
[[oauth]]
id = "test"
name = "Test [red]"
authorize_url = "{base}/authorize"
token_url = "{base}/token"
device_url = "{base}/device"
scopes = {scopes}

[[provider]]
id = "firma"
name = "Firma"
sign_in = ["oauth"]
oauth = "test"
domains = ["firma.test"]
[provider.imap]
host = "127.0.0.1"
port = 1
security = "tls"
"""


@pytest.mark.usefixtures("no_keyring")
@pytest.mark.parametrize("way", ["pasted", "by code"])
async def test_signing_in_in_the_browser_shows_what_to_open_and_takes_the_answer(
    mailbox: Make, start: Start, tmp_path: Path, way: str
) -> None:
    box = mailbox(0, account=False)
    with serving_tokens(tmp_path) as tokens:
        async with start(box, (100, 30)) as journey:
            box.paths.providers_file.write_text(
                OAUTH.format(base=tokens.base, scopes=json.dumps(list(SCOPES)))
            )
            found = await wizard(journey)
            found.setup = change(found.setup, "ca_file", tokens.ca_file)
            await journey.press("n")
            assert "no password is kept" in journey.screen
            await set_row(journey, "sign in", "escape")
            await journey.press(*(["j"] if way == "by code" else []), "enter")
            await journey.until(lambda: "client id of your own" in journey.screen)
            await journey.press(*"client-1", "enter")
            if way == "pasted":
                await journey.until(lambda: "ssh -L" in journey.screen)
                screen = journey.app.screen
                assert isinstance(screen, BrowserScreen) and screen._begun is not None
                url = screen._begun.lines[1]
                assert url.startswith(f"{tokens.base}/authorize?")
                query = {key: value[0] for key, value in parse_qs(urlsplit(url).query).items()}
                journey.app.screen.query_one(LineField).load("http://127.0.0.1/?code=x&state=y")
                await journey.press("enter")
                assert "not the answer to this sign-in" in journey.screen
                journey.app.screen.query_one(LineField).load(tokens.authorize(query))
                await journey.press("enter")
            await journey.until(lambda: "signed in" in journey.screen, 20)
            assert found.setup.account.oauth_client == "client-1"
            assert found.setup.secret is not None and "access-" in found.setup.secret
            assert "access-" not in journey.screen
    assert load(box.paths.config_file).accounts == ()


async def test_addresses_found_in_sent_are_offered_and_known_ones_are_not(mailbox: Make) -> None:
    box = mailbox(0)
    for number, sender in enumerate(("Sales@firm.example", "ada@example.com", "bo@firma.test")):
        envelope = replace(mail(number), from_=(Address("", sender),), to=(Address("", "x@y.z"),))
        box.arrive([envelope], folder="sent")
    conn = box.connect()
    assert own_names.suggested(conn, "bo@firma.test") == ("Sales@firm.example",)
    conn.close()


@pytest.mark.parametrize(
    ("address", "taken", "slug"),
    [
        ("bo@firma.test", (), "firma"),
        ("bo@firma.test", ("firma", "firma2"), "firma3"),
        ("bo@Äpfel.example", (), "pfel"),
        ("bo@[::1]", (), "1"),
    ],
)
def test_a_new_account_gets_a_short_name_of_its_own(
    address: str, taken: tuple[str, ...], slug: str
) -> None:
    assert free_slug(address, taken) == slug


def test_secrets_are_not_in_what_is_shown_of_a_setup() -> None:
    from tui_mail.actions.wizard import begin, with_secret

    assert "canary" not in repr(with_secret(begin(), "canary"))
    assert AccountSettings("", "").secret == "keyring"
