"""CaptionA.cc: exact, timed, corrected text from videos with burned-in captions."""

__version__ = "0.1.0"
