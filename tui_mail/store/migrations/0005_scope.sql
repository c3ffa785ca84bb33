-- What was chosen to be synced, and how an account looks in lists.

ALTER TABLE folders ADD COLUMN past_scope TEXT NOT NULL DEFAULT 'everyone';  -- of `horizon`
ALTER TABLE accounts ADD COLUMN colour TEXT NOT NULL DEFAULT 'none';
