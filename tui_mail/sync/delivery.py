"""Delivery of the outbox, step by step, so that no mail goes twice (§4.9).

What is lost before the final dot was not sent. Once the intent to send the dot is on disk only a
complete answer decides; everything else is UNCERTAIN and waits for proof or for the user.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tui_mail.accounts.credentials import Credential
from tui_mail.accounts.servers import smtp_settings
from tui_mail.errors import (
    AuthError,
    MailError,
    RefusedError,
    SecretError,
    TransportError,
    TuiMailError,
)
from tui_mail.filing.leftovers import ask_about_missed
from tui_mail.model import faults
from tui_mail.model.messages import Flag
from tui_mail.model.safe_text import safe_line
from tui_mail.store import accounts, operations, outbox
from tui_mail.store.folds import fold, recount
from tui_mail.store.outbox import Outgoing
from tui_mail.sync import receipts
from tui_mail.sync.desk import Desk

if TYPE_CHECKING:
    from tui_mail.smtp.replies import Reply
    from tui_mail.smtp.submission import SmtpSession

T = TypeVar("T")

PLAN = (60, 300, 900, 3600)
"""Seconds until the next try; then hourly (OUT-9)."""
GIVE_UP = 48 * 3600


class _Line:
    """A session and the thread it lives in."""

    def __init__(self, session: SmtpSession, thread: ThreadPoolExecutor) -> None:
        self.session = session
        self._thread = thread

    async def call(self, function: Callable[[SmtpSession], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, function, self.session)


def _sign_in(session: SmtpSession) -> None:
    session.connect()
    session.login()


def _naming(address: str) -> Callable[[SmtpSession], Reply]:
    return lambda session: session.rcpt_to(address)


class Delivery:
    """Sends one account's mails, one at a time, in a thread of its own."""

    def __init__(self, desk: Desk, secret: Credential, folder: Path) -> None:
        self._desk = desk
        self._secret = secret
        self._folder = folder
        self._session: SmtpSession | None = None

    def abort(self) -> None:
        """Cut the connection, from any thread."""
        if self._session is not None:
            self._session.abort()

    async def deliver_due(self) -> int:
        """Send what is due; returns how many mails reached an end of some kind.

        Raises AuthError when the server rejects the sign-in: the mail waits, no try is counted.
        """
        count = 0
        asked = await self._desk.db.write(ask_about_missed, self._desk.account_id, self._desk.now())
        self._desk.changed(asked)
        while True:
            mail = await self._desk.db.write(
                outbox.claim, self._desk.account_id, self._desk.lease, self._desk.now()
            )
            if mail is None:
                return count
            self._tell(mail)
            thread = ThreadPoolExecutor(1, thread_name_prefix="smtp")
            try:
                await self._deliver(mail, thread)
            finally:
                thread.shutdown(wait=False, cancel_futures=True)
            self._tell(mail)
            count += 1

    def _tell(self, mail: Outgoing) -> None:
        self._desk.publish("outbox", [mail.id])

    async def _deliver(self, mail: Outgoing, thread: ThreadPoolExecutor) -> None:
        line = self._line(thread)
        raw = await self._desk.db.read(outbox.raw, mail.id)
        try:
            try:
                await line.call(_sign_in)
            except SecretError:
                await self._step(mail, "queued")
                raise
            except AuthError:
                if not await asyncio.to_thread(self._secret.refused):
                    await self._step(mail, "queued")
                    raise
                await line.call(lambda s: s.close())
                line = self._line(thread)
                await self._once_more(mail, line)
            self._secret.accepted()
            await self._step(mail, "connected")
            await self._desk.db.write(
                accounts.set_server, self._desk.account_id, {"smtp_size": line.session.size_limit}
            )
            await self._submit(mail, raw, line)
        except (AuthError, SecretError):
            raise
        except TransportError as error:
            await self._retry(mail, error.message)
        except (RefusedError, MailError) as error:
            await self._step(mail, "failed", error=error.message)
        finally:
            self._session = None
            await line.call(lambda s: s.close())

    def _line(self, thread: ThreadPoolExecutor) -> _Line:
        from tui_mail.smtp.submission import SmtpSession

        self._session = SmtpSession(smtp_settings(self._desk.account), self._secret)
        return _Line(self._session, thread)

    async def _once_more(self, mail: Outgoing, line: _Line) -> None:
        """Sign in with a renewed token; the mail waits for the user when that is rejected too."""
        try:
            await line.call(_sign_in)
        except (AuthError, SecretError):
            await asyncio.to_thread(self._secret.refused)
            await self._step(mail, "queued")
            raise

    async def _submit(self, mail: Outgoing, raw: bytes, line: _Line) -> None:
        reply = await line.call(lambda s: s.mail_from(mail.mail_from, len(raw)))
        if not reply.accepted:
            await self._refused(mail, reply)
            return
        waiting = [
            person.address
            for person in await self._desk.db.read(outbox.recipients, mail.id)
            if person.state in ("waiting", "retry")
        ]
        accepted: list[str] = []
        refused: list[tuple[str, Reply]] = []
        later: list[tuple[str, Reply]] = []
        for address in waiting:
            reply = await line.call(_naming(address))
            if reply.accepted:
                accepted.append(address)
            elif reply.permanent:
                refused.append((address, reply))
            else:
                later.append((address, reply))
        await self._desk.db.write(_note_recipients, mail.id, refused, "refused")
        await self._desk.db.write(_note_recipients, mail.id, later, "retry")
        if refused:
            await line.call(lambda s: s.rset())
            names = ", ".join(address for address, _ in refused[:3])
            await self._step(
                mail,
                "failed",
                error=f"The server refuses {names}: {_words(refused[0][1])}. Nothing was sent.",
            )
            return
        if not accepted:
            await self._retry(mail, _words(later[0][1]) if later else "no recipient is left")
            return
        reply = await line.call(lambda s: s.data_begin())
        if reply.code != 354:
            await self._refused(mail, reply)
            return
        await self._step(mail, "envelope_ok")
        faults.point("smtp.body")
        await line.call(lambda s: s.send_body(raw))
        await self._step(mail, "body_sent")
        receipts.prepare(self._folder, mail.uuid)
        await self._step(mail, "dot_intent")
        faults.point("smtp.dot")
        await self._dot(mail, accepted, later, line)

    async def _dot(
        self,
        mail: Outgoing,
        accepted: list[str],
        later: list[tuple[str, Reply]],
        line: _Line,
    ) -> None:
        try:
            reply = await line.call(lambda s: s.send_dot())
        except TuiMailError as error:
            await self._uncertain(mail, error.message)
            return
        faults.point("smtp.answered")
        if reply.accepted:
            words = safe_line(reply.text, 200)
            receipts.record(self._folder, mail.uuid, f"accepted {words}")
            faults.point("smtp.receipt")
            await self._desk.db.write(
                _accepted,
                mail,
                self._desk.lease,
                words,
                accepted,
                bool(later),
                self._sent_policy(),
                self._desk.now(),
            )
            receipts.drop(self._folder, mail.uuid)
        elif reply.code == 421 or not (reply.transient or reply.permanent):
            await self._uncertain(mail, _words(reply))
        else:
            receipts.record(self._folder, mail.uuid, f"refused {_words(reply)}")
            await self._refused(mail, reply)
            receipts.drop(self._folder, mail.uuid)

    def _sent_policy(self) -> str:
        policy = self._desk.account.sent_copy
        return "server" if policy == "auto" and self._desk.server_files_sent else policy

    async def _uncertain(self, mail: Outgoing, why: str) -> None:
        reason = f"The server may have taken it: {why}"
        await self._step(mail, "uncertain", error=reason, next_at=self._desk.now())

    async def _refused(self, mail: Outgoing, reply: Reply) -> None:
        if reply.permanent:
            await self._step(mail, "failed", error=f"The server refuses: {_words(reply)}")
        else:
            await self._retry(mail, _words(reply))

    async def _retry(self, mail: Outgoing, why: str) -> None:
        """Not sent for certain: wait and try again, for two days (OUT-9)."""
        now = self._desk.now()
        if now - mail.created_at > GIVE_UP:
            await self._step(mail, "failed", error=f"Given up after two days: {why}")
            return
        wait = PLAN[min(mail.attempts, len(PLAN)) - 1]
        await self._step(mail, "retry_wait", error=why, next_at=now + wait)

    async def _step(
        self, mail: Outgoing, state: str, *, error: str | None = None, next_at: int | None = None
    ) -> None:
        held = await self._desk.db.write(
            _advance,
            mail,
            self._desk.lease,
            state,
            now=self._desk.now(),
            error=None if error is None else safe_line(error, 300),
            next_at=next_at,
        )
        if not held:
            raise TransportError("Another process took this mail.")


def _advance(
    conn: sqlite3.Connection,
    mail: Outgoing,
    lease: str,
    state: str,
    *,
    now: int,
    error: str | None,
    next_at: int | None,
) -> bool:
    """A step, and in the list what became of it where somebody waits for that."""
    held = outbox.advance(conn, mail.id, lease, state, now=now, error=error, next_at=next_at)
    if state in (*outbox.NEED_USER, "retry_wait", "queued"):
        recount(conn, fold(conn, [mail.message_id]))
    return held


def _words(reply: Reply) -> str:
    return safe_line(f"{reply.code} {reply.enhanced} {reply.text}".replace("  ", " "), 200)


def _note_recipients(
    conn: sqlite3.Connection, outbox_id: int, answers: list[tuple[str, Reply]], state: str
) -> None:
    for address, reply in answers:
        outbox.set_recipient(
            conn, outbox_id, address, state, reply.enhanced or str(reply.code), _words(reply)
        )


def _accepted(
    conn: sqlite3.Connection,
    mail: Outgoing,
    lease: str,
    words: str,
    accepted: list[str],
    more: bool,
    policy: str,
    now: int,
) -> None:
    """The server has it: recipients, state and the order for the Sent copy in one transaction."""
    for address in accepted:
        outbox.set_recipient(conn, mail.id, address, "accepted", "", words)
    if more:
        outbox.advance(
            conn,
            mail.id,
            lease,
            "retry_wait",
            now=now,
            queue_id=words,
            next_at=now + PLAN[1],
            error="some recipients were asked to wait by their server",
        )
        return
    from tui_mail.filing.outgoing import settle_sent

    outbox.advance(conn, mail.id, lease, "accepted", now=now, queue_id=words, error="")
    settle_sent(conn, mail.id)
    order_copy(conn, mail, policy, now)


def order_copy(conn: sqlite3.Connection, mail: Outgoing, policy: str, now: int) -> None:
    """See to the copy in Sent by the account's policy (OUT-7); never touches what was sent."""
    sent = accounts.role_folder(conn, mail.account_id, "sent")
    if policy == "server" or sent is None or not sent.selectable:
        conn.execute(
            "UPDATE outbox SET state = 'sent', finished_at = ? WHERE id = ?", (now, mail.id)
        )
        return
    conn.execute("UPDATE outbox SET state = 'copy_pending' WHERE id = ?", (mail.id,))
    operations.add(
        conn,
        account_id=mail.account_id,
        kind="append",
        verb="file in Sent",
        message_id=mail.message_id,
        target_id=sent.id,
        now=now,
        args={
            "tui_mail_id": mail.uuid,
            "flags": int(Flag.SEEN),
            "date": now,
            "outbox_id": mail.id,
            "look_first": policy == "auto",
        },
    )


def order_missing_copies(conn: sqlite3.Connection, account_id: int, policy: str, now: int) -> None:
    """After a crash: mails that were accepted but whose Sent copy was not ordered yet."""
    for row in conn.execute(
        "SELECT id FROM outbox WHERE account_id = ? AND state = 'accepted'", (account_id,)
    ).fetchall():
        mail = outbox.get(conn, row[0])
        assert mail is not None
        waiting = conn.execute(
            "SELECT 1 FROM outbox_recipients WHERE outbox_id = ? AND state IN ('waiting', 'retry')",
            (mail.id,),
        ).fetchone()
        if waiting is not None:
            conn.execute("UPDATE outbox SET state = 'queued' WHERE id = ?", (mail.id,))
            continue
        from tui_mail.filing.outgoing import settle_sent

        settle_sent(conn, mail.id)
        order_copy(conn, mail, policy, now)
