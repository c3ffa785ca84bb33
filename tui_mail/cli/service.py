"""The systemd user unit of the engine: written, taken away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code
from tui_mail.config.load import write_text

UNIT = "tui-mail.service"
_TEXT = """\
[Unit]
Description=tui_mail: mail in step with its servers
After=network-online.target

[Service]
ExecStart={command}
Restart=on-failure
RestartSec=30
RestartPreventExitStatus={never}
UMask=0077
NoNewPrivileges=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native

[Install]
WantedBy=default.target
"""


def unit_file() -> Path:
    """Where systemd looks for a user's units."""
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "systemd" / "user" / UNIT


def unit_text(home: Path | None) -> str:
    """The unit; `home` is the profile's folder when it is not the usual one."""
    words = [sys.executable, "-m", "tui_mail", *(["--home", str(home)] if home else []), "daemon"]
    never = f"{int(Code.USAGE)} {int(Code.STORE)}"
    return _TEXT.format(command=" ".join(map(_quoted, words)), never=never)


def _quoted(word: str) -> str:
    """One argument as systemd reads it."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{plain}"'


def install(call: Call) -> int:
    """Write the unit; with `--now` enable and start it."""
    home = call.paths.config_dir if call.paths.data_dir.parent == call.paths.config_dir else None
    path = unit_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, unit_text(home))
    problem = _systemctl("daemon-reload")
    if not problem and call.args.now:
        problem = _systemctl("enable", "--now", UNIT)
    call.out.document({"unit": str(path), "started": call.args.now and not problem})
    call.out.line(f"Wrote {path}.")
    if problem:
        return call.out.refuse(
            Code.FAILED,
            f"systemd did not take it: {problem}",
            "Is there a user session of systemd?",
        )
    if not call.args.now:
        call.out.line(f"Start it: systemctl --user enable --now {UNIT}")
    call.out.line("To keep it running after you log out: loginctl enable-linger")
    return Code.OK


def uninstall(call: Call) -> int:
    """Stop and disable the unit, then remove it."""
    path = unit_file()
    if not path.exists():
        call.out.document({"removed": False})
        call.out.line("There is no unit.")
        return Code.OK
    _systemctl("disable", "--now", UNIT)
    path.unlink()
    _systemctl("daemon-reload")
    call.out.document({"removed": True})
    call.out.line(f"Removed {path}.")
    return Code.OK


def _systemctl(*words: str) -> str:
    """Run systemctl for the user; what went wrong, or empty."""
    program = shutil.which("systemctl")
    if program is None:
        return "there is no systemctl here."
    try:
        done = subprocess.run(
            [program, "--user", *words], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{error}."
    return "" if done.returncode == 0 else (done.stderr.strip() or "it says no.")
