"""The portal as running programs whose processes, database, disk and network fail."""
