-- What changes most of a conversation, in narrow rows: a thousand of them are written in few pages.
CREATE TABLE marks (
    conversation_id  INTEGER PRIMARY KEY REFERENCES conversations(id) ON DELETE CASCADE,
    unread           INTEGER NOT NULL DEFAULT 0,
    starred          INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO marks(conversation_id, unread, starred) SELECT id, unread, starred FROM conversations;
ALTER TABLE conversations DROP COLUMN unread;
ALTER TABLE conversations DROP COLUMN starred;
