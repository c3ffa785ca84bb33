-- Mail that is not synced any more by the user's choice is not gone from the server.

ALTER TABLE messages ADD COLUMN let_go_at INTEGER;  -- equals orphaned_at while that is the reason
