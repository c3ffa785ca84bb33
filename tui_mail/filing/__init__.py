"""What becomes of a message once it is here: its conversation, people, counters and views."""
