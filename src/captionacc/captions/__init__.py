"""Median frame, text assembly, quality flags, export formats."""
