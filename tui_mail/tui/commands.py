"""Every command once: bindings, palette, footer, help and the user's keymap come from this table.

A screen runs a command by its method `command_<action>`; see `shell.CommandScreen`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tui_mail.config.keymap import Bindable, Keymap, build
from tui_mail.model.views import View

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
FORM = "form"
"""The fields of a new record."""

_MAIL = frozenset({INBOX, MESSAGE})
_LIST = frozenset({INBOX})
_READER = frozenset({MESSAGE})
_TEXT = frozenset({MESSAGE, SOURCE})
_SETTINGS = frozenset({SETTINGS, ACCOUNT})
_LINES = _SETTINGS | {WIZARD}
"""Lists of named values."""
_CRM = frozenset({RECORDS, RECORD, BOARD})
_SHEETS = frozenset({LINKS, BLOCK, BLOCKED, WHY, RECORDS, RECORD, IMPORT, MEMBERS, GROUPS, LABELS})
_PLACES = _MAIL | _SHEETS | {SETTINGS, ACCOUNT, SOURCE, ATTACHMENTS, BOARD}
TYPING = frozenset({SEARCH, PICKER, COMPOSE, FIND, ASK, PARAGRAPH, FORM})
"""Contexts where printable keys are text, so that only named keys can be commands."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something the user can do with a key."""

    id: str
    """`area.verb`; what [keys] in the settings file calls it."""
    text: str
    """A word or two for the footer and the palette."""
    help: str
    """One sentence for help."""
    keys: tuple[str, ...]
    """Default keys as `config.keymap` writes them."""
    contexts: frozenset[str]
    action: str
    """Name after `command_` of the screen's method."""
    rank: int = 0
    """Place in the footer, 1 first; 0 never there."""
    argument: Any = None
    """Passed to the method when not None."""


def _go(letter: str, text: str, view: View) -> Command:
    return Command(
        f"go.{text.lower()}",
        text,
        f"Show {text.lower()}.",
        (f"g {letter}",),
        _LIST,
        "go_view",
        argument=view,
    )


def _records(letter: str, text: str, kind: str) -> Command:
    return Command(
        f"go.{text.lower()}",
        text,
        f"Show {text.lower()}.",
        (f"g {letter}",),
        _LIST | _CRM,
        "go_records",
        argument=kind,
    )


COMMANDS: tuple[Command, ...] = (
    Command(
        "mail.archive",
        "Archive",
        "Take the conversation out of the inbox; nothing is lost.",
        ("a", "e"),
        _MAIL,
        "archive",
        1,
    ),
    Command("mail.reply", "Reply", "Answer the newest mail.", ("r",), _MAIL, "reply", 4),
    Command("mail.reply_all", "Reply all", "Answer everyone.", ("R",), _MAIL, "reply_all"),
    Command("mail.forward", "Forward", "Send the newest mail on.", ("f",), _MAIL, "forward"),
    Command("mail.delete", "Delete", "Move to the trash.", ("d", "#"), _MAIL, "delete", 5),
    Command("mail.spam", "Spam", "Move to spam and tell the server.", ("!",), _MAIL, "spam"),
    Command(
        "mail.unread", "Unread", "Mark unread, or read when it is unread.", ("u",), _MAIL, "unread"
    ),
    Command("mail.star", "Star", "Set the star, or take it away.", ("s",), _MAIL, "star", 11),
    Command("mail.move", "Move", "Move to a folder.", ("v",), _MAIL, "move", 10),
    Command(
        "mail.mute", "Mute", "Keep this conversation out of the inbox from now on.", ("M",), _MAIL,
        "mute",
    ),
    Command("mail.snooze", "Snooze", "Out of the inbox until a time; an answer brings it back.",
            ("h",), _MAIL, "snooze", 13),
    Command("mail.remind", "Follow up", "Say so when nobody has answered by a day.", ("W",), _MAIL,
            "remind"),
    Command("mail.undo", "Undo", "Take the last thing back, also after a restart.", ("z",), _MAIL,
            "undo", 3),
    Command("mail.link", "Link", "Link to a deal, lead or project; digits choose.", ("l",), _MAIL,
            "file_with", 6),
    Command("mail.links", "Links to", "The deals, leads and projects it is linked to.", ("L",),
            _MAIL, "shown_links"),
    Command("mail.block", "Block", "Block the sender; in Screened: what is blocked.", ("b",),
            _MAIL, "block", 8),
    Command("mail.unsubscribe", "Unsubscribe", "Leave the mailing list; shows first whom it asks.",
            ("U",), _MAIL, "unsubscribe"),
    Command("mail.why", "Why", "Why it is linked, asked, screened, and who sees it.", ("w",),
            _MAIL, "why"),
    Command("mail.share", "Share", "Who sees it: only you, or everyone by name.", ("S",), _MAIL,
            "share"),
    Command("mail.contact", "Contact", "Make a contact of somebody in it, or add the address to"
            " one.", ("+",), _MAIL, "contact"),
    Command("mail.record", "Record", "The linked item, and the people, with all their mail.",
            ("O",), _MAIL, "record"),
    Command("mail.stage", "Stage", "Move the deal or project it belongs to, to another stage.",
            (">",), _MAIL, "item_stage"),
    Command("mail.activity", "Activity", "Plan something to do with what it belongs to.", ("t",),
            _MAIL, "item_activity"),
    Command("mail.done", "Activity done", "Mark the next activity of what it belongs to done.",
            ("D",), _MAIL, "item_done"),
    Command("mail.label", "Labels", "Give it labels, for search and views; only here.", ("B",),
            _MAIL, "label"),
    Command("list.merge", "Merge", "Make one conversation of the selected ones; asks first.",
            ("&",), _LIST, "merge"),
    Command("message.split", "Split", "Make this message a conversation of its own; asks first.",
            ("|",), _READER, "split"),
    Command("list.apply_links", "Link by rule", "Link what is unlinked now by the rules; says first"
            " what it would do.", ("A",), _LIST, "apply_links"),
    *(
        Command(f"list.link_{n}", f"Link {n}", f"Where links are asked: take suggestion {n}.",
                (str(n),), _LIST, "link_number", argument=n)
        for n in range(1, 10)
    ),
    Command("mail.compose", "Compose", "Write a new mail.", ("c", "m"), _MAIL, "compose", 7),
    Command("list.open", "Open", "Read the conversation.", ("enter", "o"), _LIST, "open", 2),
    Command("list.select", "Select", "Select it and step down.", ("x", "space"), _LIST,
            "select", 9),
    Command("list.range", "Range", "Select from here to where you go; again to end.", ("V",), _LIST,
            "range"),
    Command("list.all", "Select all", "Select everything in this list.", ("* a",), _LIST,
            "select_kind", argument="all"),
    Command("list.none", "Select none", "Select nothing.", ("* n",), _LIST, "select_kind",
            argument="none"),
    Command("list.select_unread", "Select unread", "Select what is unread.", ("* u",), _LIST,
            "select_kind", argument="unread"),
    Command("list.select_read", "Select read", "Select what is read.", ("* r",), _LIST,
            "select_kind", argument="read"),
    Command("list.select_starred", "Select starred", "Select what has a star.", ("* s",), _LIST,
            "select_kind", argument="starred"),
    Command("list.repeat", "Repeat", "Do the last thing again, here.", (".",), _LIST, "repeat"),
    Command("list.search", "Search", "Search all mail as you type.", ("/",), _LIST, "search", 6),
    Command("list.down", "Down", "Next conversation.", ("j", "down"), _LIST, "move_by", argument=1),
    Command("list.up", "Up", "Previous conversation.", ("k", "up"), _LIST, "move_by", argument=-1),
    Command("list.page_down", "Page down", "One page down.", ("pagedown",), _LIST, "page",
            argument=1.0),
    Command("list.page_up", "Page up", "One page up.", ("pageup",), _LIST, "page", argument=-1.0),
    Command("list.half_down", "Half down", "Half a page down.", ("ctrl+d",), _LIST, "page",
            argument=0.5),
    Command("list.half_up", "Half up", "Half a page up.", ("ctrl+u",), _LIST, "page",
            argument=-0.5),
    Command("list.top", "Top", "First conversation, and what came in above.", ("g g", "home"),
            _LIST, "top"),
    Command("list.bottom", "Bottom", "Last conversation.", ("G", "end"), _LIST, "bottom"),
    _go("i", "Inbox", View.INBOX),
    _go("u", "Unread", View.UNREAD),
    _go("s", "Starred", View.STARRED),
    _go("t", "Sent", View.SENT),
    _go("d", "Drafts", View.DRAFTS),
    _go("o", "Outbox", View.OUTBOX),
    _go("a", "Archive", View.ARCHIVE),
    _go("b", "Screened", View.SCREENED),
    _go("m", "Ambiguous", View.AMBIGUOUS),
    _go("k", "Unlinked", View.UNLINKED),
    _go("w", "Waiting", View.WAITING),
    _go("q", "Quiet", View.QUIET),
    _go("n", "Unplanned", View.UNPLANNED),
    _go("h", "Snoozed", View.SNOOZED),
    Command("go.followup", "Follow-up", "Where an answer is waited for.", ("g e",), _LIST,
            "go_view", argument=View.FOLLOW_UP),
    _records("p", "Deals", "deal"),
    _records("c", "Contacts", "person"),
    _records("r", "Organizations", "organization"),
    _records("l", "Leads", "lead"),
    _records("j", "Projects", "project"),
    Command("go.spam", "Spam folder", "Show spam.", ("g !",), _LIST, "go_view",
            argument=View.SPAM),
    Command("go.trash", "Trash", "Show the trash.", ("g #",), _LIST, "go_view",
            argument=View.TRASH),
    Command("go.all", "All mail", "Show everything but spam and trash.", ("g *",), _LIST,
            "go_view", argument=View.ALL),
    Command("go.folder", "Folder", "Show a folder; type to find it.", ("g f",), _LIST, "go_folder"),
    *(
        Command(f"go.account_{n}", f"Account {n}", f"Show the inbox of account {n}.", (f"g {n}",),
                _LIST, "go_account", argument=n)
        for n in range(1, 10)
    ),
    Command("message.fold", "Fold", "Unfold the message, or fold it; a draft is opened.",
            ("o", "enter"), _READER, "fold"),
    Command("message.next", "Next message", "Next message; next match while finding.", ("n",),
            _READER, "message_by", 8, argument=1),
    Command("message.previous", "Previous message", "Message before this one.", ("p",), _READER,
            "message_by", argument=-1),
    Command("message.next_conversation", "Next", "Next conversation of the list.", ("J",), _READER,
            "conversation_by", 2, argument=1),
    Command("message.previous_conversation", "Previous", "Conversation above in the list.", ("K",),
            _READER, "conversation_by", argument=-1),
    Command("message.quotes", "Quotes", "Show or fold quotes and signatures.", ("Q",), _READER,
            "quotes", 9),
    Command("message.find", "Find", "Find words in what is shown.", ("/",), _READER, "find", 6),
    Command("message.find_previous", "Previous match", "Match before this one.", ("N",), _READER,
            "match_by", argument=-1),
    Command("message.attachments", "Attachments", "Open or save attachments.", ("A",), _READER,
            "attachments", 12),
    Command("message.links", "Links", "Every link with its full address.", ("tab",), _READER,
            "links"),
    *(
        Command(f"message.link_{n}", f"Link {n}", f"Open link {n} of the message.", (str(n),),
                _READER, "link", argument=n)
        for n in range(1, 10)
    ),
    Command("message.headers", "Headers", "Every header, and the raw mail.", ("H",), _READER,
            "headers"),
    Command("message.source", "Raw mail", "The mail as it came.", ("\\",), _READER, "source"),
    Command("text.down", "Down", "One line down.", ("j", "down"), _TEXT, "scroll", argument=1),
    Command("text.up", "Up", "One line up.", ("k", "up"), _TEXT, "scroll", argument=-1),
    Command("text.page_down", "Page down", "One page down.", ("space", "pagedown"), _TEXT,
            "scroll_page", argument=1.0),
    Command("text.page_up", "Page up", "One page up.", ("pageup", "backspace"), _TEXT,
            "scroll_page", argument=-1.0),
    Command("text.half_down", "Half down", "Half a page down.", ("ctrl+d",), _TEXT, "scroll_page",
            argument=0.5),
    Command("text.half_up", "Half up", "Half a page up.", ("ctrl+u",), _TEXT, "scroll_page",
            argument=-0.5),
    Command("text.top", "Top", "To the beginning.", ("g g", "home"), _TEXT, "scroll_top"),
    Command("text.bottom", "Bottom", "To the end.", ("G", "end"), _TEXT, "scroll_bottom"),
    Command("source.other", "Headers or raw", "Show the other of the two.", ("r", "H", "\\"),
            frozenset({SOURCE}), "other", 1),
    Command("outbox.cancel", "Stop", "Stop this mail before it goes.", ("X",), _READER,
            "outbox_cancel"),
    Command("outbox.resend", "Send again", "Send again what failed.", ("y",), _READER,
            "outbox_resend"),
    Command("outbox.later", "Other time", "Send this mail at another time.", ("T",), _READER,
            "outbox_later"),
    Command("outbox.mark_sent", "It was sent", "You know that this mail was sent.", ("Y",), _READER,
            "outbox_mark_sent"),
    Command("outbox.edit", "Edit", "Take this mail back and change it.", ("E",), _READER,
            "outbox_edit"),
    Command("attachments.open", "Open", "Open with the program for it.", ("enter", "o"),
            frozenset({ATTACHMENTS}), "open_file", 1),
    Command("attachments.save", "Save", "Save into the downloads folder.", ("s",),
            frozenset({ATTACHMENTS}), "save_file", 2),
    Command("attachments.save_all", "Save all", "Save every attachment.", ("S",),
            frozenset({ATTACHMENTS}), "save_all", 3),
    Command("attachments.text", "Show as text", "Show it here as text.", ("t",),
            frozenset({ATTACHMENTS}), "show_text", 4),
    Command("attachments.down", "Down", "Next attachment.", ("j", "down"),
            frozenset({ATTACHMENTS}), "mark_by", argument=1),
    Command("attachments.up", "Up", "Previous attachment.", ("k", "up"), frozenset({ATTACHMENTS}),
            "mark_by", argument=-1),
    Command("compose.review", "Review", "Look at the mail before it goes; then send.",
            ("escape", "ctrl+s"), frozenset({COMPOSE}), "review", 1),
    Command("compose.editor", "Editor", "Write the text in $VISUAL or $EDITOR.", ("ctrl+e",),
            frozenset({COMPOSE}), "editor", 3),
    Command("compose.preview", "Preview", "Both parts as the receiver sees them.", ("ctrl+p",),
            frozenset({COMPOSE}), "preview", 2),
    Command("compose.attach", "Attach", "Attach a file by its path.", ("ctrl+o",),
            frozenset({COMPOSE}), "attach", 4),
    Command("compose.sender", "From", "Choose the account or alias it goes from.", ("ctrl+t",),
            frozenset({COMPOSE}), "sender", 5),
    Command("compose.template", "Template", "Put a template into the mail.", ("ctrl+g t",),
            frozenset({COMPOSE}), "template"),
    Command("compose.keep_template", "Save template", "Keep this mail as a template.",
            ("ctrl+g T",), frozenset({COMPOSE}), "keep_template"),
    Command("compose.signature", "Signature", "Take another signature, or none.", ("ctrl+g s",),
            frozenset({COMPOSE}), "signature"),
    Command("compose.field", "Smart field", "Begin a smart field; names are offered.",
            ("ctrl+g f",), frozenset({COMPOSE}), "field_name"),
    Command("compose.item", "Belongs to", "The deal, lead or project it is linked to.",
            ("ctrl+g d",), frozenset({COMPOSE}), "item"),
    Command("compose.visibility", "Private/shared", "Only you, or whoever sees its records.",
            ("ctrl+g v",), frozenset({COMPOSE}), "visibility"),
    Command("compose.image", "Image", "Show an image in the text.", ("ctrl+g m",),
            frozenset({COMPOSE}), "image"),
    Command("compose.plain", "Plain only", "Plain text only, or HTML too.", ("ctrl+g p",),
            frozenset({COMPOSE}), "plain"),
    Command("compose.group", "One mail each", "One mail each for everybody in To, or one for all.",
            ("ctrl+g e",), frozenset({COMPOSE}), "group"),
    Command("compose.trim", "Trim quotes", "Cut quotes that nothing was written under.",
            ("ctrl+g x",), frozenset({COMPOSE}), "trim"),
    Command("compose.bold", "Bold", "Bold, or not any more.", ("ctrl+g b",), frozenset({COMPOSE}),
            "format", argument="bold"),
    Command("compose.italic", "Italic", "Italic.", ("ctrl+g i",), frozenset({COMPOSE}), "format",
            argument="italic"),
    Command("compose.code", "Code", "As code.", ("ctrl+g k",), frozenset({COMPOSE}), "format",
            argument="code"),
    Command("compose.strike", "Strike", "Struck through.", ("ctrl+g S",), frozenset({COMPOSE}),
            "format", argument="strike"),
    Command("compose.link", "Link", "A link: its text in [], its address in ().",
            ("ctrl+g l",), frozenset({COMPOSE}), "format", argument="link"),
    Command("compose.heading", "Heading", "A heading.", ("ctrl+g h",), frozenset({COMPOSE}),
            "format", argument="heading"),
    Command("compose.list", "List", "A list.", ("ctrl+g u",), frozenset({COMPOSE}), "format",
            argument="list"),
    Command("compose.numbers", "Numbers", "A numbered list.", ("ctrl+g n",), frozenset({COMPOSE}),
            "format", argument="numbers"),
    Command("compose.quote", "Quote", "A quote.", ("ctrl+g q",), frozenset({COMPOSE}), "format",
            argument="quote"),
    Command("compose.palette", "Commands", "Every command by name.", ("ctrl+g :",),
            frozenset({COMPOSE}), "palette"),
    Command("compose.help", "Help", "What works while writing.", ("ctrl+g ?",),
            frozenset({COMPOSE}), "help", 99),
    Command("compose.next_field", "Next field", "Take the suggestion, or go to the next field.",
            ("tab",), frozenset({COMPOSE}), "field_by", argument=1),
    Command("compose.previous_field", "Previous field", "Go to the field before.", ("shift+tab",),
            frozenset({COMPOSE}), "field_by", argument=-1),
    Command("review.send", "Send", "Send it; undo stops it for a while.", ("y", "ctrl+s"),
            frozenset({REVIEW}), "review_send", 1),
    Command("review.later", "Later", "Send it at a time you say.", ("l",), frozenset({REVIEW}),
            "review_later", 7),
    Command("review.remind", "Follow up", "Say so when nobody has answered by a day.", ("r",),
            frozenset({REVIEW}), "review_remind"),
    Command("review.edit", "Edit", "Go on writing.", ("e", "escape"), frozenset({REVIEW}),
            "review_edit", 2),
    Command("review.attach", "Attach", "Attach a file.", ("a",), frozenset({REVIEW}),
            "review_attach", 3),
    Command("review.detach", "Detach", "Take the last file out.", ("x",), frozenset({REVIEW}),
            "review_detach"),
    Command("review.preview", "Preview", "Both parts as the receiver sees them.", ("v",),
            frozenset({REVIEW}), "review_preview", 6),
    Command("review.images", "Take images", "Attach the images that the text names by their path.",
            ("i",), frozenset({REVIEW}), "review_images"),
    Command("review.item", "Belongs to", "The deal, lead or project it is linked to.", ("d",),
            frozenset({REVIEW}), "review_item"),
    Command("review.visibility", "Private/shared", "Who sees it.", ("s",), frozenset({REVIEW}),
            "review_visibility"),
    Command("review.sender", "From", "Choose the account or alias it goes from.", ("f",),
            frozenset({REVIEW}), "review_sender"),
    Command("review.keep", "Keep", "Keep it as a draft.", ("p",), frozenset({REVIEW}),
            "review_keep", 4),
    Command("review.discard", "Discard", "Throw it away; asks first.", ("q",), frozenset({REVIEW}),
            "review_discard", 5),
    Command("setting.change", "Change", "Change the marked line.", ("enter", "o", "space"),
            _LINES, "setting_change", 1),
    Command("setting.find", "Find", "Show only what holds some words.", ("/",), _LINES,
            "setting_find", 2),
    Command("setting.default", "Default", "Give it its default.", ("d",), _SETTINGS,
            "setting_default", 3),
    Command("setting.file", "Edit the file", "Open the settings file in the editor.", ("ctrl+e",),
            frozenset({SETTINGS}), "setting_file"),
    Command("setting.down", "Down", "Next line.", ("j", "down"), _LINES, "setting_by",
            argument=1),
    Command("setting.up", "Up", "Line above.", ("k", "up"), _LINES, "setting_by", argument=-1),
    Command("setting.page_down", "Page down", "One page down.", ("pagedown",), _LINES,
            "setting_by", argument=10),
    Command("setting.page_up", "Page up", "One page up.", ("pageup",), _LINES, "setting_by",
            argument=-10),
    Command("account.add", "Add account", "Add an account; it is tried before it is kept.", ("a",),
            frozenset({SETTINGS}), "account_add", 4),
    Command("account.secret", "Password", "Another password, or sign in again.", ("s",), _SETTINGS,
            "account_secret", 5),
    Command("account.test", "Test", "Sign in to both servers and show what they say.", ("t",),
            frozenset({ACCOUNT}), "account_test", 4),
    Command("wizard.next", "Go on", "To the next step.", ("n", "right", "ctrl+s"),
            frozenset({WIZARD}), "wizard_next", 3),
    Command("wizard.back", "Back", "To the step before; nothing typed is lost.",
            ("b", "left", "escape"), frozenset({WIZARD}), "wizard_back", 4),
    Command("wizard.leave", "Leave", "Add no account; asks first.", ("q",), frozenset({WIZARD}),
            "wizard_leave", 5),
    Command("account.pause", "Pause", "Pause the account, or go on.", ("p",),
            frozenset({SETTINGS}), "account_pause", 6),
    Command("account.remove", "Remove", "Take the account out; asks first.", ("D",),
            frozenset({SETTINGS}), "account_remove", 7),
    Command("account.up", "Account up", "Move the account up.", ("<",), frozenset({SETTINGS}),
            "account_order", argument=-1),
    Command("account.down", "Account down", "Move the account down.", (">",),
            frozenset({SETTINGS}), "account_order", argument=1),
    Command("find.keep", "To the text", "Back to the text; n and N go on.", ("enter", "down"),
            frozenset({FIND}), "find_keep", 1),
    Command("find.leave", "Stop finding", "Mark nothing.", ("escape",), frozenset({FIND}),
            "find_leave", 2),
    Command("ask.yes", "Yes", "Do it.", ("y",), frozenset({CONFIRM}), "ask_yes", 1),
    Command("ask.no", "No", "Leave it.", ("n", "q", "escape"), frozenset({CONFIRM}), "ask_no", 2),
    Command("ask.take", "Take", "Take what was typed.", ("enter",), frozenset({ASK}), "ask_take",
            1),
    Command("ask.leave", "Back", "Take nothing.", ("escape",), frozenset({ASK}), "ask_no", 2),
    Command("paragraph.keep", "Keep", "Keep the text.", ("ctrl+s",), frozenset({PARAGRAPH}),
            "paragraph_keep", 1),
    Command("paragraph.leave", "Back", "Leave it as it was.", ("escape",), frozenset({PARAGRAPH}),
            "paragraph_leave", 2),
    Command("ask.complete", "Complete", "Complete what was typed.", ("tab",), frozenset({ASK}),
            "ask_complete", 3),
    Command("go.mend", "Sign in again", "Sign in again where a server rejected it.", ("g @",),
            _LIST, "mend"),
    Command("go.add", "Add account", "Add an account, step by step.", ("g +",), _LIST,
            "account_add"),
    Command("go.settings", "Settings", "Accounts and settings.", ("g ,",), _LIST, "settings"),
    Command("view.sidebar", "People", "Show or hide the people of the conversation.", ("i",), _MAIL,
            "toggle_sidebar"),
    Command("view.preview", "Preview", "Show or hide the newest mail under the list.", ("P",),
            _LIST, "toggle_preview"),
    Command("app.palette", "Commands", "Every command by name, with its key.", (":", "ctrl+p"),
            _PLACES | {WIZARD}, "palette", 12),
    Command("app.help", "Help", "What works on this screen.", ("?",), _PLACES | {WIZARD}, "help",
            99),
    Command("app.sync", "Sync now", "Look for new mail now.", ("ctrl+r",), _MAIL, "sync_now"),
    Command("app.redraw", "Redraw", "Paint the whole screen again.", ("ctrl+l",),
            _PLACES | {COMPOSE, REVIEW}, "redraw"),
    Command("app.leave", "Back", "Back one level; from the inbox: quit.", ("q",),
            _PLACES, "leave", 8),
    Command("app.back", "Back", "Back one level; never quits.", ("escape",),
            _PLACES, "back"),
    Command("app.quit", "Quit", "Leave; what is queued is sent later.", ("ctrl+q",),
            _PLACES | TYPING | {REVIEW, CONFIRM, LINK}, "quit"),
    Command("sheet.down", "Down", "Next line.", ("j", "down"), _SHEETS, "sheet_by", argument=1),
    Command("sheet.up", "Up", "Line above.", ("k", "up"), _SHEETS, "sheet_by", argument=-1),
    Command("sheet.page_down", "Page down", "One page down.", ("pagedown",), _SHEETS, "sheet_by",
            argument=10),
    Command("sheet.page_up", "Page up", "One page up.", ("pageup",), _SHEETS, "sheet_by",
            argument=-10),
    Command("sheet.undo", "Undo", "Take the last thing back.", ("z",),
            frozenset({LINKS, BLOCKED, RECORDS, RECORD, BOARD, IMPORT, LABELS}), "undo", 8),
    Command("link.take", "Take", "Take the marked line.", ("enter",), frozenset({LINK}),
            "take_marked", 1),
    *(
        Command(f"link.take_{n}", f"Take {n}", f"Take line {n}.", (str(n),), frozenset({LINK}),
                "take_number", argument=n)
        for n in range(1, 10)
    ),
    Command("link.new", "New", "Make a record, filled in from the mail.", ("n",),
            frozenset({LINK}), "link_new", 2),
    Command("link.also", "Link also", "Link as one more, beside the one it belongs to.", ("+",),
            frozenset({LINK}), "link_also", 3),
    Command("link.find", "Type a name", "Type to narrow; letters do so too.", ("/",),
            frozenset({LINK}), "sheet_find", 4),
    Command("link.down", "Down", "Next line.", ("down", "ctrl+n"), frozenset({LINK}), "sheet_by",
            argument=1),
    Command("link.up", "Up", "Line above.", ("up", "ctrl+p"), frozenset({LINK}), "sheet_by",
            argument=-1),
    Command("link.leave", "Back", "Empty the field, or choose nothing.", ("escape",),
            frozenset({LINK}), "back", 5),
    Command("links.remove", "Remove", "End the marked link.", ("d",), frozenset({LINKS}),
            "links_remove", 2),
    Command("links.primary", "Make first", "Make it the one the conversation belongs to.", ("p",),
            frozenset({LINKS}), "links_primary", 3),
    Command("links.add", "Add", "Link to one more.", ("a", "+"), frozenset({LINKS}), "links_add",
            4),
    Command("links.open", "Open", "Show the record.", ("enter", "o"), frozenset({LINKS}),
            "links_open", 1),
    Command("block.take", "Block", "Do what the marked line says.", ("enter",), frozenset({BLOCK}),
            "block_take", 1),
    Command("block.linked", "Linked too", "Hide linked conversations too, or not.", ("l",),
            frozenset({BLOCK}), "block_linked", 2),
    Command("block.scope", "Accounts", "Block for all accounts, or only for this one.", ("a",),
            frozenset({BLOCK}), "block_scope", 4),
    Command("block.entries", "Entries", "What is blocked.", ("b",), frozenset({BLOCK}),
            "block_entries", 3),
    Command("blocked.remove", "Unblock", "Remove the entry; its mail comes back.", ("d",),
            frozenset({BLOCKED}), "unblock", 1),
    Command("blocked.scope", "Accounts", "The entry is for all accounts, or for one.", ("s",),
            frozenset({BLOCKED}), "blocked_scope", 3),
    Command("blocked.add", "Add", "Block an address or a domain by its name.", ("a",),
            frozenset({BLOCKED}), "block_named", 2),
    Command("records.open", "Open", "Show the record.", ("enter", "o"),
            frozenset({RECORDS, BOARD}), "records_open", 1),
    Command("records.select", "Select", "Select it and step down.", ("x", "space"),
            frozenset({RECORDS}), "records_select", 6),
    Command("records.all", "Select all", "Select all that are listed, or nothing.", ("*",),
            frozenset({RECORDS}), "records_all"),
    Command("records.compose", "Write", "Write to the marked one, or one mail each to the selected"
            " ones.", ("c",), frozenset({RECORDS}), "records_compose", 7),
    Command("member.preview", "Preview", "The mail as this person gets it.", ("enter", "o", "v"),
            frozenset({MEMBERS}), "member_preview", 1),
    Command("group.toggle", "Stop/go on", "Stop after the mail that is going, or go on.", ("p",),
            frozenset({GROUPS}), "group_toggle", 2),
    Command("group.cancel", "Take back", "Take back what has not gone; asks first.", ("X",),
            frozenset({GROUPS}), "group_cancel", 3),
    Command("group.open", "Open", "The mail to this person.", ("enter", "o"),
            frozenset({GROUPS}), "group_open", 1),
    Command("go.groups", "Group mail", "Group mails: how far they are, stop and go on.", ("g G",),
            _LIST, "groups"),
    Command("records.new", "New", "Add a record.", ("n",), frozenset({RECORDS, BOARD}),
            "records_new", 2),
    Command("records.find", "Search", "Search by name as you type.", ("/",),
            frozenset({RECORDS}), "sheet_find", 3),
    Command("records.board", "Board", "Deals by stage, or as a list.", ("B",),
            frozenset({RECORDS, BOARD}), "records_board", 4),
    Command("records.filter", "Filter", "Deals: all, gone quiet, without a next activity.", ("f",),
            frozenset({RECORDS}), "records_filter", 6),
    Command("records.import", "Import", "Bring records from a CSV or vCard file.", ("I",),
            frozenset({RECORDS, BOARD}), "import", 5),
    Command("go.labels", "All labels", "Every label: name, colour, delete.", ("g L",),
            _LIST | _CRM, "go_labels"),
    Command("label.rename", "Rename", "Give the label another name.", ("enter", "r"),
            frozenset({LABELS}), "label_rename", 1),
    Command("label.color", "Colour", "Give the label a colour, or none.", ("c",),
            frozenset({LABELS}), "label_color", 2),
    Command("label.delete", "Delete", "Take the label away everywhere.", ("d", "D"),
            frozenset({LABELS}), "label_delete", 3),
    Command("go.import", "Import", "Bring records from a CSV or vCard file.", ("g I",), _LIST,
            "import"),
    Command("import.column", "Column", "Say what the marked column is.", ("enter", "e"),
            frozenset({IMPORT}), "import_column", 1),
    Command("import.do", "Import", "Import it; says first what comes of it.", ("y", "ctrl+s"),
            frozenset({IMPORT}), "import_do", 2),
    Command("board.right", "Next stage", "To the next stage.", ("l", "right", "tab"),
            frozenset({BOARD}), "board_stage", argument=1),
    Command("board.left", "Stage before", "To the stage before.", ("h", "left"),
            frozenset({BOARD}), "board_stage", argument=-1),
    Command("board.down", "Down", "Next deal.", ("j", "down"), frozenset({BOARD}), "board_by",
            argument=1),
    Command("board.up", "Up", "Deal above.", ("k", "up"), frozenset({BOARD}), "board_by",
            argument=-1),
    Command("board.forward", "Stage on", "Move the deal to the next stage.", (">",),
            frozenset({BOARD}), "board_move", 3, argument=1),
    Command("board.back", "Stage back", "Move the deal to the stage before.", ("<",),
            frozenset({BOARD}), "board_move", 5, argument=-1),
    Command("record.change", "Change", "Change or open the marked line.", ("enter", "e", "o"),
            frozenset({RECORD}), "record_change", 1),
    Command("record.compose", "Write", "Write a mail to its people, linked to it.", ("c",),
            frozenset({RECORD}), "record_compose"),
    Command("record.stage", "Stage", "Move to another stage or phase.", ("s",),
            frozenset({RECORD}), "record_stage", 2),
    Command("record.status", "Status", "Won, lost, archived, open again.", ("W",),
            frozenset({RECORD}), "record_status", 3),
    Command("record.activity", "Activity", "Plan something to do.", ("t",), frozenset({RECORD}),
            "record_activity", 4),
    Command("record.note", "Note", "Keep a note.", ("n",), frozenset({RECORD}), "record_note", 5),
    Command("record.done", "Done", "Mark the activity done, or open again.", ("space",),
            frozenset({RECORD}), "record_done", 6),
    Command("record.empty", "Empty", "Empty the marked field; take a person or deal out.", ("x",),
            frozenset({RECORD}), "record_empty", 9),
    Command("record.merge", "Merge", "Join another record of this kind into it.", ("m",),
            frozenset({RECORD}), "record_merge"),
    Command("record.follow", "Follow", "Follow the record, or no longer.", ("f",),
            frozenset({RECORD}), "record_follow"),
    Command("record.delete", "Delete", "Delete the record or the marked line; mail stays.",
            ("D",), frozenset({RECORD}), "record_delete", 7),
    Command("form.keep", "Keep", "Add the record.", ("ctrl+s",), frozenset({FORM}), "form_keep",
            1),
    Command("form.next", "Next field", "To the next field; the last one keeps.",
            ("enter", "tab", "down"), frozenset({FORM}), "form_by", 2, argument=1),
    Command("form.previous", "Field before", "To the field before.", ("shift+tab", "up"),
            frozenset({FORM}), "form_by", argument=-1),
    Command("form.leave", "Back", "Add nothing.", ("escape",), frozenset({FORM}), "back", 3),
    Command("search.leave", "Back", "Back to where you were.", ("escape",), frozenset({SEARCH}),
            "search_leave", 2),
    Command("search.keep", "To the list", "Work with what was found.", ("enter", "down"),
            frozenset({SEARCH}), "search_keep", 1),
    Command("picker.leave", "Back", "Choose nothing.", ("escape",), frozenset({PICKER}),
            "picker_leave", 2),
    Command("picker.take", "Take", "Take the marked line.", ("enter",), frozenset({PICKER}),
            "picker_take", 1),
    Command("picker.down", "Down", "Next line.", ("down", "ctrl+n"), frozenset({PICKER}),
            "picker_by", argument=1),
    Command("picker.up", "Up", "Previous line.", ("up", "ctrl+p"), frozenset({PICKER}),
            "picker_by", argument=-1),
    Command("picker.page_down", "Page down", "One page down.", ("pagedown",), frozenset({PICKER}),
            "picker_by", argument=10),
    Command("picker.page_up", "Page up", "One page up.", ("pageup",), frozenset({PICKER}),
            "picker_by", argument=-10),
)  # fmt: skip

PRESETS: Mapping[str, Mapping[str, str]] = {
    "default": {},
    "gmail": {
        "mail.archive": "e",
        "mail.reply_all": "a",
        "mail.mute": "m",
        "mail.compose": "c",
        "mail.delete": "#",
        "mail.unread": "U,I",
        "mail.unsubscribe": "g U",
        "app.leave": "u,q",
    },
    "mutt": {
        "mail.archive": "a",
        "mail.reply_all": "g",
        "mail.unread": "N",
        "mail.star": "F",
        "mail.move": "s",
        "mail.undo": "u,z",
        "mail.compose": "m",
        "mail.delete": "d",
        "list.select": "t,space",
        "list.search": "/,l",
        "list.top": "=,home",
        "list.bottom": "*,end",
        "text.top": "=,home",
        "text.bottom": "*,end",
        "message.find_previous": "P",
        "list.all": "T a",
        "list.none": "T n",
        "list.select_unread": "T u",
        "list.select_read": "T r",
        "list.select_starred": "T s",
        "app.leave": "q,x",
        "mail.reply": "r",
        "mail.link": "L",
        "mail.activity": "ctrl+a",
        "record.compose": "C",
        "records.compose": "C",
        "records.select": "t,space",
        "record.empty": "backspace",
        "mail.links": "ctrl+g",
        **{
            command.id: ",".join(
                key.replace("g ", "c ", 1).replace(",", "comma") for key in command.keys
            )
            for command in COMMANDS
            if command.id.startswith("go.")
        },
    },
}
"""Keys that differ from the table, by preset."""

BY_ID: Mapping[str, Command] = {command.id: command for command in COMMANDS}


def keymap(preset: str, overrides: Mapping[str, str]) -> Keymap:
    """The checked keymap of this table.

    Raises ConfigError that names the command and the key.
    """
    return build(
        [Bindable(command.id, command.keys, command.contexts) for command in COMMANDS],
        PRESETS[preset],
        overrides,
    )


def in_context(context: str) -> list[Command]:
    """The commands that work there, in the order of the table."""
    return [command for command in COMMANDS if context in command.contexts]


_SHOWN = {
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def shown_key(sequence: str) -> str:
    """A key sequence as people read it: `Ctrl-r`, `g i`, `Esc`."""
    return " ".join(
        _SHOWN.get(
            key, f"Ctrl-{key[5:]}" if key.startswith("ctrl+") else key.title() if key[1:] else key
        )
        for key in sequence.split(" ")
    )
