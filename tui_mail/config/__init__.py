"""Settings as documented data, the places of files, and the keymap."""
