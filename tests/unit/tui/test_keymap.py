"""Keys: the table, the presets, and every way the [keys] section can be wrong."""

from __future__ import annotations

import pytest
from textual import events

from tui_mail.config.keymap import HARD_WIRED, Bindable, build, split_keys
from tui_mail.errors import ConfigError
from tui_mail.tui.commands import BY_ID, COMMANDS, PRESETS, keymap, shown_key
from tui_mail.tui.shell import key_name


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_free_of_clashes(preset: str) -> None:
    keys = keymap(preset, {})
    for command in COMMANDS:
        assert keys.keys[command.id], command.id
        for context in command.contexts:
            for key in keys.keys[command.id]:
                assert keys.command(context, key) == command.id


def test_command_ids_are_unique_and_every_preset_names_real_ones() -> None:
    assert len(BY_ID) == len(COMMANDS)
    for preset in PRESETS.values():
        assert set(preset) <= set(BY_ID)


@pytest.mark.parametrize(
    ("preset", "key", "command"),
    [
        ("default", "a", "mail.archive"),
        ("default", "e", "mail.archive"),
        ("default", "#", "mail.delete"),
        ("default", "g g", "list.top"),
        ("default", "* u", "list.select_unread"),
        ("default", "g ,", "go.settings"),
        ("gmail", "a", "mail.reply_all"),
        ("gmail", "m", "mail.mute"),
        ("gmail", "e", "mail.archive"),
        ("mutt", "g", "mail.reply_all"),
        ("mutt", "c i", "go.inbox"),
        ("mutt", "c ,", "go.settings"),
        ("mutt", "s", "mail.move"),
        ("mutt", "t", "list.select"),
    ],
)
def test_what_a_key_means(preset: str, key: str, command: str) -> None:
    assert keymap(preset, {}).command("inbox", key) == command


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"mail.archvie": "y"}, ["mail.archvie", "Did you mean `mail.archive`"]),
        ({"mail.archive": "r"}, ["`r`", "mail.archive", "mail.reply"]),
        ({"mail.archive": "g"}, ["`g g`", "mail.archive", "list.top"]),
        ({"mail.archive": "j x"}, ["mail.archive", "list.down"]),
        ({"mail.archive": "hyper+q"}, ["hyper+q", "no key"]),
        ({"mail.archive": "alt+a"}, ["alt+a", "no key"]),
        ({"mail.archive": "ctrl+i"}, ["ctrl+i", "cannot send"]),
        ({"mail.archive": "enter"}, ["enter", "keeps its own meaning"]),
        ({"mail.archive": "?"}, ["`?`", "keeps its own meaning"]),
        ({"list.down": "ctrl+d"}, ["ctrl+d", "list.half_down"]),
    ],
)
def test_a_wrong_key_is_refused_by_name(overrides: dict[str, str], words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        keymap("default", overrides)
    for word in words:
        assert word in str(caught.value)


def test_a_users_key_replaces_the_default_ones() -> None:
    keys = keymap("default", {"mail.archive": "f9, ctrl+y", "mail.reply_all": "a"})
    assert keys.command("inbox", "f9") == keys.command("inbox", "ctrl+y") == "mail.archive"
    assert keys.command("inbox", "a") == "mail.reply_all"
    assert keys.command("inbox", "e") is None


def test_the_hard_wired_keys_survive_every_override() -> None:
    emptied = {command.id: "" for command in COMMANDS}
    keys = keymap("default", emptied)
    assert {key for key in HARD_WIRED if keys.command("inbox", key)} == HARD_WIRED


def test_the_same_key_may_mean_two_things_on_two_screens() -> None:
    one = Bindable("a.one", ("x",), frozenset({"inbox"}))
    two = Bindable("a.two", ("x",), frozenset({"message"}))
    keys = build([one, two], {}, {})
    assert (keys.command("inbox", "x"), keys.command("message", "x")) == ("a.one", "a.two")


def test_what_may_follow_a_prefix() -> None:
    following = keymap("default", {}).following("inbox", "*")
    assert set(following) == {"a", "n", "u", "r", "s"}


@pytest.mark.parametrize(
    ("text", "keys"),
    [("a, e", ("a", "e")), ("g i", ("g i",)), ("comma", (",",)), ("", ()), ("g comma", ("g ,",))],
)
def test_keys_as_they_are_written(text: str, keys: tuple[str, ...]) -> None:
    assert split_keys(text) == keys


@pytest.mark.parametrize(
    ("key", "character", "name"),
    [
        ("number_sign", "#", "#"),
        ("upper_r", "R", "R"),
        ("space", " ", "space"),
        ("enter", "\r", "enter"),
        ("ctrl+r", "\x12", "ctrl+r"),
        ("escape", "\x1b", "escape"),
        ("pagedown", None, "pagedown"),
    ],
)
def test_a_key_press_as_the_keymap_writes_it(key: str, character: str | None, name: str) -> None:
    assert key_name(events.Key(key, character)) == name


@pytest.mark.parametrize(
    ("sequence", "shown"),
    [("ctrl+r", "Ctrl-r"), ("g i", "g i"), ("escape", "Esc"), ("a", "a"), ("home", "Home")],
)
def test_keys_as_people_read_them(sequence: str, shown: str) -> None:
    assert shown_key(sequence) == shown
