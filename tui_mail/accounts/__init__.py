"""Provider presets, signing in, and secrets."""
