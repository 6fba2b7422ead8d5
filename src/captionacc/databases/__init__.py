"""The per-video SQLite files: schema, readers and writers."""
