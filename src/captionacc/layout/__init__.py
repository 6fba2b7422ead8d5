"""Caption band and crop region from OCR boxes; box classification."""
