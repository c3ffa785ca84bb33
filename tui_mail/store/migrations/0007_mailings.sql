-- One mail each for many people. Every mail is a row of the outbox, frozen when it was confirmed.
CREATE TABLE mailings (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    draft_id    INTEGER NOT NULL,
    account_id  INTEGER NOT NULL REFERENCES accounts(id),
    subject     TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'preparing', -- preparing running stopped
    gap         INTEGER NOT NULL,                  -- least seconds between two of its mails
    last_at     INTEGER NOT NULL DEFAULT 0,        -- when the last one began to go
    inputs      BLOB NOT NULL,                     -- hash of what was confirmed (SEC-41)
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX mailings_draft ON mailings(draft_id);
ALTER TABLE outbox ADD COLUMN mailing_id INTEGER;
CREATE INDEX outbox_mailing ON outbox(mailing_id) WHERE mailing_id IS NOT NULL;
