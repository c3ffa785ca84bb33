-- Templates and signatures: what mails are begun with.

CREATE TABLE templates (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL COLLATE NOCASE UNIQUE,
    subject     TEXT NOT NULL DEFAULT '',
    body        TEXT NOT NULL DEFAULT '',          -- Markdown with smart fields
    shared      INTEGER NOT NULL DEFAULT 0,        -- for the company
    owner_id    INTEGER NOT NULL DEFAULT 1 REFERENCES users(id),
    position    INTEGER NOT NULL DEFAULT 0,
    remote_id   TEXT NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE template_files (
    template_id   INTEGER NOT NULL REFERENCES templates(id),
    position      INTEGER NOT NULL,
    filename      TEXT NOT NULL,
    content_type  TEXT NOT NULL,
    sha256        TEXT NOT NULL,
    PRIMARY KEY (template_id, position)
) STRICT, WITHOUT ROWID;

-- Content of template files, kept as long as undo may want it back.
CREATE TABLE file_contents (
    sha256  TEXT PRIMARY KEY,
    data    BLOB NOT NULL
) STRICT;

CREATE TABLE signatures (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  INTEGER NOT NULL REFERENCES accounts(id),
    name        TEXT NOT NULL COLLATE NOCASE,
    body        TEXT NOT NULL DEFAULT '',          -- Markdown
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    UNIQUE (account_id, name)
) STRICT;
