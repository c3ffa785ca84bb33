"""A private Dovecot on loopback: throw-away accounts, certificate and ports.

Needs Debian's dovecot-imapd and root (Dovecot drops to another user for the mail). Every user
exists and has the password "x". Nothing outside the base folder is written, and only the master
process started here is ended.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PASSWORD = "x"
SPECIAL = ("Sent", "Drafts", "Archive", "Trash", "Junk")

_CONF = """\
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_min_protocol = TLSv1.2
ssl_cert = <{base}/server.pem
ssl_key = <{base}/server.key
ssl_dh =
disable_plaintext_auth = no
auth_mechanisms = plain login
first_valid_uid = 1
first_valid_gid = 1
mail_uid = {uid}
mail_gid = {gid}
mail_location = maildir:{mail}/%u/Maildir
mail_max_userip_connections = 200
default_vsz_limit = 1G
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={mail}/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
  service_count = 0
  chroot =
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
{folders}}}
protocol imap {{
{capability}
  imap_idle_notify_interval = 2 mins
}}
"""


def available() -> str | None:
    """Why there can be no Dovecot here; None when there can."""
    if shutil.which("dovecot") is None:
        return "Dovecot (dovecot-imapd) is not installed"
    if os.geteuid() != 0:
        return "starting a private Dovecot needs root"
    return None


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Dovecot:
    """One private server; `capability` replaces what it announces, to play a lesser server.

    Without `base` it makes a folder of its own and removes it when stopped. A given `base` must be
    reachable for the user `mail`: pytest's temporary folders are not.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        base: Path | None = None,
        capability: str | None = None,
        *,
        special_use: bool = True,
        folders: tuple[str, ...] = SPECIAL,
    ) -> None:
        self._own_base = base is None
        if base is None:
            base = Path(tempfile.mkdtemp(prefix="tui-mail-dovecot-"))
            base.chmod(0o711)
        self.base = base
        self.mail = base / "mail"
        self.port = 0
        self.tls_port = 0
        self.ca_file = str(base / "ca.pem")
        self._capability = capability
        self._special_use = special_use
        self._folders = folders
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Dovecot:
        """Write the configuration, start the server and wait until it greets."""
        import trustme

        for folder in (self.base, self.mail, self.base / "run", self.base / "state"):
            folder.mkdir(parents=True, exist_ok=True)
        uid, gid = self._mail_owner()
        os.chown(self.mail, uid, gid)
        ca = trustme.CA()
        certificate = ca.issue_cert("localhost", "127.0.0.1")
        ca.cert_pem.write_to_path(self.ca_file)
        certificate.private_key_pem.write_to_path(str(self.base / "server.key"))
        server_pem = self.base / "server.pem"
        for number, blob in enumerate(certificate.cert_chain_pems):
            blob.write_to_path(str(server_pem), append=number > 0)
        for _ in range(5):
            self.port, self.tls_port = _free_port(), _free_port()
            (self.base / "dovecot.conf").write_text(self._conf(uid, gid))
            self._process = subprocess.Popen(
                ["dovecot", "-F", "-c", str(self.base / "dovecot.conf")],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            if self._greets():
                return self
            self._end()
        raise RuntimeError(f"Dovecot did not start; see {self.base / 'dovecot.log'}")

    @staticmethod
    def _mail_owner() -> tuple[int, int]:
        import pwd

        entry = pwd.getpwnam("mail")
        return entry.pw_uid, entry.pw_gid

    def _conf(self, uid: int, gid: int) -> str:
        folders = ""
        for name in self._folders:
            use = f"    special_use = \\{name}\n" if self._special_use else ""
            folders += f"  mailbox {name} {{\n    auto = subscribe\n{use}  }}\n"
        capability = f"  imap_capability = {self._capability}" if self._capability else ""
        return _CONF.format(
            base=self.base,
            mail=self.mail,
            uid=uid,
            gid=gid,
            port=self.port,
            tls_port=self.tls_port,
            password=PASSWORD,
            folders=folders,
            capability=capability,
        )

    def _greets(self) -> bool:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                return False
            try:
                with socket.create_connection((self.host, self.port), timeout=5) as sock:
                    if sock.recv(4) == b"* OK":
                        return True
            except OSError:
                pass
            time.sleep(0.02)
        return False

    def stop(self) -> None:
        """End the master started here, which takes its children along, and clean up."""
        self._end()
        if self._own_base:
            shutil.rmtree(self.base, ignore_errors=True)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    def __enter__(self) -> Dovecot:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def doveadm(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run doveadm against this server and return what it prints."""
        done = subprocess.run(
            ["doveadm", "-c", str(self.base / "dovecot.conf"), *arguments],
            input=stdin,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode(errors="replace"))
        return done.stdout

    def deliver(self, user: str, folder: str, *mails: bytes) -> None:
        """Store mails; many at once go into the Maildir directly, one by one in order."""
        self.doveadm("mailbox", "status", "-u", user, "messages", "INBOX")
        if folder != "INBOX" and not self._maildir(user, folder).exists():
            self.doveadm("mailbox", "create", "-u", user, folder)
        uid, gid = self._mail_owner()
        new = self._maildir(user, folder) / "new"
        stamp = time.time_ns()
        for number, raw in enumerate(mails):
            path = new / f"{stamp // 10**9}.M{stamp % 10**9:09d}P{number:08d}.test"
            path.write_bytes(raw.replace(b"\r\n", b"\n"))
            os.chown(path, uid, gid)

    def _maildir(self, user: str, folder: str) -> Path:
        root = self.mail / user / "Maildir"
        return root if folder == "INBOX" else root / ("." + folder.replace("/", "."))

    def wipe(self, user: str) -> None:
        """Remove a user's whole store behind the server's back."""
        shutil.rmtree(self.mail / user, ignore_errors=True)
