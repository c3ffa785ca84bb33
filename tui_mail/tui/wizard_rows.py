"""The steps of a new account as rows. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tui_mail.actions import wizard
from tui_mail.actions.wizard import Setup, Step
from tui_mail.config.settings import ACCOUNT
from tui_mail.model.safe_text import one_line
from tui_mail.tui.setting_rows import SettingRow, help_of, shown_value, text_rows

FIELDS = {setting.key: setting for setting in ACCOUNT}
_SERVERS = (
    "imap_host", "imap_port", "imap_security", "imap_user", "smtp_host", "smtp_port",
    "smtp_security", "smtp_user", "name", "short_name", "id", "ca_file",
)  # fmt: skip
WAYS = {
    "password": "password or app password",
    "oauth": "in the browser (OAuth)",
    "xoauth2": "a command prints an access token",
}
_ON, _OFF = "[x]", "[ ]"
SCOPES = {
    "all": "everything, but not spam and trash",
    "chosen": "only what is ticked below",
}
PEOPLE = {"everyone": "mail with everyone", "contacts": "only mail with contacts"}
SIGHT = {
    "private": "only you",
    "shared": "also others who see what it is linked to",
}


def step_rows(setup: Setup, busy: str) -> Iterator[SettingRow]:
    """Everything of one step; `busy` is said instead of what can be done next."""
    if busy:
        yield from text_rows(busy)
    yield from {
        Step.ADDRESS: _address,
        Step.SERVERS: _servers,
        Step.SECRET: _secret,
        Step.TEST: _test,
        Step.ALIASES: _aliases,
        Step.SYNC: _sync,
        Step.SHARING: _sharing,
    }[setup.step](setup)


def _go(name: str, value: str = "", help_: str = "") -> SettingRow:
    return SettingRow("go", name, value, help_ or "Enter or n goes on; b or Esc goes back.")


def _field(setup: Setup, key: str, name: str = "", shown: str | None = None) -> SettingRow:
    setting, value = FIELDS[key], getattr(setup.account, key)
    words = one_line(shown_value(value), 120) if shown is None else shown
    return SettingRow("field", name or key.replace("_", " "), words, help_of(setting), setting)


def _address(setup: Setup) -> Iterator[SettingRow]:
    yield SettingRow("address", "address", setup.account.address or "(type it)",
                     "Enter types the e-mail address; its servers are looked for.")  # fmt: skip
    if setup.account.address:
        yield _go("Go on")


def _servers(setup: Setup) -> Iterator[SettingRow]:
    for line in wizard.source_words(setup):
        yield from text_rows(line)
    yield _go("Go on", "use these servers")
    for number, one in enumerate(setup.found):
        if number != setup.chosen:
            yield SettingRow(
                "candidate",
                "use instead",
                wizard.candidate_words(one),
                "Also found for this address.",
                number,
            )
    for key in _SERVERS:
        yield _field(setup, key)


def _secret(setup: Setup) -> Iterator[SettingRow]:
    account = setup.account
    for line in wizard.secret_words(setup):
        yield from text_rows(line)
    elsewhere = wizard.is_from_elsewhere(account)
    if setup.secret or elsewhere:
        yield _go("Go on", "try both servers")
    if account.auth == "oauth":
        state = "signed in" if setup.secret else "not yet"
        yield SettingRow("browser", "sign in", state, "Shows the address to open, and the line for"
                         " a browser on another machine.")  # fmt: skip
        yield SettingRow("code", "sign in by code", "", "A code to type on any device, where the"
                         " provider has that.")  # fmt: skip
        yield _field(setup, "oauth_client", "client id")
    elif not elsewhere:
        state = "typed, not yet kept" if setup.secret else "not yet"
        yield SettingRow("secret", "password", state, "Enter types it; it is not shown.")
    yield SettingRow("way", "signing in", WAYS[account.auth], help_of(FIELDS["auth"]))
    yield SettingRow("place", "kept in", one_line(account.secret, 100),
                     help_of(FIELDS["secret"]))  # fmt: skip


def _test(setup: Setup) -> Iterator[SettingRow]:
    for line in setup.lines:
        yield from text_rows(f"{'✓' if line.ok else '✗'} {line.server}: {line.text}")
    if setup.passed:
        yield _go("Go on")
    yield SettingRow("again", "Test", "again" if setup.lines else "now",
                     "Sign in to both servers; no mail is sent.")  # fmt: skip
    if setup.lines and not setup.passed:
        yield SettingRow("insist", "Keep it all the same", "", "For a server that is down now; the"
                         " sync tries again and says what is wrong.")  # fmt: skip
    if archive := wizard.archive_words(setup):
        yield SettingRow("archive", "archived mail goes to", archive,
                         "Enter changes between the server and only here.")  # fmt: skip


def _aliases(setup: Setup) -> Iterator[SettingRow]:
    for line in ("Mail to and from these is yours too: it is never screened, never linked to you"
                 " as a contact, and you can write from it.",):  # fmt: skip
        yield from text_rows(line)
    yield _go("Go on")
    yield _field(setup, "aliases", "further addresses")
    for address in setup.suggested:
        on = address in setup.account.aliases
        yield SettingRow("alias", f"{_ON if on else _OFF} {one_line(address, 60)}", "found in Sent",
                         "Enter ticks it.", address)  # fmt: skip


def _sync(setup: Setup) -> Iterator[SettingRow]:
    account = setup.account
    yield _go("Go on")
    yield _field(setup, "sync_scope", "what", SCOPES[account.sync_scope])
    yield SettingRow("past", "past mail", wizard.past_words(account.sync_days),
                     "More can be brought at any time; less deletes nothing.")  # fmt: skip
    yield _field(setup, "past_mail", "of past mail", PEOPLE[account.past_mail])
    if account.sync_scope != "chosen":
        return
    word = "Labels" if setup.labels else "Folders"
    yield SettingRow("title", word)
    if setup.labels:
        yield from text_rows("A label brings the whole conversation, answers without it too.")
    for one in setup.folders:
        mark = _ON if one.name in account.sync_folders else _OFF
        yield SettingRow("folder", f"{mark} {one.shown}", one.reason, "Enter ticks it.", one.name)


def _sharing(setup: Setup) -> Iterator[SettingRow]:
    account = setup.account
    for line in ("Private mail never leaves this machine's database. It can be changed for each"
                 " conversation at any time (S).",):  # fmt: skip
        yield from text_rows(line)
    yield _go("Add the account", "its mail comes at once")
    yield _field(setup, "default_visibility", "new mail", SIGHT[account.default_visibility])
    yield _field(setup, "past_visibility", "past mail", SIGHT[account.past_visibility])
