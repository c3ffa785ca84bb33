"""Bytes to message and message to bytes."""
