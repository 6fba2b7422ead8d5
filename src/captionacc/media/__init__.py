"""Videos in, frames out: probe, sparse samples, the caption band, WebM chunks, pictures."""
