"""Step-by-step submission."""
