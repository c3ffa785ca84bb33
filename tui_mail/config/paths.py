"""Where files live; the only module that knows directories (SEC-30)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """The places of one profile. Folders are 0700, files 0600."""

    config_dir: Path
    data_dir: Path
    state_dir: Path

    @property
    def config_file(self) -> Path:
        """The settings a person can edit."""
        return self.config_dir / "config.toml"

    @property
    def database(self) -> Path:
        """Mail, operations, outbox and journal."""
        return self.data_dir / "mail.db"

    @property
    def lock(self) -> Path:
        """Held by the engine; informative content, the kernel's lock decides."""
        return self.data_dir / "engine.lock"

    @property
    def epoch_file(self) -> Path:
        """The mark outside the database that tells a restored copy from the real one (VAL-5)."""
        return self.data_dir / "epoch.json"

    @property
    def socket(self) -> Path:
        """The engine's facts and wake-ups."""
        return self.data_dir / "engine.sock"

    @property
    def receipts(self) -> Path:
        """One file per submission, written before and after the final dot (OUT-3)."""
        return self.data_dir / "receipts"

    @property
    def backups(self) -> Path:
        """Verified copies of the database."""
        return self.data_dir / "backups"

    @property
    def pieces(self) -> Path:
        """Begun downloads of large mails."""
        return self.data_dir / "pieces"

    @property
    def reserve(self) -> Path:
        """Room that is given back when the disk is full."""
        return self.data_dir / "reserve"

    @property
    def temporary(self) -> Path:
        """Opened attachments; emptied at exit and at start."""
        return self.data_dir / "tmp"

    @property
    def secrets_file(self) -> Path:
        """Plain secrets, only by the user's explicit word."""
        return self.config_dir / "secrets.toml"

    @property
    def vault_file(self) -> Path:
        """Secrets, encrypted under a passphrase."""
        return self.config_dir / "vault.json"

    @property
    def providers_file(self) -> Path:
        """The user's own word on mail providers, over what comes with the program."""
        return self.config_dir / "providers.toml"

    @property
    def log_file(self) -> Path:
        """Rotated 5 x 2 MiB; holds no mail text and no addresses (SEC-33)."""
        return self.state_dir / "tui-mail.log"

    def prepare(self) -> None:
        """Create the folders with mode 0700 and tighten those that exist."""
        for folder in (self.config_dir, self.data_dir, self.state_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if folder.stat().st_mode & 0o077:
                folder.chmod(0o700)


def profile_paths(home: Path | None = None) -> Paths:
    """The user's profile; `home` or `TUI_MAIL_HOME` puts everything under one folder."""
    root = home or (Path(value) if (value := os.environ.get("TUI_MAIL_HOME")) else None)
    if root is not None:
        root = root.expanduser().absolute()
        return Paths(config_dir=root, data_dir=root / "data", state_dir=root / "state")
    import platformdirs

    return Paths(
        config_dir=Path(platformdirs.user_config_dir("tui-mail")),
        data_dir=Path(platformdirs.user_data_dir("tui-mail")),
        state_dir=Path(platformdirs.user_state_dir("tui-mail")),
    )
