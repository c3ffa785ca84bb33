"""Where commands work: the contexts of screens, and groups of them."""

from __future__ import annotations

INBOX = "inbox"
MESSAGE = "message"
COMPOSE = "compose"
SETTINGS = "settings"
ACCOUNT = "account"
"""One account in the settings."""
WIZARD = "wizard"
"""The steps of a new account."""
SEARCH = "search"
"""While the search field has the keys."""
PICKER = "picker"
"""Palette, folder picker and help: a field with a list under it."""
FIND = "find"
"""While the find field of the reader has the keys."""
SOURCE = "source"
"""Headers and raw mail."""
ATTACHMENTS = "attachments"
REVIEW = "review"
"""The look at a mail before it is sent."""
CONFIRM = "confirm"
PARAGRAPH = "paragraph"
"""A question whose answer has several lines."""
ASK = "ask"
"""A question with a field."""
LINK = "link"
"""Choosing a record: to link to, or for a field of another record."""
LINKS = "links"
"""The links of a conversation."""
MEMBERS = "members"
"""Whom a group mail goes to, before it goes."""
GROUPS = "groups"
"""Group mails that go or went."""
BLOCK = "block"
BLOCKED = "blocked"
"""The entries that keep mail out."""
WHY = "why"
RECORDS = "records"
"""Lists of contacts, organizations, deals, leads and projects."""
RECORD = "record"
BOARD = "board"
IMPORT = "import"
"""The columns of a file and what they become."""
LABELS = "labels"
"""Every label."""
TEMPLATES = "templates"
SIGNATURES = "signatures"
FORM = "form"
"""The fields of a new record."""

MAIL = frozenset({INBOX, MESSAGE})
LIST = frozenset({INBOX})
READER = frozenset({MESSAGE})
TEXT = frozenset({MESSAGE, SOURCE})
IN_SETTINGS = frozenset({SETTINGS, ACCOUNT})
VALUES = IN_SETTINGS | {WIZARD}
"""Lists of named values."""
CRM = frozenset({RECORDS, RECORD, BOARD})
SHEETS = frozenset({LINKS, BLOCK, BLOCKED, WHY, RECORDS, RECORD, IMPORT, MEMBERS, GROUPS, LABELS,
                    TEMPLATES, SIGNATURES})  # fmt: skip
PLACES = MAIL | SHEETS | {SETTINGS, ACCOUNT, SOURCE, ATTACHMENTS, BOARD}
TYPING = frozenset({SEARCH, PICKER, COMPOSE, FIND, ASK, PARAGRAPH, FORM})
"""Contexts where printable keys are text, so that only named keys can be commands."""
