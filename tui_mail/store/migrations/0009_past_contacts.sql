-- Where only past mail of contacts is brought: who became one since then may have more (B4).

ALTER TABLE folders ADD COLUMN contacts_at INTEGER NOT NULL DEFAULT 0;  -- contacts looked for until
