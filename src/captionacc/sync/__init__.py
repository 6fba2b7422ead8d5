"""Real-time sync: CR-SQLite on the server, the changes that travel, and who may make which."""
