"""Object keys and the store."""
