"""Plain text (``.txt``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from captionacc.captions.formats.cues import cues_of

if TYPE_CHECKING:
    from captionacc.captions.formats.base import Document


@dataclass(frozen=True, slots=True)
class TxtFormat:
    """The text alone, in order: line breaks kept, a blank line between captions."""

    name: str = "txt"

    def render(self, document: Document) -> str:
        """The file; without captions it is empty."""
        return "\n".join(f"{cue.text}\n" for cue in cues_of(document.captions))
