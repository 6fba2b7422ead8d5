"""Domain types without I/O."""
