"""What things are and what the rules say. Pure: standard library only, no I/O."""
