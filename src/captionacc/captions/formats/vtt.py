"""WebVTT (``.vtt``), as specified by the W3C."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from captionacc.captions.formats.cues import cues_of, render_with_pysubs2

if TYPE_CHECKING:
    from captionacc.captions.formats.base import Document

_LIMIT_H: Final = 100


@dataclass(frozen=True, slots=True)
class VttFormat:
    """Cues with times in milliseconds below a header; ``&``, ``<`` and ``>`` are escaped."""

    name: str = "vtt"

    def render(self, document: Document) -> str:
        """The file; without captions it is the header alone.

        Raises:
            UsageError: a caption is later than 100 hours.
        """
        return render_with_pysubs2(cues_of(document.captions), self.name, _escape, _LIMIT_H)


def _escape(text: str) -> str:
    return html.escape(text, quote=False)
