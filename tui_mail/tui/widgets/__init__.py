"""The widgets that draw mail."""
