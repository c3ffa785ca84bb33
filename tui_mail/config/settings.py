"""Every setting as documented data: defaults, checks, comments of the file, and the screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of the settings file."""

    key: str
    """Dotted for the general part (`reading.mark_read`), plain inside an account."""
    kind: str
    """`str`, `int`, `bool`, `choice` or `list`."""
    default: Any
    text: str
    """What it does, one sentence for the screen and the file."""
    choices: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 2**31


GENERAL: tuple[Setting, ...] = (
    Setting(
        "screen.theme",
        "choice",
        "auto",
        "Colours: auto takes the terminal's own palette.",
        ("auto", "dark", "light", "ansi-dark", "ansi-light"),
    ),
    Setting(
        "screen.keys",
        "choice",
        "default",
        "Key preset; single keys are changed under [keys].",
        ("default", "gmail", "mutt"),
    ),
    Setting("screen.mouse", "bool", False, "React to the mouse; costs bytes on a slow link."),
    Setting("screen.sidebar", "bool", True, "Show the people of the conversation when wide."),
    Setting("screen.preview", "bool", False, "Show the newest mail beside the list when wide."),
    Setting(
        "screen.pacing",
        "bool",
        True,
        "Wait for the terminal to take a frame before the next; keeps slow links short.",
    ),
    Setting(
        "screen.notify",
        "choice",
        "off",
        "Tell of new mail: by the terminal (osc9, or osc777 with a title) or by the desktop.",
        ("off", "osc9", "osc777", "desktop"),
    ),
    Setting(
        "screen.bidi",
        "choice",
        "terminal",
        "Who orders right-to-left text: the terminal, the app, or nobody.",
        ("terminal", "app", "off"),
    ),
    Setting(
        "reading.mark_read",
        "choice",
        "open",
        "When opening a mail marks it read.",
        ("open", "delay", "never"),
    ),
    Setting(
        "reading.mark_read_seconds",
        "int",
        3,
        "Seconds of reading before `delay` marks it.",
        (),
        1,
        600,
    ),
    Setting("reading.fold_quotes", "bool", True, "Fold quoted text and signatures."),
    Setting("reading.downloads", "str", "~/Downloads", "Folder where attachments are saved."),
    Setting(
        "reading.mail_links",
        "choice",
        "app",
        "What a mail address in a mail opens: the composer here, or the system's mail program.",
        ("app", "system"),
    ),
    Setting("reading.confirm_open", "bool", True, "Ask before another program opens a file."),
    Setting(
        "writing.undo_seconds",
        "int",
        10,
        "Seconds a mail waits in the outbox, where z still stops it.",
        (),
        0,
        600,
    ),
    Setting("writing.editor", "str", "", "Editor command; empty takes $VISUAL, then $EDITOR."),
    Setting(
        "writing.language",
        "choice",
        "en",
        "Language of the line above a quote and of dates in mails.",
        ("en", "de", "fr", "es", "it", "nl", "pl", "sv", "no", "he"),
    ),
    Setting(
        "writing.quote_levels",
        "int",
        2,
        "How many levels of quotes an answer takes along; 0: no quote.",
        (),
        0,
        20,
    ),
    Setting(
        "writing.many_recipients",
        "int",
        20,
        "More recipients than this are asked about.",
        (),
        1,
        1000,
    ),
    Setting(
        "writing.group_seconds",
        "int",
        30,
        "Seconds between two mails of a group mail; providers block senders that are faster.",
        (),
        1,
        3600,
    ),
    Setting(
        "writing.morning",
        "int",
        9,
        "Hour at which a day begins when mail is sent later, snoozed or followed up.",
        (),
        0,
        12,
    ),
    Setting("writing.default_account", "str", "", "Account for new mail; empty: the first one."),
    Setting(
        "sync.attachment_limit_mb",
        "int",
        25,
        "Mails above this size stay on the server until they are opened.",
        (),
        1,
        2048,
    ),
    Setting(
        "sync.host_connections",
        "int",
        10,
        "Most connections to one server over all accounts; more accounts take turns.",
        (),
        1,
        100,
    ),
    Setting(
        "sync.poll_minutes", "int", 4, "Minutes between looks at folders without push.", (), 1, 1440
    ),
)

ACCOUNT: tuple[Setting, ...] = (
    Setting("id", "str", "", "Short name of the account, used on the command line."),
    Setting("address", "str", "", "The e-mail address."),
    Setting("name", "str", "", "Your name as others see it."),
    Setting("short_name", "str", "", "Its name in lists and at the left; empty: the id."),
    Setting(
        "colour",
        "choice",
        "none",
        "Colour of that name; the name stays readable without it.",
        ("none", "red", "green", "yellow", "blue", "magenta", "cyan"),
    ),
    Setting("aliases", "list", [], "Further addresses that are yours."),
    Setting("imap_host", "str", "", "IMAP server."),
    Setting("imap_port", "int", 993, "IMAP port.", (), 1, 65535),
    Setting(
        "imap_security",
        "choice",
        "tls",
        "tls, starttls, or none (loopback only).",
        ("tls", "starttls", "none"),
    ),
    Setting("imap_user", "str", "", "IMAP user; empty: the address."),
    Setting("smtp_host", "str", "", "Server that takes outgoing mail."),
    Setting("smtp_port", "int", 465, "SMTP port.", (), 1, 65535),
    Setting(
        "smtp_security",
        "choice",
        "tls",
        "tls, starttls, or none (loopback only).",
        ("tls", "starttls", "none"),
    ),
    Setting("smtp_user", "str", "", "SMTP user; empty: the IMAP user."),
    Setting("provider", "str", "", "Which provider's ways apply; empty: told by the server."),
    Setting(
        "auth",
        "choice",
        "password",
        "How to sign in: password; oauth (signed in once in the browser); xoauth2 (the secret is"
        " an access token, as a token command prints).",
        ("password", "oauth", "xoauth2"),
    ),
    Setting("oauth_client", "str", "", "Your own OAuth client id."),
    Setting(
        "secret",
        "str",
        "keyring",
        "Where the secret is: keyring, vault (encrypted file), `command: pass show mail`,"
        " `credential: NAME` (systemd), or file (not encrypted).",
    ),
    Setting("ca_file", "str", "", "Certificate authority for this account's servers, PEM."),
    Setting(
        "receive", "bool", True, "Follow the server; false: nothing comes, sending still works."
    ),
    Setting("paused", "bool", False, "Neither sync nor send until this is false again."),
    Setting(
        "sync_days", "int", 90, "How many days of past mail to bring; 0: everything.", (), 0, 36500
    ),
    Setting(
        "sync_scope",
        "choice",
        "all",
        "What to sync: all folders, or only the chosen ones (on Gmail: labels).",
        ("all", "chosen"),
    ),
    Setting("sync_folders", "list", [], "Folders or labels that are synced when `chosen`."),
    Setting(
        "past_mail",
        "choice",
        "everyone",
        "Which past mail to bring: from everyone, or only mail with contacts; new mail always all.",
        ("everyone", "contacts"),
    ),
    Setting("skip_folders", "list", [], "Folders that are not synced."),
    Setting("extra_folders", "list", [], "Folders synced although they are spam or trash."),
    Setting("archive_folder", "str", "", "Archive folder; empty: the one the server names."),
    Setting("archive_remote", "bool", True, "Archiving here archives on the server."),
    Setting("delete_remote", "bool", True, "Deleting here moves to the server's trash."),
    Setting("mirror_inbox", "bool", True, "What leaves the inbox elsewhere leaves it here."),
    Setting(
        "keep_linked_copies",
        "bool",
        True,
        "Linked mail stays readable when it goes from the server.",
    ),
    Setting(
        "link_mode",
        "choice",
        "automatic",
        "automatic links a conversation to the one open deal, lead or project there is.",
        ("automatic", "manual"),
    ),
    Setting(
        "default_visibility",
        "choice",
        "private",
        "Who may see new mail: private only you; shared also others who see what it is linked to.",
        ("private", "shared"),
    ),
    Setting(
        "past_visibility",
        "choice",
        "private",
        "The same for past mail, as it is brought.",
        ("private", "shared"),
    ),
    Setting(
        "sent_copy",
        "choice",
        "auto",
        "Who files the sent copy: server, app, or auto (look first, then file).",
        ("auto", "server", "app"),
    ),
    Setting("signature", "str", "", "Name of the signature under new mails; empty: none."),
    Setting(
        "signature_in",
        "choice",
        "both",
        "Which mails begin with the signature.",
        ("both", "new", "replies", "none"),
    ),
    Setting(
        "size_limit_mb", "int", 0, "Largest mail to send; 0: what the server says.", (), 0, 1024
    ),
    Setting(
        "authserv_id",
        "list",
        [],
        "Names whose Authentication-Results are believed; empty: the IMAP host's domain.",
    ),
    Setting("connections", "int", 3, "Most connections to the server at once.", (), 1, 15),
)


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """One account of the settings file; the fields are documented in `ACCOUNT`."""

    id: str
    address: str
    name: str = ""
    short_name: str = ""
    colour: str = "none"
    aliases: tuple[str, ...] = ()
    imap_host: str = ""
    imap_port: int = 993
    imap_security: str = "tls"
    imap_user: str = ""
    smtp_host: str = ""
    smtp_port: int = 465
    smtp_security: str = "tls"
    smtp_user: str = ""
    provider: str = ""
    auth: str = "password"
    oauth_client: str = ""
    secret: str = "keyring"
    ca_file: str = ""
    receive: bool = True
    paused: bool = False
    sync_days: int = 90
    sync_scope: str = "all"
    sync_folders: tuple[str, ...] = ()
    past_mail: str = "everyone"
    skip_folders: tuple[str, ...] = ()
    extra_folders: tuple[str, ...] = ()
    archive_folder: str = ""
    archive_remote: bool = True
    delete_remote: bool = True
    mirror_inbox: bool = True
    keep_linked_copies: bool = True
    link_mode: str = "automatic"
    default_visibility: str = "private"
    past_visibility: str = "private"
    sent_copy: str = "auto"
    signature: str = ""
    signature_in: str = "both"
    size_limit_mb: int = 0
    authserv_id: tuple[str, ...] = ()
    connections: int = 3

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """The address and the aliases."""
        return (self.address, *self.aliases)


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file, checked."""

    values: dict[str, Any] = field(default_factory=dict)
    """General settings by dotted key; missing ones have their default."""
    accounts: tuple[AccountSettings, ...] = ()
    keys: dict[str, str] = field(default_factory=dict)
    """Command id to keys, as typed under [keys]."""

    def get(self, key: str) -> Any:
        """The value of a general setting, or its default."""
        if key in self.values:
            return self.values[key]
        return DEFAULTS[key]

    def account(self, slug: str) -> AccountSettings | None:
        """The account with this id."""
        return next((account for account in self.accounts if account.id == slug), None)


DEFAULTS: dict[str, Any] = {setting.key: setting.default for setting in GENERAL}
