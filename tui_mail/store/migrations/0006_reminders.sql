-- Conversations out of sight until a time, and those in which an answer is waited for. Local only.
CREATE TABLE reminders (
    conversation_id  INTEGER NOT NULL REFERENCES conversations(id),
    kind             TEXT NOT NULL,                -- snooze remind
    due_at           INTEGER NOT NULL,
    set_at           INTEGER NOT NULL,
    after_id         INTEGER NOT NULL,             -- the newest message then: an answer comes after it
    after_at         INTEGER NOT NULL,             -- its time
    woken_at         INTEGER,                      -- NULL: still waits
    PRIMARY KEY (conversation_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX reminders_due ON reminders(due_at) WHERE woken_at IS NULL;
