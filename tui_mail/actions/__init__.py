"""What a user can do, once; each action is one transaction."""
