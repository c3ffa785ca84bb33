"""Settings by keys: everything goes through the file, comments stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox
from tests.tui.steps import Journey
from tui_mail.actions import beginning, scope, sending
from tui_mail.config.load import load, write_text
from tui_mail.model.drafts import DraftContent
from tui_mail.tui.dialogs.ask import ConfirmScreen
from tui_mail.tui.screens.compose import ComposeScreen
from tui_mail.tui.screens.settings import SettingsScreen

Make = Callable[..., Mailbox]
COMMENTED = '# my own words\n[reading]\nmark_read = "never"  # because\n'


async def settings(journey: Journey) -> SettingsScreen:
    """Open the settings and wait for their rows."""
    await journey.pilot.press("g", ",")
    await journey.until(
        lambda: (
            isinstance(journey.app.screen, SettingsScreen) and bool(journey.app.screen.list.rows)
        )
    )
    found = journey.app.screen
    assert isinstance(found, SettingsScreen)
    return found


async def narrow(journey: Journey, words: str) -> None:
    """Leave only rows with these words."""
    await journey.press("/", *words, "enter")


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_a_switch_turns_and_the_comments_stay(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox(0, settings=COMMENTED)
    async with start(box, size) as journey:
        await settings(journey)
        await narrow(journey, "fold quotes")
        assert "Fold quoted text and signatures" in journey.screen
        await journey.press("enter")
        assert journey.app.ctx.settings.get("reading.fold_quotes") is False
    written = box.paths.config_file.read_text()
    assert "# my own words" in written
    assert 'mark_read = "never"  # because' in written
    assert load(box.paths.config_file).get("reading.fold_quotes") is False


@pytest.mark.parametrize(
    ("words", "typed", "expected"),
    [
        ("undo seconds", "abc", "is no whole number"),
        ("undo seconds", "9999", "must be between 0 and 600"),
    ],
)
async def test_a_value_that_cannot_be_is_refused_in_words(
    mailbox: Make, start: Start, words: str, typed: str, expected: str
) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        await settings(journey)
        await narrow(journey, words)
        await journey.press("enter", "backspace", "backspace", *typed, "enter")
        assert expected in journey.screen
        assert journey.app.ctx.settings.get("writing.undo_seconds") == 10
        await journey.press("escape")
        assert isinstance(journey.app.screen, SettingsScreen)


async def test_keys_are_rebound_at_once_and_a_clash_is_named(mailbox: Make, start: Start) -> None:
    box = mailbox(3)
    async with start(box) as journey:
        await settings(journey)
        await narrow(journey, "mail.star")
        await journey.press("enter", "backspace", *"a", "enter")
        assert "is wanted by" in journey.screen and "mail.archive" in journey.screen
        await journey.press("backspace", *"C", "enter")
        await journey.press("escape", "q", "C")
        assert [row.starred for row in journey.list.window.rows] == [1, 0, 0]
    assert load(box.paths.config_file).keys == {"mail.star": "C"}


async def test_a_file_broken_by_hand_is_shown_with_its_line(mailbox: Make, start: Start) -> None:
    box = mailbox(0, settings=COMMENTED)
    async with start(box, (120, 30)) as journey:
        broken = box.paths.config_file.read_text() + "paused = perhaps\n"
        write_text(box.paths.config_file, broken)
        await settings(journey)
        assert f"line {len(broken.splitlines())}" in " ".join(journey.screen.split())
        assert "Ctrl-e opens it" in journey.screen
        await narrow(journey, "fold quotes")
        await journey.press("enter")
        assert box.paths.config_file.read_text() == broken
        assert journey.app.ctx.settings.get("reading.fold_quotes") is True


async def test_an_account_is_paused_and_goes_on(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        await settings(journey)
        await journey.press("p")
        assert box.fetch("SELECT state FROM accounts") == [("paused",)]
        assert "paused" in journey.screen
        await journey.press("p")
        assert box.fetch("SELECT state FROM accounts") == [("not_started",)]


def two_accounts(box: Mailbox) -> None:
    """A second account beside the usual one."""
    second = '\n[[account]]\nid = "home"\naddress = "a@home.example"\nimap_host = "127.0.0.1"\n'
    more = 'smtp_host = "127.0.0.1"\n'
    write_text(box.paths.config_file, box.paths.config_file.read_text() + second + more)


async def test_receiving_is_stopped_and_goes_on_for_one_account(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(3)
    two_accounts(box)
    before = load(box.paths.config_file)
    async with start(box) as journey:
        await settings(journey)
        await journey.press("S")
        assert "work brings no more mail; sending still works." in journey.screen
        assert "receiving is stopped" in journey.screen
        stopped = load(box.paths.config_file)
        assert [(one.id, one.receive, one.paused) for one in stopped.accounts] == [
            ("work", False, False), ("home", True, False),
        ]  # fmt: skip
        await journey.press("S")
        assert "receiving is stopped" not in journey.screen
        assert load(box.paths.config_file).accounts == before.accounts
    assert box.fetch("SELECT count(*) FROM messages WHERE deleted_at IS NULL") == [(3,)]


async def test_mail_that_waits_in_an_account_that_is_removed_is_a_draft_again(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(2)
    two_accounts(box)
    async with start(box, (100, 30)) as journey:
        ctx = journey.app.ctx
        ids = dict(ctx.account_ids)
        await settings(journey)
        for slug in ("work", "home"):
            content = DraftContent(to="bo@example.org", subject=f"From {slug}", body="Text")
            draft = await beginning.new_draft(ctx, content=content, account_id=ids[slug])
            await sending.send(ctx, draft, at=ctx.now() + 86_400)
        await journey.press("D")
        assert "One mail waits to be sent: it becomes a draft again." in " ".join(
            journey.screen.split()
        )
        await journey.press("enter")
        assert "Undo does not bring it back" in " ".join(journey.screen.split())
        await journey.press("y")
        await journey.until(lambda: "work is out" in journey.screen)
        assert box.fetch("SELECT account_id, state FROM outbox ORDER BY id") == [
            (ids["work"], "cancelled"), (ids["home"], "held"),
        ]  # fmt: skip
        assert [one.id for one in load(box.paths.config_file).accounts] == ["home"]
        await journey.press("q", "g", "d", "enter")
        await journey.until(lambda: isinstance(journey.app.screen, ComposeScreen))
        await journey.until(lambda: "From work" in journey.screen)
    assert box.fetch("SELECT count(*) FROM outbox WHERE state = 'held'") == [(1,)]


async def test_removing_an_account_asks_and_keeps_its_mail(mailbox: Make, start: Start) -> None:
    box = mailbox(5)
    async with start(box) as journey:
        await settings(journey)
        await journey.press("D")
        for words in scope.MAIL_CHOICES.values():
            assert words in journey.screen, "whole, also on a narrow screen"
        await journey.press("enter", "n")
        assert box.fetch("SELECT state FROM accounts") == [("active",)]
        await journey.press("D", "enter", "y")
        assert box.fetch("SELECT state FROM accounts") == [("removed",)]
        assert box.fetch("SELECT count(*) FROM messages") == [(5,)]
        assert load(box.paths.config_file).accounts == ()


async def test_a_new_password_lets_a_rejected_account_try_again(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    text = box.paths.config_file.read_text()
    write_text(box.paths.config_file, text + 'secret = "file"\n')
    async with start(box, (120, 30)) as journey:
        box.fetch("UPDATE accounts SET state = 'auth_failed', reason = 'LOGIN failed'")
        await settings(journey)
        assert "auth failed: LOGIN failed" in journey.screen
        await journey.press("s", *"new-secret", "enter")
        assert "new-secret" not in journey.screen
        assert box.fetch("SELECT state FROM accounts") == [("connecting",)]
    assert "new-secret" in box.paths.secrets_file.read_text()
    assert box.paths.secrets_file.stat().st_mode & 0o777 == 0o600


async def test_a_file_changed_by_hand_is_in_use_a_moment_later(
    mailbox: Make, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.tui.settings_in_use.SECONDS", 0.05)
    box = mailbox(3, settings='[screen]\nkeys = "default"\n')
    async with start(box, (120, 30)) as journey:
        await journey.until(lambda: "settings" in {w.group for w in journey.app.workers})
        text = box.paths.config_file.read_text()
        write_text(box.paths.config_file, text.replace('"default"', '"gmail"'))
        await journey.until(lambda: "it is in use now" in journey.screen)
        assert journey.app.ctx.settings.get("screen.keys") == "gmail"
        write_text(box.paths.config_file, text + "sync_days = 'many [red]'\n")
        await journey.until(lambda: "sync_days" in journey.screen)
        assert f"line {len(text.splitlines()) + 1}" in journey.screen
        assert journey.app.ctx.settings.get("screen.keys") == "gmail", "nothing changed"
        write_text(box.paths.config_file, text.replace('"default"', '"gmail"'))
        await journey.until(lambda: "in order again" in journey.screen)


async def test_a_name_nothing_has_is_told_at_the_start_and_on_the_settings_screen(
    mailbox: Make, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.tui.settings_in_use.SECONDS", 0.05)
    box = mailbox(3, settings='[writing]\ndefault_account = "wrok"\n')
    async with start(box, (120, 30)) as journey:
        await journey.until(lambda: "no account `wrok`" in journey.screen)
        assert "line 2: `default_account`" in journey.screen
        await settings(journey)
        assert "names what is not there" in journey.screen
        await journey.press("/", *"default account", "enter", "enter", *"work", "enter")
        await journey.until(lambda: not journey.app.settings_doubts)
        assert journey.app.ctx.settings.get("writing.default_account") == "work"
        await journey.press("escape")
        assert "names what is not there" not in journey.screen


async def test_a_file_broken_while_the_settings_are_open_is_shown_there(
    mailbox: Make, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.tui.settings_in_use.SECONDS", 0.05)
    box = mailbox(0, settings=COMMENTED)
    async with start(box, (80, 24)) as journey:
        await journey.until(lambda: "settings" in {w.group for w in journey.app.workers})
        await settings(journey)
        good = box.paths.config_file.read_text()
        write_text(box.paths.config_file, f"{good}\npaused = perhaps\n")
        await journey.until(lambda: "Ctrl-e opens it" in journey.screen)
        line = f"line {len(good.splitlines()) + 2}"
        assert f"config.toml, {line}" in journey.lines[-2], "whole in the status line"
        write_text(box.paths.config_file, good)
        await journey.until(lambda: "Ctrl-e opens it" not in journey.screen)


async def test_a_rejected_account_has_a_banner_whose_key_opens_its_secret(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(3)
    text = box.paths.config_file.read_text()
    write_text(box.paths.config_file, text + 'secret = "file"\n')
    async with start(box) as journey:
        assert "in again" not in journey.screen
        box.fetch("UPDATE accounts SET state = 'auth_failed', reason = 'no [b]such[/b] user'")
        await journey.app.look()
        await journey.settled()
        assert "g @ signs work in again: no [b]such[/b] user" in journey.screen
        await journey.press("g", "@")
        await journey.until(lambda: "It is kept in: file" in journey.screen)
        await journey.press(*"better", "enter")
        await journey.press("q")
        assert "in again" not in journey.screen
    assert "better" in box.paths.secrets_file.read_text()


async def test_what_touches_mail_says_its_numbers_before_it_is_applied(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    from tests.tui.factory import mail

    box.arrive([mail(number) for number in range(4)])
    box.arrive([mail(90), mail(91)], at=box.clock.at - 200 * 86_400)
    async with start(box, (120, 40)) as journey:
        journey.app.ctx.settings = load(box.paths.config_file)
        await settings(journey)
        await narrow(journey, "sync days")
        await journey.press("enter")
        await journey.until(lambda: "From 0 to 36500" in journey.screen)
        await journey.press(*["backspace"] * 3, *"30", "enter")
        await journey.until(lambda: "Less is brought" in journey.screen)
        assert "2 mails that are here would not be brought today" in " ".join(
            journey.screen.split()
        )
        await journey.press("escape")
        assert load(box.paths.config_file).accounts[0].sync_days == 90
        await journey.press("enter", *["backspace"] * 3, *"30", "enter")
        await journey.until(lambda: "Less is brought" in journey.screen)
        await journey.press("enter")
        await journey.until(lambda: "Changed; what is here stays." in journey.screen)
        assert "would not be brought" not in journey.screen, "that was said before"
        assert load(box.paths.config_file).accounts[0].sync_days == 30
    assert box.fetch("SELECT count(*) FROM messages WHERE orphaned_at IS NULL") == [(6,)]


@pytest.mark.parametrize(
    ("size", "key", "typed", "said", "asks"),
    [
        (1000, "attachment limit", "10", "sync.attachment_limit_mb is now 10.", False),
        (20 << 20, "attachment limit", "10", "1 mails here are between 10 and 25 MB", True),
        (1000, "undo seconds", "20", "is now 20. It holds for mails sent from now on", False),
        (1000, "host connections", "8", "is now 8. 1 accounts connect anew", False),
        (1000, "sync days", "365", "More past mail is fetched", False),
        (1000, "sync days", "30", "Changed.", False),
    ],
)
async def test_only_what_touches_mail_is_asked_about(
    mailbox: Make, start: Start, size: int, key: str, typed: str, said: str, asks: bool
) -> None:
    box = mailbox(1)
    box.run("UPDATE messages SET size = ?", size)
    async with start(box, (140, 40)) as journey:
        screen = await settings(journey)
        await narrow(journey, key)
        await journey.press("enter")
        await journey.until(lambda: "Default:" in journey.screen and journey.app.screen != screen)
        await journey.press(*["backspace"] * 4, *typed, "enter")
        await journey.until(lambda: said in journey.screen)
        assert isinstance(journey.app.screen, ConfirmScreen) == asks


async def test_every_setting_of_the_file_is_on_the_screen(mailbox: Make, start: Start) -> None:
    from tui_mail.config.settings import ACCOUNT, GENERAL

    async with start(mailbox(0)) as journey:
        shown = await settings(journey)
        rows = shown.every_row()
        general = {row.item.key for row in rows if row.kind == "general"}
        account = {row.item[1].key for row in rows if row.kind == "account_field"}
        assert general == {setting.key for setting in GENERAL}
        assert account == {setting.key for setting in ACCOUNT} - {"id"}
        assert all("Default:" in row.help for row in rows if row.kind in ("general",))


async def test_accounts_are_told_apart_by_name_and_colour(mailbox: Make, start: Start) -> None:
    box = mailbox(3)
    text = box.paths.config_file.read_text()
    second = '\n[[account]]\nid = "home"\naddress = "a@home.example"\nimap_host = "127.0.0.1"\n'
    look = 'short_name = "Firm [red]"\ncolour = "green"\n'
    write_text(box.paths.config_file, text + look + second)
    async with start(box, (140, 45)) as journey:
        assert "Fir…" in journey.screen.splitlines()[2]
        row = journey.list.render_line(1)
        named = [part for part in row if part.text.strip() == "Fir…"]
        assert named and named[0].style is not None and named[0].style.color is not None
        assert named[0].style.color.name == "green"
        assert any("Firm [red]" in line for line in journey.lines), "in the left panel, as text"


async def test_a_value_changed_by_hand_is_not_overwritten_by_an_open_screen(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    async with start(box, (120, 40)) as journey:
        await settings(journey)
        await journey.press("enter")
        text = box.paths.config_file.read_text()
        write_text(box.paths.config_file, text + 'name = "By hand"\n')
        await journey.app.ctx.reload()
        await journey.app.look()
        await narrow(journey, "mirror inbox")
        await journey.press("enter")
    (account,) = load(box.paths.config_file).accounts
    assert (account.name, account.mirror_inbox) == ("By hand", False)


async def test_another_place_for_the_secret_takes_it_along(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    good = box.paths.config_file.read_text()
    write_text(box.paths.config_file, good + 'secret = "file"\n')
    write_text(box.paths.secrets_file, 'work = "canary"\n')

    async def choose(journey: Journey, place: str) -> None:
        await narrow(journey, "where the secret is")
        await journey.press("enter", "ctrl+u", *place, "enter")

    def place() -> str:
        return load(box.paths.config_file).accounts[0].secret

    async with start(box) as journey:
        await settings(journey)
        await journey.press("enter")
        await choose(journey, "nowhere")
        assert "is no place for a secret" in journey.screen and place() == "file"
        await choose(journey, "vault")
        await journey.press(*"long-enough", "enter", *"long-enough", "enter")
        await journey.until(lambda: place() == "vault")
        assert not box.paths.secrets_file.exists()
        await choose(journey, "file")
        await journey.until(lambda: place() == "file")
        assert "canary" in box.paths.secrets_file.read_text()
        box.paths.secrets_file.unlink()
        await choose(journey, "vault")
        assert "not moved" in journey.screen and place() == "file"
        await journey.press("n")
        assert place() == "file"
        await choose(journey, "vault")
        await journey.press("y")
        assert place() == "vault"


async def test_the_account_for_new_mail_is_one_there_is(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        await settings(journey)
        await narrow(journey, "default account")
        await journey.press("enter")
        assert "(empty)" in journey.screen and "work" in journey.screen
        await journey.press("down", "enter", "y")
        assert load(box.paths.config_file).get("writing.default_account") == "work"
