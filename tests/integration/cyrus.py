"""A private Cyrus IMAP on loopback: a second real server, with folders below INBOX.

Needs Debian's cyrus-common and sasl2-bin, the `imapd` of cyrus-imapd, and root. That package cannot
be installed beside Dovecot's, so `.ci/run` only unpacks it. Every user is made on demand and has
the password "x". Nothing outside the base folder is written, and only the master process started
here is ended.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.integration.dovecot import PASSWORD

_BIN = Path("/usr/lib/cyrus/bin")
_UNPACKED = Path("/usr/local/lib/cyrus-private")
_SETTINGS = """\
configdirectory: {base}/conf
partition-default: {base}/spool
defaultpartition: default
cyrus_user: cyrus
servername: localhost
unixhierarchysep: yes
altnamespace: no
virtdomains: off
allowplaintext: yes
sasl_mech_list: PLAIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {base}/sasldb2
autocreate_quota: 0
autocreate_inbox_folders: Sent | Drafts | Archive | Trash | Junk
xlist-sent: Sent
xlist-drafts: Drafts
xlist-archive: Archive
xlist-trash: Trash
xlist-junk: Junk
tls_server_cert: {base}/server.pem
tls_server_key: {base}/server.key
idlesocket: {base}/conf/idle
imapidlepoll: 1
"""
_SERVICES = """\
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {base}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{imapd} -C {base}/imapd.conf" listen="127.0.0.1:{port}" prefork=1 maxchild=50
  imaps cmd="{imapd} -s -C {base}/imapd.conf" listen="127.0.0.1:{tls_port}" prefork=0 maxchild=50
}}
EVENTS {{
}}
"""


def _imapd() -> Path | None:
    places = (_BIN / "imapd", _UNPACKED / "usr/lib/cyrus/bin/imapd")
    return next((place for place in places if place.exists()), None)


def available() -> str | None:
    """Why there can be no Cyrus here; None when there can."""
    if not (_BIN / "master").exists() or _imapd() is None:
        return "Cyrus (cyrus-common, and imapd of cyrus-imapd) is not installed"
    if shutil.which("saslpasswd2") is None:
        return "saslpasswd2 (sasl2-bin) is not installed"
    if os.geteuid() != 0:
        return "starting a private Cyrus needs root"
    return None


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Cyrus:
    """One private server in a folder of its own, removed when it is stopped."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="tui-mail-cyrus-"))
        self.base.chmod(0o711)
        self.port = 0
        self.tls_port = 0
        self.ca_file = str(self.base / "ca.pem")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Cyrus:
        """Write the configuration, start the server and wait until it greets."""
        import trustme

        owner = pwd.getpwnam("cyrus")
        ca = trustme.CA()
        certificate = ca.issue_cert("localhost", "127.0.0.1")
        ca.cert_pem.write_to_path(self.ca_file)
        key = self.base / "server.key"
        certificate.private_key_pem.write_to_path(str(key))
        key.chmod(0o600)
        os.chown(key, owner.pw_uid, owner.pw_gid)
        for number, blob in enumerate(certificate.cert_chain_pems):
            blob.write_to_path(str(self.base / "server.pem"), append=number > 0)
        self.add_user("first")
        for _ in range(5):
            for name in ("conf", "spool"):
                shutil.rmtree(self.base / name, ignore_errors=True)
                (self.base / name).mkdir()
                os.chown(self.base / name, owner.pw_uid, owner.pw_gid)
            self.port, self.tls_port = _free_port(), _free_port()
            self._write()
            self._process = subprocess.Popen(
                [
                    str(_BIN / "master"),
                    *("-C", str(self.base / "imapd.conf")),
                    *("-M", str(self.base / "cyrus.conf")),
                    *("-p", str(self.base / "master.pid")),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            if self._greets():
                return self
            self._end()
        raise RuntimeError("Cyrus did not start")

    def _write(self) -> None:
        (self.base / "imapd.conf").write_text(_SETTINGS.format(base=self.base))
        services = _SERVICES.format(
            base=self.base, bin=_BIN, imapd=_imapd(), port=self.port, tls_port=self.tls_port
        )
        (self.base / "cyrus.conf").write_text(services)
        for name in ("imapd.conf", "cyrus.conf", "server.pem", "ca.pem"):
            (self.base / name).chmod(0o644)  # the program under test tightens the umask

    def _greets(self) -> bool:
        deadline = time.monotonic() + 8
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

    def add_user(self, user: str) -> None:
        """Let a user sign in with the password "x"; the mailbox is made at the first sign-in."""
        secrets = self.base / "sasldb2"
        subprocess.run(
            ["saslpasswd2", "-p", "-c", "-f", str(secrets), "-u", "localhost", user],
            input=PASSWORD.encode(),
            check=True,
            capture_output=True,
        )
        owner = pwd.getpwnam("cyrus")
        os.chown(secrets, owner.pw_uid, owner.pw_gid)

    def stop(self) -> None:
        """End the master started here, which takes its children along, and clean up."""
        self._end()
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

    def __enter__(self) -> Cyrus:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
