-- Mail, its places on the server, what the user wants of it, and what the lists show.
-- Server truth is in placements, the user's intent in operations; presence, listing and the
-- counters are the fold of both and can be rebuilt at any time (I5).

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    slug         TEXT NOT NULL UNIQUE,             -- the id in the settings file
    address      TEXT NOT NULL,
    short_name   TEXT NOT NULL DEFAULT '',
    position     INTEGER NOT NULL DEFAULT 0,
    state        TEXT NOT NULL DEFAULT 'not_started',  -- R13
    reason       TEXT NOT NULL DEFAULT '',         -- why it is in that state, safe text
    state_at     INTEGER NOT NULL DEFAULT 0,
    last_ok_at   INTEGER NOT NULL DEFAULT 0,
    last_error   TEXT NOT NULL DEFAULT '',         -- word for word, safe text
    last_error_at INTEGER NOT NULL DEFAULT 0,
    server       TEXT NOT NULL DEFAULT '{}',       -- JSON: capabilities, id, tls, clock skew, quirks
    progress     TEXT NOT NULL DEFAULT '{}',       -- JSON: folder, done, total, rate, phase
    own_keys     TEXT NOT NULL DEFAULT '[]',       -- JSON: own addresses as comparison keys
    removed_at   INTEGER
) STRICT;

CREATE TABLE folders (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id     INTEGER NOT NULL REFERENCES accounts(id),
    wire_name      BLOB NOT NULL,                  -- as the server spells it, modified UTF-7
    name           TEXT NOT NULL,                  -- decoded, not yet safe to show
    delimiter      TEXT NOT NULL DEFAULT '/',
    role           TEXT NOT NULL DEFAULT '',       -- inbox sent drafts archive all junk trash, or empty
    selectable     INTEGER NOT NULL DEFAULT 1,
    selected       INTEGER NOT NULL DEFAULT 1,     -- the user wants it synced
    mailbox_id     TEXT NOT NULL DEFAULT '',       -- RFC 8474
    uidvalidity    INTEGER NOT NULL DEFAULT 0,
    generation     INTEGER NOT NULL DEFAULT 1,     -- raised whenever UIDs become void
    uidnext        INTEGER NOT NULL DEFAULT 0,     -- every UID below is stored, in fetch_retry or gone
    modseq         INTEGER NOT NULL DEFAULT 0,
    server_exists  INTEGER NOT NULL DEFAULT 0,
    horizon        INTEGER NOT NULL DEFAULT -1,    -- past mail is complete from this time on; -1 not yet
    state          TEXT NOT NULL DEFAULT 'new',    -- new live renumbered unstable quarantined gone
    quarantine     TEXT NOT NULL DEFAULT '{}',     -- JSON: since, checks, last (VAL-1)
    state_at       INTEGER NOT NULL DEFAULT 0,
    missing_since  INTEGER,
    missing_count  INTEGER NOT NULL DEFAULT 0,
    last_sync_at   INTEGER NOT NULL DEFAULT 0,
    last_audit_at  INTEGER NOT NULL DEFAULT 0,
    renumbered     TEXT NOT NULL DEFAULT '[]',     -- JSON: times of UIDVALIDITY changes in the last day
    read_only      INTEGER NOT NULL DEFAULT 0,
    messages       INTEGER NOT NULL DEFAULT 0,     -- kept counters of presence
    unread         INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account_id, wire_name)
) STRICT;

CREATE TABLE conversations (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    subject       TEXT NOT NULL DEFAULT '',
    people        TEXT NOT NULL DEFAULT '',        -- who wrote, newest last, ready for the list
    snippet       TEXT NOT NULL DEFAULT '',
    messages      INTEGER NOT NULL DEFAULT 0,
    unread        INTEGER NOT NULL DEFAULT 0,
    starred       INTEGER NOT NULL DEFAULT 0,
    attachments   INTEGER NOT NULL DEFAULT 0,
    drafts        INTEGER NOT NULL DEFAULT 0,
    outgoing      INTEGER NOT NULL DEFAULT 0,
    answered      INTEGER NOT NULL DEFAULT 0,      -- the last message is ours
    first_at      INTEGER NOT NULL DEFAULT 0,
    last_at       INTEGER NOT NULL DEFAULT 0,
    last_in_at    INTEGER NOT NULL DEFAULT 0,
    last_out_at   INTEGER NOT NULL DEFAULT 0,
    account_id    INTEGER NOT NULL DEFAULT 0,      -- of the newest message
    muted_at      INTEGER
) STRICT;

CREATE TABLE messages (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id    INTEGER NOT NULL REFERENCES accounts(id),
    conversation_id INTEGER NOT NULL REFERENCES conversations(id),
    state         TEXT NOT NULL DEFAULT 'received',  -- received sent draft outgoing
    message_id    TEXT NOT NULL DEFAULT '',
    refs          TEXT NOT NULL DEFAULT '[]',      -- JSON: References then In-Reply-To, oldest first
    fingerprint   BLOB NOT NULL DEFAULT x'',
    tui_mail_id   TEXT NOT NULL DEFAULT '',
    gm_msgid      INTEGER,
    gm_thrid      INTEGER,
    email_id      TEXT,
    raw_sha256    BLOB,
    subject       TEXT NOT NULL DEFAULT '',
    from_name     TEXT NOT NULL DEFAULT '',
    from_address  TEXT NOT NULL DEFAULT '',
    is_own        INTEGER NOT NULL DEFAULT 0,      -- written by the account's owner
    snippet       TEXT NOT NULL DEFAULT '',
    date          INTEGER,                         -- Date header as given
    internal_date INTEGER NOT NULL DEFAULT 0,
    sort_at       INTEGER NOT NULL,                -- for lists only, never for sync (SYN-11)
    size          INTEGER NOT NULL DEFAULT 0,
    flags         INTEGER NOT NULL DEFAULT 0,      -- visible flags: the fold of truth and intent
    attachments   INTEGER NOT NULL DEFAULT 0,
    list_id       TEXT NOT NULL DEFAULT '',
    kind          INTEGER NOT NULL DEFAULT 0,      -- bits: 1 bulk, 2 automatic answer, 4 report
    defects       TEXT NOT NULL DEFAULT '[]',
    body_state    TEXT NOT NULL DEFAULT 'none',    -- none full too_big failed
    problem       TEXT NOT NULL DEFAULT '',
    text_key      INTEGER,                         -- row of texts and of the index
    stranger      INTEGER NOT NULL DEFAULT 0,      -- joined by an id only: its sender takes no part
    visibility    TEXT NOT NULL DEFAULT 'private',
    screened_by   INTEGER,
    first_seen    INTEGER NOT NULL,
    orphaned_at   INTEGER,                         -- gone from the server since
    retention_until INTEGER,
    deleted_at    INTEGER                          -- deleted by the user; hidden at once
) STRICT;
CREATE INDEX messages_conversation ON messages(conversation_id, sort_at);
CREATE INDEX messages_message_id ON messages(message_id) WHERE message_id <> '';
CREATE INDEX messages_fingerprint ON messages(account_id, fingerprint);
CREATE INDEX messages_gm ON messages(account_id, gm_msgid) WHERE gm_msgid IS NOT NULL;
CREATE INDEX messages_email_id ON messages(account_id, email_id) WHERE email_id IS NOT NULL;
CREATE INDEX messages_tui_mail_id ON messages(tui_mail_id) WHERE tui_mail_id <> '';
CREATE INDEX messages_bodies ON messages(account_id, sort_at DESC) WHERE body_state = 'none';
CREATE INDEX messages_sort ON messages(sort_at DESC, id DESC);
CREATE INDEX messages_unread ON messages(sort_at DESC, id DESC) WHERE flags & 1 = 0;
CREATE INDEX messages_flagged ON messages(sort_at DESC, id DESC) WHERE flags & 2 <> 0;
CREATE INDEX messages_drafts ON messages(deleted_at) WHERE state = 'draft';
CREATE INDEX messages_large ON messages(sort_at DESC, id DESC, size) WHERE size > 1000000;
CREATE INDEX messages_orphaned ON messages(orphaned_at) WHERE orphaned_at IS NOT NULL;
CREATE UNIQUE INDEX messages_text_key ON messages(text_key) WHERE text_key IS NOT NULL;

-- Every Message-ID seen or referred to, and the conversation it belongs to (R59).
CREATE TABLE thread_ids (
    id_hash         INTEGER PRIMARY KEY,           -- 64 bits of blake2b over the id
    conversation_id INTEGER NOT NULL
) STRICT;
CREATE INDEX thread_ids_conversation ON thread_ids(conversation_id);

CREATE TABLE placements (
    folder_id    INTEGER NOT NULL REFERENCES folders(id),
    generation   INTEGER NOT NULL,
    uid          INTEGER NOT NULL,
    message_id   INTEGER NOT NULL REFERENCES messages(id),
    flags        INTEGER NOT NULL DEFAULT 0,       -- as the server last said
    keywords     TEXT NOT NULL DEFAULT '',
    labels       TEXT NOT NULL DEFAULT '',         -- X-GM-LABELS as JSON, or empty
    modseq       INTEGER NOT NULL DEFAULT 0,
    first_seen   INTEGER NOT NULL,
    vanished_at  INTEGER,
    PRIMARY KEY (folder_id, generation, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX placements_message ON placements(message_id);

CREATE TABLE presence (
    message_id  INTEGER NOT NULL,
    folder_id   INTEGER NOT NULL,
    PRIMARY KEY (message_id, folder_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX presence_folder ON presence(folder_id, message_id);

-- One row for each conversation in each view; the primary key is the list order.
CREATE TABLE listing (
    view_id          INTEGER NOT NULL,             -- model.views
    at               INTEGER NOT NULL,
    conversation_id  INTEGER NOT NULL,
    unread           INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (view_id, at DESC, conversation_id DESC)
) STRICT, WITHOUT ROWID;
CREATE INDEX listing_conversation ON listing(conversation_id, unread);

CREATE TABLE view_counts (
    view_id  INTEGER PRIMARY KEY,
    total    INTEGER NOT NULL DEFAULT 0,
    unread   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE correspondents (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    address   TEXT NOT NULL UNIQUE,                -- comparison key
    name      TEXT NOT NULL DEFAULT '',
    received  INTEGER NOT NULL DEFAULT 0,
    sent      INTEGER NOT NULL DEFAULT 0,
    last_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX correspondents_name ON correspondents(name COLLATE NOCASE);

CREATE TABLE participants (
    message_id       INTEGER NOT NULL,
    role             TEXT NOT NULL,                -- from sender reply_to to cc bcc
    position         INTEGER NOT NULL,
    correspondent_id INTEGER NOT NULL REFERENCES correspondents(id),
    name             TEXT NOT NULL DEFAULT '',
    is_own           INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (message_id, role, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX participants_correspondent ON participants(correspondent_id, message_id);

CREATE TABLE raws (
    message_id  INTEGER PRIMARY KEY REFERENCES messages(id),
    data        BLOB NOT NULL                      -- zstd
) STRICT;

CREATE TABLE readables (
    message_id  INTEGER PRIMARY KEY REFERENCES messages(id),
    version     INTEGER NOT NULL,
    data        BLOB NOT NULL                      -- msgpack of ReadableMail, zstd
) STRICT;

CREATE TABLE attachments (
    message_id    INTEGER NOT NULL REFERENCES messages(id),
    part          TEXT NOT NULL,
    filename      TEXT NOT NULL,
    content_type  TEXT NOT NULL,
    size          INTEGER NOT NULL,
    content_id    TEXT NOT NULL DEFAULT '',
    inline        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (message_id, part)
) STRICT, WITHOUT ROWID;

-- `key` rises with the date of the mail, so that the newest hits come first without sorting.
CREATE TABLE texts (
    key         INTEGER PRIMARY KEY,
    subject     TEXT NOT NULL,
    sender      TEXT NOT NULL,
    recipients  TEXT NOT NULL,
    files       TEXT NOT NULL,
    body        TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE fts USING fts5(
    subject, sender, recipients, files, body,
    content='texts', content_rowid='key', tokenize="unicode61 remove_diacritics 2"
);
-- Merging segments is half of what indexing costs: merge more of them at a time, and never all of
-- a level at once within one transaction.
INSERT INTO fts(fts, rank) VALUES ('automerge', 12);
INSERT INTO fts(fts, rank) VALUES ('crisismerge', 64);

CREATE TABLE fetch_retry (
    folder_id   INTEGER NOT NULL REFERENCES folders(id),
    generation  INTEGER NOT NULL,
    uid         INTEGER NOT NULL,
    what        TEXT NOT NULL,                     -- header or body
    attempts    INTEGER NOT NULL DEFAULT 0,
    next_at     INTEGER NOT NULL DEFAULT 0,
    error       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (folder_id, generation, uid, what)
) STRICT, WITHOUT ROWID;

CREATE TABLE operations (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,   -- the order of replay
    uuid          TEXT NOT NULL UNIQUE,
    account_id    INTEGER NOT NULL REFERENCES accounts(id),
    kind          TEXT NOT NULL,                   -- flag move expunge append label
    verb          TEXT NOT NULL DEFAULT '',        -- archive delete spam move read star … for words
    message_id    INTEGER REFERENCES messages(id),
    folder_id     INTEGER REFERENCES folders(id),  -- source
    generation    INTEGER NOT NULL DEFAULT 0,
    uid           INTEGER NOT NULL DEFAULT 0,
    target_id     INTEGER REFERENCES folders(id),
    args          TEXT NOT NULL DEFAULT '{}',
    base          TEXT NOT NULL DEFAULT '{}',      -- server state seen when the user acted
    journal_id    INTEGER,
    depends_on    INTEGER,
    state         TEXT NOT NULL DEFAULT 'pending', -- pending inflight verify local done failed conflict cancelled
    attempts      INTEGER NOT NULL DEFAULT 0,
    next_at       INTEGER NOT NULL DEFAULT 0,
    lease         TEXT NOT NULL DEFAULT '',
    evidence      TEXT NOT NULL DEFAULT '{}',
    error         TEXT NOT NULL DEFAULT '',
    created_at    INTEGER NOT NULL,
    finished_at   INTEGER
) STRICT;
CREATE INDEX operations_open ON operations(account_id, id)
    WHERE state IN ('pending', 'inflight', 'verify');
CREATE INDEX operations_message ON operations(message_id)
    WHERE state IN ('pending', 'inflight', 'verify', 'local');
CREATE INDEX operations_journal ON operations(journal_id);

CREATE TABLE journal (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    actor       TEXT NOT NULL,                     -- user, sync, server
    action      TEXT NOT NULL,
    summary     TEXT NOT NULL,                     -- one safe line for the status bar
    targets     TEXT NOT NULL DEFAULT '{}',        -- JSON: conversation and message ids
    undo        TEXT NOT NULL DEFAULT '',          -- JSON of the inverse, or empty when there is none
    undone_at   INTEGER
) STRICT;
CREATE INDEX journal_undo ON journal(id) WHERE undo <> '' AND undone_at IS NULL;

CREATE TABLE tombstones (
    account_id   INTEGER NOT NULL REFERENCES accounts(id),
    folder_id    INTEGER NOT NULL,
    generation   INTEGER NOT NULL,
    uid          INTEGER NOT NULL,
    fingerprint  BLOB NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (folder_id, generation, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstones_fingerprint ON tombstones(account_id, fingerprint);

CREATE TABLE drafts (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid             TEXT NOT NULL UNIQUE,
    account_id       INTEGER NOT NULL REFERENCES accounts(id),
    message_id       INTEGER REFERENCES messages(id),
    conversation_id  INTEGER,
    kind             TEXT NOT NULL DEFAULT 'new',  -- new reply reply_all forward
    source_id        INTEGER,                      -- the message that is answered
    revision         INTEGER NOT NULL DEFAULT 1,
    content          TEXT NOT NULL,                -- JSON: model.drafts.DraftContent
    state            TEXT NOT NULL DEFAULT 'open', -- open kept sent discarded
    saved_at         INTEGER NOT NULL,
    created_at       INTEGER NOT NULL
) STRICT;

CREATE TABLE draft_files (
    draft_id  INTEGER NOT NULL REFERENCES drafts(id),
    position  INTEGER NOT NULL,
    filename  TEXT NOT NULL,
    content_type TEXT NOT NULL,
    data      BLOB NOT NULL,
    PRIMARY KEY (draft_id, position)
) STRICT;

CREATE TABLE outbox (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid          TEXT NOT NULL UNIQUE,            -- X-Tui-Mail-Id
    account_id    INTEGER NOT NULL REFERENCES accounts(id),
    message_id    INTEGER NOT NULL REFERENCES messages(id),
    draft_id      INTEGER,
    message_id_header TEXT NOT NULL,
    mail_from     TEXT NOT NULL,
    raw           BLOB NOT NULL,                   -- frozen octets, CRLF, without Bcc
    sha256        BLOB NOT NULL,
    state         TEXT NOT NULL,                   -- §4.9
    not_before    INTEGER NOT NULL,
    scheduled     INTEGER NOT NULL DEFAULT 0,
    attempts      INTEGER NOT NULL DEFAULT 0,
    next_at       INTEGER NOT NULL DEFAULT 0,
    lease         TEXT NOT NULL DEFAULT '',
    queue_id      TEXT NOT NULL DEFAULT '',
    error         TEXT NOT NULL DEFAULT '',
    idempotency_key TEXT UNIQUE,
    checks        INTEGER NOT NULL DEFAULT 0,      -- how often proof was looked for (OUT-5)
    created_at    INTEGER NOT NULL,
    finished_at   INTEGER
) STRICT;
CREATE INDEX outbox_open ON outbox(account_id, id)
    WHERE state NOT IN ('sent', 'cancelled');

CREATE INDEX outbox_message ON outbox(message_id);

CREATE TABLE outbox_recipients (
    outbox_id  INTEGER NOT NULL REFERENCES outbox(id),
    address    TEXT NOT NULL,
    state      TEXT NOT NULL DEFAULT 'waiting',    -- waiting accepted refused retry bounced delivered
    code       TEXT NOT NULL DEFAULT '',
    answer     TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (outbox_id, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox_attempts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    outbox_id  INTEGER NOT NULL REFERENCES outbox(id),
    at         INTEGER NOT NULL,
    stage      TEXT NOT NULL,
    outcome    TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE folder_events (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  INTEGER NOT NULL,
    folder_id   INTEGER,
    at          INTEGER NOT NULL,
    kind        TEXT NOT NULL,                     -- uidvalidity quarantine accepted vanished folder_gone …
    detail      TEXT NOT NULL
) STRICT;

CREATE TABLE saved_views (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL UNIQUE,
    query     TEXT NOT NULL,
    position  INTEGER NOT NULL DEFAULT 0
) STRICT;
