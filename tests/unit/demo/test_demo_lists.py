"""The demo's newsletters are left over HTTPS on this machine, and only by one-click."""

from __future__ import annotations

import re
import ssl

import httpx2

from tui_mail.demo.world import DemoWorld


async def test_a_newsletter_of_the_demo_is_left_by_one_request() -> None:
    async with DemoWorld(pause=(3600, 3600)) as world:
        account = world.imap.account("mira@northwind-studio.example")
        raws = [account.raw_of("INBOX", uid) for uid in account.uids("INBOX")]
        urls = [u for raw in raws for u in re.findall(rb"List-Unsubscribe:\s+<(https:[^>]+)>", raw)]
        assert urls
        for url in urls:
            assert url.startswith(b"https://127.0.0.1:%d/" % world.lists.port)
        verify = ssl.create_default_context(cafile=world.accounts[0].ca_file)
        async with httpx2.AsyncClient(verify=verify) as client:
            url = urls[0].decode()
            assert (await client.get(url)).status_code == 400
            done = await client.post(url, content=b"List-Unsubscribe=One-Click")
            assert done.status_code == 200
        assert len(world.lists.left) == 1
