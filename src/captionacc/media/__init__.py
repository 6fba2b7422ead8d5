"""PyAV: probe, seek, decode, crop, WebM chunks, time base."""
