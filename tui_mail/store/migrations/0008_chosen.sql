-- Choosing by label: which labels past mail is complete for, and Gmail's conversations by number.

ALTER TABLE folders ADD COLUMN past_labels TEXT NOT NULL DEFAULT '';  -- JSON; empty: every label
CREATE INDEX messages_gm_thread ON messages(account_id, gm_thrid) WHERE gm_thrid IS NOT NULL;
