"""Notices of new mail: what is news, what is written, and that nothing in it steers a terminal."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from tests.profiles import profile
from tests.tui.factory import FixedClock
from tests.unit.filing.world import NOW, OWN, letter, make_world
from tui_mail.actions.context import open_context
from tui_mail.config import save
from tui_mail.store import news
from tui_mail.tui import notices
from tui_mail.tui.notices import FRESH_SECONDS, Notices, sequence, words

HOSTILE = "\x1b]52;c;aGk=\x07;rm -rf\x9b31m\u202e\ntwo"


@pytest.mark.parametrize(
    ("how", "in_tmux", "said"),
    [
        ("osc9", False, "\x1b]9;Anna: Offer; v2\x07"),
        ("osc777", False, "\x1b]777;notify;Anna;Offer, v2\x07"),
        ("osc9", True, "\x1bPtmux;\x1b\x1b]9;Anna: Offer; v2\x07\x1b\\"),
    ],
)
def test_the_sequence(how: str, in_tmux: bool, said: str) -> None:
    assert sequence(how, "Anna", "Offer; v2", in_tmux=in_tmux) == said


@pytest.mark.parametrize("how", ["osc9", "osc777"])
def test_a_hostile_mail_ends_no_sequence_early(how: str) -> None:
    title, body = words(news.News(1, 1, HOSTILE, HOSTILE))
    said = sequence(how, title, body, in_tmux=False)
    inner = said[1:-1]
    assert said[0] == "\x1b" and said[-1] == "\x07"
    assert all(char.isprintable() for char in inner)
    assert how == "osc9" or said.count(";") == 3


@pytest.mark.parametrize(
    ("count", "title", "body"),
    [(1, "Anna", "Offer"), (3, "3 new mails", "Anna: Offer")],
)
def test_several_are_one_notice(count: int, title: str, body: str) -> None:
    assert words(news.News(9, count, "Anna", "Offer")) == (title, body)


def test_what_is_news(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.file(letter("before"))
    (first,) = world.rows("SELECT max(id) FROM messages")[0]
    world.file(letter("new"))
    world.file(letter("read"), flags=1)
    world.file(letter("old"), at=NOW - 2 * FRESH_SECONDS)
    world.file(letter("archived"), folder="archive")
    world.file(letter("own", sender=OWN))
    world.file(letter("muted"))
    world.conn.execute(
        "UPDATE conversations SET muted_at = 1 WHERE id = (SELECT conversation_id FROM messages"
        " WHERE message_id = '<muted@x.example>')"
    )
    found = news.since(world.conn, int(str(first)), NOW - FRESH_SECONDS)
    assert (found.count, found.sender, found.subject) == (1, "Anna", "About new")
    assert news.since(world.conn, found.newest, NOW - FRESH_SECONDS).count == 0


@pytest.mark.parametrize(("how", "told"), [("off", 0), ("osc9", 1)])
async def test_only_what_comes_later_is_told_and_only_when_wanted(
    tmp_path: Path, how: str, told: int
) -> None:
    paths = profile(tmp_path)
    save.set_value(paths.config_file, "screen.notify", how)
    world = make_world(paths.data_dir)
    world.file(letter("before"), at=NOW + 10)
    ctx = await open_context(paths, clock=FixedClock(NOW))
    try:
        written: list[str] = []
        notice = Notices(ctx, written.append)
        await notice.look()
        await notice.look()
        assert written == []
        world.file(letter("new"), at=ctx.now())
        await notice.look()
        await notice.look()
        assert len(written) == told
    finally:
        await ctx.close()


async def test_the_desktop_gets_it_as_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "notify-send"
    program.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"json.dump([sys.argv[1:], sorted(os.environ)], open({str(told)!r}, 'w'))\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    monkeypatch.setenv("TUI_MAIL_SECRET", "never")
    assert await notices.on_desktop("--help", "<b>Offer</b>")
    arguments, names = json.loads(told.read_text())
    assert arguments == ["--app-name=tui_mail", "--", "--help", "&lt;b&gt;Offer&lt;/b&gt;"]
    assert "TUI_MAIL_SECRET" not in names
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert not await notices.on_desktop("a", "b")
