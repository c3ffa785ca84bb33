"""One module per command: the same actions without a screen."""
