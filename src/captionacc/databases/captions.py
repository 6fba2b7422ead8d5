"""``captions.db``: the captions as predicted, read and corrected.

The sync server turns ``captions`` into a CR-SQLite table when it first opens the file, so the
table keeps its rules (see :mod:`captionacc.databases.layout`). From then on only the server
writes it; the writers here are for files that are not shared yet.

What the columns mean where the name does not say it: ``boundary_pending`` and ``text_pending``
are 1 while that part awaits a person; ``text`` is what a person wrote, NULL until then;
``caption_ocr`` is what was read from the median frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from captionacc.databases.schema import Schema, new_database, now, open_database
from captionacc.model.ids import CaptionId
from captionacc.model.results import CaptionExtent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

SCHEMA: Final = Schema(
    kind="captions",
    version=1,
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
    ),
    table_names=("captions",),
)


class BoundaryState(StrEnum):
    """How far a caption's boundaries can be trusted."""

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
    """

    caption_id: CaptionId
    status: OcrStatus
    text: str | None = None
    confidence: float | None = None
    error: str | None = None


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

    @property
    def current_text(self) -> str:
        """What a person wrote, else what was read, else nothing."""
        return self.text if self.text is not None else self.ocr.text or ""


def write_predicted(path: Path, extents: Iterable[CaptionExtent]) -> tuple[CaptionId, ...]:
    """Put predicted captions, queued for reading, in place of all earlier predictions.

    Captions in another state stay. Ids are not used again. The file is made if it is missing.

    Returns:
        The ids of the new captions, in the order of ``extents``.

    Raises:
        UnreadableDatabaseError: the file is damaged, of another kind, or of a newer version.
        DiskFullError: there is no space left.
        OutputNotWritableError: the file or its folder refuses writes.
    """
    make = open_database if path.exists() else new_database
    with make(path, SCHEMA) as connection:
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM captions").fetchone()
        connection.execute(
            "DELETE FROM captions WHERE boundary_state = ?", (BoundaryState.PREDICTED,)
        )
        ids: list[CaptionId] = []
        for number, extent in enumerate(extents, last + 1):
            _insert(connection, CaptionId(number), extent)
            ids.append(CaptionId(number))
        return tuple(ids)


def write_ocr(path: Path, results: Iterable[CaptionOcr]) -> None:
    """Store what became of reading captions; captions that are gone meanwhile are passed over.

    A person's own text is never touched.

    Raises:
        UnreadableDatabaseError: no such file, damaged, of another kind, or of a newer version.
        DiskFullError: there is no space left.
        OutputNotWritableError: the file refuses writes.
    """
    with open_database(path, SCHEMA) as connection:
        connection.executemany(
            "UPDATE captions SET caption_ocr_status = ?, caption_ocr = ?,"
            " caption_ocr_confidence = ?, caption_ocr_error = ?, updated_at = ? WHERE id = ?",
            (
                (
                    result.status,
                    result.text,
                    None if result.confidence is None else float(result.confidence),
                    result.error,
                    now(),
                    result.caption_id,
                )
                for result in results
            ),
        )


def read_captions(path: Path) -> tuple[StoredCaption, ...]:
    """All captions in order of time.

    Raises:
        UnreadableDatabaseError: no such file, damaged, of another kind, or of a newer version.
    """
    with open_database(path, SCHEMA) as connection:
        rows = connection.execute("SELECT * FROM captions ORDER BY start_pts_s, end_pts_s, id")
        return tuple(map(_caption, rows))


def _insert(connection: sqlite3.Connection, caption_id: CaptionId, extent: CaptionExtent) -> None:
    moment = now()
    connection.execute(
        "INSERT INTO captions (id, start_frame_index, end_frame_index, start_pts_s, end_pts_s,"
        " boundary_confidence, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            caption_id,
            int(extent.start_index),
            int(extent.end_index),
            float(extent.start_pts_s),
            float(extent.end_pts_s),
            float(extent.confidence),
            moment,
            moment,
        ),
    )


def _caption(row: sqlite3.Row) -> StoredCaption:
    caption_id = CaptionId(row["id"])
    return StoredCaption(
        id=caption_id,
        extent=_extent(row),
        boundary_state=BoundaryState(row["boundary_state"]),
        boundary_pending=bool(row["boundary_pending"]),
        text=row["text"],
        text_pending=bool(row["text_pending"]),
        text_status=row["text_status"],
        text_notes=row["text_notes"],
        ocr=CaptionOcr(
            caption_id,
            OcrStatus(row["caption_ocr_status"]),
            row["caption_ocr"],
            row["caption_ocr_confidence"],
            row["caption_ocr_error"],
        ),
    )


def _extent(row: sqlite3.Row) -> CaptionExtent:
    confidence = row["boundary_confidence"]
    return CaptionExtent(
        start_index=row["start_frame_index"],
        end_index=row["end_frame_index"],
        start_pts_s=row["start_pts_s"],
        end_pts_s=row["end_pts_s"],
        confidence=0.0 if confidence is None else confidence,
    )
