"""OAuth for mail: PKCE, loopback, pasting, device codes, fresh tokens, plain words (SEC-32)."""

from __future__ import annotations

import datetime
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

from tests.oauth_server import SCOPES, OauthServer, serving_tokens
from tui_mail.accounts import oauth, secrets
from tui_mail.accounts.credentials import Credential
from tui_mail.accounts.loopback import Loopback
from tui_mail.accounts.oauth import Tokens, TokenServer
from tui_mail.config.paths import Paths, profile_paths
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import AuthError, SecretError, TransportError, TuiMailError


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OauthServer]:
    with serving_tokens(tmp_path) as found:
        yield found


def client(server: OauthServer, client_id: str = "client-1", secret: str = "") -> TokenServer:
    return TokenServer(server.issuer, client_id, secret, ca_file=server.ca_file)


def browse(url: str, ca_file: str) -> str:
    """Open an address as a browser does, the redirect included; the address it ends at."""
    context = ssl.create_default_context(cafile=ca_file)
    with urllib.request.urlopen(url, timeout=10, context=context) as answer:
        assert b"Signed in" in answer.read()
        return str(answer.url)


# -- signing in -------------------------------------------------------------------------------


def test_the_browser_brings_the_code_to_this_machine(server: OauthServer) -> None:
    with Loopback() as loopback:
        pending = oauth.begin(server.issuer, "client-1", loopback.redirect_uri, "m@firma.example")
        browser = threading.Thread(target=browse, args=(pending.url, server.ca_file))
        browser.start()
        code = oauth.code_of(pending, loopback.take())
        browser.join(10)
    tokens = client(server).exchange(pending, code)
    assert (tokens.access_token, tokens.refresh_token) == ("access-2", "refresh-2")
    assert server.asked[0]["code_verifier"] == pending.verifier
    with pytest.raises(AuthError):
        client(server).exchange(pending, code)


def test_what_a_stranger_sends_to_the_loopback_port_is_not_an_answer(server: OauthServer) -> None:
    with Loopback() as loopback:
        pending = oauth.begin(server.issuer, "client-1", loopback.redirect_uri, "m@firma.example")
        for path in ("/favicon.ico", "/?code=evil&state=guess", "/?code=evil"):
            stranger = threading.Thread(
                target=lambda path=path: _ignore(f"{loopback.redirect_uri}{path}")
            )
            stranger.start()
            answer = loopback.take()
            stranger.join(10)
            if answer:
                with pytest.raises(AuthError, match="not the answer"):
                    oauth.code_of(pending, answer)
    assert server.asked == []


def _ignore(url: str) -> None:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        pass


def test_the_address_can_be_pasted_whole_or_in_part(server: OauthServer) -> None:
    pending = oauth.begin(server.issuer, "client-1", "http://127.0.0.1:9", "m@firma.example")
    query = f"state={pending.state}&code=c%2F1"
    for pasted in (f"  http://127.0.0.1:9/?{query}#x \n", query):
        assert oauth.code_of(pending, pasted).rstrip("#x") == "c/1"
    for pasted in ("", "c/1", "http://127.0.0.1:9/?code=c", f"state={pending.state}"):
        with pytest.raises(AuthError):
            oauth.code_of(pending, pasted)
    with pytest.raises(AuthError, match="declined"):
        oauth.code_of(pending, f"?state={pending.state}&error=access_denied")


def test_each_sign_in_has_its_own_state_and_verifier(server: OauthServer) -> None:
    made = [oauth.begin(server.issuer, "c", "http://127.0.0.1:9", "m@x") for _ in range(20)]
    assert len({one.state for one in made}) == len({one.verifier for one in made}) == 20
    assert all(one.verifier not in one.url for one in made)
    assert "code_challenge_method=S256" in made[0].url


def test_a_device_code_waits_at_the_pace_the_server_wants(server: OauthServer) -> None:
    device = client(server).device()
    assert device.user_code == "ABCD-EFGH"
    server.answers = [
        (400, {"error": "authorization_pending"}),
        (400, {"error": "slow_down"}),
        (400, {"error": "authorization_pending"}),
    ]
    slept: list[float] = []
    tokens = client(server).wait_for(device, sleep=slept.append)
    assert tokens.access_token == "access-1"
    assert slept == [5, 5, 10, 10]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([(400, {"error": "authorization_declined"})], "declined"),
        ([(400, {"error": "expired_token"})], "expired before"),
        ([(400, {"error": "authorization_pending"})] * 30, "expired before"),
    ],
)
def test_a_device_code_ends(answers: list[Any], said: str, server: OauthServer) -> None:
    server.answers = answers
    with pytest.raises(AuthError, match=said):
        client(server).wait_for(client(server).device(), sleep=lambda _: None)


# -- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "said", "kind", "words"),
    [
        (400, {"error": "invalid_grant"}, AuthError, "expired or was withdrawn"),
        (400, {"error": "invalid_grant", "error_description": "AADSTS65001: no consent"}, AuthError,
         "administrator"),
        (400, {"error": "invalid_grant", "error_description": "AADSTS53003: policy"}, AuthError,
         "policy blocks"),
        (400, {"error": "invalid_grant", "error_description": "AADSTS50076: mfa"}, AuthError,
         "second factor"),
        (400, {"error": "invalid_scope"}, AuthError, "scope is missing"),
        (401, {"error": "invalid_client"}, AuthError, "client id"),
        (400, {"error": "admin_policy_enforced"}, AuthError, "policy blocks"),
        (400, {"error": "\x1b[31mnew"}, AuthError, "refuses"),
        (503, b"<html>", TransportError, "does not answer now"),
        (429, {"error": "slow"}, TransportError, "does not answer now"),
        (400, {"error": "temporarily_unavailable"}, TransportError, "does not answer now"),
        (200, b"<html>", TransportError, "cannot be read"),
        (200, {"token": 1}, TransportError, "no token"),
        (200, {"access_token": "a\r\nb"}, TransportError, "no token"),
        (200, b"x" * 300_000, TransportError, "too large"),
        (302, b"", AuthError, "status 302"),
    ],
)  # fmt: skip
def test_refusals_are_told_in_plain_words(
    status: int, said: Any, kind: type[TuiMailError], words: str, server: OauthServer
) -> None:
    server.answers = [(status, said)]
    old = Tokens("a", server.issuer.token_url, "client-1", "refresh-0")
    with pytest.raises(kind, match=words) as caught:
        client(server).refresh(old)
    assert type(caught.value) is kind
    assert "\x1b" not in str(caught.value)


def test_an_unticked_box_on_the_consent_page_is_told_at_once(server: OauthServer) -> None:
    server.scope = f"openid {SCOPES[0]}"
    server.refresh_tokens = {"r"}
    with pytest.raises(AuthError, match="SMTP is missing"):
        client(server).refresh(Tokens("a", server.issuer.token_url, "client-1", "r"))


def test_tokens_go_only_over_verified_https(server: OauthServer, tmp_path: Path) -> None:
    old = Tokens("a", server.issuer.token_url, "client-1", "r")
    with pytest.raises(TransportError):
        TokenServer(server.issuer, "client-1").refresh(old)
    clear = msgspec.structs.replace(old, token_url=old.token_url.replace("https", "http"))
    with pytest.raises(AuthError, match="HTTPS"):
        client(server).refresh(clear)
    assert server.asked == []


@pytest.mark.parametrize("kind", ["wrong-host", "expired", "self-signed"])
def test_a_token_server_with_a_bad_certificate_gets_nothing(kind: str, tmp_path: Path) -> None:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    make = {
        "wrong-host": lambda ca: ca.issue_cert("elsewhere.example"),
        "expired": lambda ca: ca.issue_cert("127.0.0.1", not_after=past),
        "self-signed": lambda ca: trustme.CA().issue_cert("127.0.0.1"),
    }[kind]
    with serving_tokens(tmp_path, make) as bad:
        with pytest.raises(TransportError, match="cannot be reached"):
            client(bad).refresh(Tokens("a", bad.issuer.token_url, "client-1", "r"))
        assert bad.asked == []


# -- fresh tokens -------------------------------------------------------------------------------


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    found = profile_paths(tmp_path / "home")
    found.prepare()
    return found


def signed_in(server: OauthServer, paths: Paths, *, life: int = 3600) -> AccountSettings:
    """An account whose tokens are kept."""
    server.life = life
    server.refresh_tokens = {"r"}
    account = AccountSettings(
        "work", "mira@firma.example", auth="oauth", secret="file", ca_file=server.ca_file
    )
    tokens = client(server).refresh(Tokens("", server.issuer.token_url, "client-1", "r"))
    secrets.write_secret(account, paths, tokens.text)
    server.asked.clear()
    server.life = 3600
    return account


def test_a_token_is_renewed_ahead_of_its_end_and_kept(server: OauthServer, paths: Paths) -> None:
    account = signed_in(server, paths, life=oauth.AHEAD + 60)
    assert oauth.access_token(account, paths) == "access-1"
    assert server.asked == []
    in_time = oauth.parse(secrets.read_secret(account, paths)).expires_at - oauth.AHEAD + 1
    assert oauth.access_token(account, paths, clock=lambda: float(in_time)) == "access-2"
    assert oauth.parse(secrets.read_secret(account, paths)).refresh_token == "refresh-2"
    assert [form["refresh_token"] for form in server.asked] == ["refresh-1"]


def test_many_sign_ins_at_once_renew_once(server: OauthServer, paths: Paths) -> None:
    account = signed_in(server, paths, life=1)
    got: list[str] = []
    threads = [
        threading.Thread(target=lambda: got.append(oauth.access_token(account, paths)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert got == ["access-2"] * 8
    assert len(server.asked) == 1


def test_a_token_another_process_renewed_is_taken_as_it_is(
    server: OauthServer, paths: Paths
) -> None:
    account = signed_in(server, paths)
    assert oauth.access_token(account, paths, rejected="access-0") == "access-1"
    assert server.asked == []
    assert oauth.access_token(account, paths, rejected="access-1") == "access-2"


def test_without_a_new_refresh_token_the_old_one_stays(server: OauthServer, paths: Paths) -> None:
    account = signed_in(server, paths, life=1)
    server.rotate = False
    oauth.access_token(account, paths)
    assert oauth.parse(secrets.read_secret(account, paths)).refresh_token == "refresh-1"


def test_a_password_is_no_sign_in(paths: Paths) -> None:
    account = AccountSettings("work", "mira@firma.example", auth="oauth", secret="file")
    secrets.write_secret(account, paths, "password")
    with pytest.raises(SecretError, match="no OAuth sign-in"):
        oauth.access_token(account, paths)


# -- what is given after a refusal (R13) --------------------------------------------------------


def test_a_rejected_password_is_not_given_again(paths: Paths) -> None:
    account = AccountSettings("work", "mira@firma.example", secret="file")
    secrets.write_secret(account, paths, "wrong")
    credential = Credential(account, paths)
    assert credential() == "wrong"
    assert not credential.refused()
    for _ in range(3):
        with pytest.raises(AuthError, match="not tried again"):
            credential()
    other = AccountSettings("other", "o@firma.example", secret="file")
    secrets.write_secret(other, paths, "elsewhere")
    assert not credential.is_other()
    secrets.write_secret(account, paths, "right")
    assert credential.is_other()
    assert credential() == "right"


def test_a_rejected_token_is_renewed_once(server: OauthServer, paths: Paths) -> None:
    credential = Credential(signed_in(server, paths), paths)
    assert credential() == "access-1"
    assert credential.refused()
    assert credential() == "access-2"
    assert not credential.refused()
    credential.forgive()
    assert credential() == "access-2"
    credential.accepted()
    assert credential.refused()
    assert credential() == "access-3"


def test_a_user_who_asks_for_another_try_gets_one(paths: Paths) -> None:
    account = AccountSettings("work", "mira@firma.example", secret="file")
    secrets.write_secret(account, paths, "locked out")
    credential = Credential(account, paths)
    credential()
    credential.refused()
    credential.forgive()
    assert credential() == "locked out"
