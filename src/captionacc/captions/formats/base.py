"""What every export format offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from captionacc.model.geometry import CropRegion
    from captionacc.model.results import Caption, VideoProbe


@dataclass(frozen=True, slots=True)
class Document:
    """What is exported.

    Attributes:
        captions: Any number, none too; order and overlaps are the format's to settle.
        video: The video they belong to.
        region: Where they are in its frame, if known.
    """

    captions: tuple[Caption, ...]
    video: VideoProbe
    region: CropRegion | None = None


class CaptionFormat(Protocol):
    """One way to write captions down.

    How to add a format:

    1. Write one module here with a frozen class that has the members below. Take times from
       :func:`captionacc.captions.formats.cues.cues_of` with the format's smallest time step, so
       that no cue is empty, overlaps another, or slips past a frame; and text from the cues,
       which is free of control characters and blank lines. What would be markup in the format
       must come out as the text it is.
    2. Enter it in ``FORMATS`` of :mod:`captionacc.captions.formats`.
    3. Add it to ``tests/unit/captions/formats/test_formats.py``, which reads every format back
       with a second, strict reader.
    """

    @property
    def name(self) -> str:
        """Name on the command line, and the file's extension."""
        ...

    def render(self, document: Document) -> str:
        """The whole file, with line feeds as line ends, and without a byte order mark.

        A document without captions gives an empty but valid file.
        """
        ...
