"""The HTTP API: FastAPI, one process, nothing heavy imported."""
