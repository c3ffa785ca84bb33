-- Who sees a record beside its owner when it is visible to them alone (B33).
CREATE TABLE followers (
    kind       TEXT NOT NULL,                      -- person organization deal lead project
    record_id  INTEGER NOT NULL,
    user_id    INTEGER NOT NULL REFERENCES users(id),
    PRIMARY KEY (kind, record_id, user_id)
) STRICT, WITHOUT ROWID;
