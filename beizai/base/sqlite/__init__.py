"""The office database on SQLite, where who waits for the lock asks for it often, so that nobody waits long."""
