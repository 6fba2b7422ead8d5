"""``captions.db``: the captions as predicted, read and corrected.

``captions`` keeps the rules of a CR-SQLite table (see :mod:`captionacc.databases.layout`), so that
a sync server can share it as it is.

What the columns mean where the name does not say it: ``boundary_pending`` and ``text_pending``
are 1 while that part awaits a person; ``text`` is what a person wrote, NULL until then;
``caption_ocr`` is what was read from the median frame, from an earlier one while
``caption_ocr_status`` is not ``completed``.

``predictions`` holds what inference on another crop-frames version said until that version is
active; see :mod:`captionacc.databases.predictions`. ``database_metadata`` says which version and
run those are of, which ones ``captions`` was built from last, and the next free caption id: ids are
never used again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from captionacc.databases.schema import Schema

if TYPE_CHECKING:
    from captionacc.model.ids import CaptionId
    from captionacc.model.results import CaptionExtent

_METADATA_COLUMNS: Final = tuple(
    f"ALTER TABLE database_metadata ADD COLUMN {column}"
    for column in (
        "next_caption_id INTEGER NOT NULL DEFAULT 1",
        "built_version INTEGER",
        "built_run TEXT",
        "predicted_version INTEGER",
        "predicted_run TEXT",
    )
)
_NUMBER_ON: Final = """
UPDATE database_metadata SET next_caption_id = (SELECT coalesce(max(id), 0) + 1 FROM captions)
"""
_PREDICTIONS: Final = """
CREATE TABLE predictions (
    id INTEGER PRIMARY KEY NOT NULL,
    start_frame_index INTEGER NOT NULL,
    end_frame_index INTEGER NOT NULL,
    start_pts_s REAL NOT NULL,
    end_pts_s REAL NOT NULL,
    boundary_confidence REAL NOT NULL
)
"""

SCHEMA: Final = Schema(
    kind="captions",
    version=2,
    tables=(
        """
        CREATE TABLE captions (
            id INTEGER PRIMARY KEY NOT NULL,
            start_frame_index INTEGER NOT NULL DEFAULT 0,
            end_frame_index INTEGER NOT NULL DEFAULT 0,
            start_pts_s REAL NOT NULL DEFAULT 0,
            end_pts_s REAL NOT NULL DEFAULT 0,
            boundary_state TEXT NOT NULL DEFAULT 'predicted',
            boundary_pending INTEGER NOT NULL DEFAULT 1,
            boundary_confidence REAL,
            text TEXT,
            text_pending INTEGER NOT NULL DEFAULT 1,
            text_status TEXT,
            text_notes TEXT,
            caption_ocr TEXT,
            caption_ocr_confidence REAL,
            caption_ocr_status TEXT NOT NULL DEFAULT 'queued',
            caption_ocr_error TEXT,
            created_at TEXT NOT NULL DEFAULT '',
            updated_at TEXT NOT NULL DEFAULT ''
        )
        """,
        _PREDICTIONS,
        *_METADATA_COLUMNS,
    ),
    table_names=("captions",),
    migrations={
        1: (
            _PREDICTIONS,
            *_METADATA_COLUMNS,
            _NUMBER_ON,
        )
    },
)


class BoundaryState(StrEnum):
    """How far a caption's boundaries can be trusted; a ``gap`` is no caption, says a person."""

    PREDICTED = "predicted"
    CONFIRMED = "confirmed"
    GAP = "gap"
    ISSUE = "issue"


class OcrStatus(StrEnum):
    """How far the reading of a caption is."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class CaptionOcr:
    """What became of reading one caption.

    Attributes:
        caption_id: The caption.
        status: ``completed`` with ``text`` and ``confidence``, or ``error`` with ``error``.
        text: The text with line breaks.
        confidence: 0-1.
        error: Why it could not be read.
        extent: Where the caption was when it was read, if that is known.
    """

    caption_id: CaptionId
    status: OcrStatus
    text: str | None = None
    confidence: float | None = None
    error: str | None = None
    extent: CaptionExtent | None = None


@dataclass(frozen=True, slots=True)
class StoredCaption:
    """One row of the table; the extent is half-open, in crop frames (10 Hz) and native PTS."""

    id: CaptionId
    extent: CaptionExtent
    boundary_state: BoundaryState
    boundary_pending: bool
    text: str | None
    text_pending: bool
    text_status: str | None
    text_notes: str | None
    ocr: CaptionOcr
    created_at: str
    updated_at: str

    @property
    def current_text(self) -> str:
        """What a person wrote, else what was read, else nothing."""
        return self.text if self.text is not None else self.ocr.text or ""

    @property
    def is_kept(self) -> bool:
        """Whether a person has worked on it: no prediction may take its place then."""
        is_judged = self.boundary_state is not BoundaryState.PREDICTED
        return is_judged or any((self.text is not None, self.text_status, self.text_notes))

    @property
    def is_gap(self) -> bool:
        """Whether a person said that there is no caption."""
        return self.boundary_state is BoundaryState.GAP

    @property
    def is_read(self) -> bool:
        """Whether what was read is what the caption shows now."""
        return self.ocr.status is OcrStatus.COMPLETED


@dataclass(frozen=True, slots=True)
class Changes:
    """Which captions are new or not what they were, and which are gone."""

    changed: tuple[CaptionId, ...] = ()
    removed: tuple[CaptionId, ...] = ()

    def __add__(self, other: Changes) -> Changes:
        gone = {*self.removed, *other.removed}
        changed = dict.fromkeys((*self.changed, *other.changed))
        return Changes(
            tuple(one for one in changed if one not in gone),
            tuple(dict.fromkeys((*self.removed, *other.removed))),
        )

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed)
