"""Caption-boundary inference and decoding into frame extents."""
