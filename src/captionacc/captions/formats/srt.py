"""SubRip (``.srt``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from captionacc.captions.formats.cues import JOINER, cues_of, render_with_pysubs2

if TYPE_CHECKING:
    from captionacc.captions.formats.base import Document

_MARKUP: Final = re.compile(
    r"<(?=\s*/?\s*[A-Za-z])"  # an HTML-like tag
    r"|\{(?=\s*\\)"  # an ASS override, which players read here too
    r"|&(?=#?\w+;)"  # a character reference
    r"|\\(?=[Nnh])"  # its line break or space
    r"|--(?=>)"  # the arrow of a time line
)
_LIMIT_H: Final = 100


@dataclass(frozen=True, slots=True)
class SrtFormat:
    """Numbered cues with times in milliseconds.

    The format has no escapes, and players read some HTML, so an invisible joiner (U+2060) breaks
    what would look like markup; all other text is untouched.
    """

    name: str = "srt"

    def render(self, document: Document) -> str:
        """The file; without captions it is empty, as the format has no header.

        Raises:
            UsageError: a caption is later than 100 hours.
        """
        return render_with_pysubs2(cues_of(document.captions), self.name, _escape, _LIMIT_H)


def _escape(text: str) -> str:
    return _MARKUP.sub(lambda found: found[0] + JOINER, text)
