"""Where compute calls run: one protocol, one module per place."""
