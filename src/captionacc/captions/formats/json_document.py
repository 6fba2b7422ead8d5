"""JSON (``.json``): everything that is known, for other programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from captionacc.captions.formats.cues import clean_text

if TYPE_CHECKING:
    from captionacc.captions.formats.base import Document
    from captionacc.model.results import Caption

_SECOND_DIGITS: Final = 6
_CONFIDENCE_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """One object.

    ``{"video": {...}, "captions": [{"index", "start_s", "end_s", "text", "confidence",
    "flags"}]}``, where ``video`` has the fields of
    :class:`captionacc.model.results.VideoProbe` and indexes count from 1. Captions without text
    are included: their flags say so.
    """

    name: str = "json"

    def render(self, document: Document) -> str:
        """The file; without captions the list is empty."""
        ordered = sorted(document.captions, key=lambda caption: (caption.start_s, caption.end_s))
        content = {
            "video": asdict(document.video),
            "captions": [_entry(index, caption) for index, caption in enumerate(ordered, 1)],
        }
        return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _entry(index: int, caption: Caption) -> dict[str, object]:
    return {
        "index": index,
        "start_s": round(caption.start_s, _SECOND_DIGITS),
        "end_s": round(caption.end_s, _SECOND_DIGITS),
        "text": clean_text(caption.text),
        "confidence": round(caption.confidence, _CONFIDENCE_DIGITS),
        "flags": list(caption.flags),
    }
