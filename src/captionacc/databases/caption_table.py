"""The table of captions: its rows, within a transaction and for readers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from captionacc.databases.captions import (
    SCHEMA,
    BoundaryState,
    CaptionOcr,
    Changes,
    OcrStatus,
    StoredCaption,
)
from captionacc.databases.merge import is_unmoved
from captionacc.databases.schema import now, open_database
from captionacc.model.ids import CaptionId
from captionacc.model.results import CaptionExtent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

_COLUMNS: Final = (
    "start_frame_index",
    "end_frame_index",
    "start_pts_s",
    "end_pts_s",
    "boundary_confidence",
    "boundary_state",
    "boundary_pending",
    "text",
    "text_pending",
    "text_status",
    "text_notes",
    "caption_ocr",
    "caption_ocr_confidence",
    "caption_ocr_status",
    "caption_ocr_error",
    "created_at",
    "updated_at",
    "id",
)
# Only names from above are put into statements.
_INSERT: Final = (
    f"INSERT INTO captions ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
)
_UPDATE: Final = (
    f"UPDATE captions SET {', '.join(f'{name} = ?' for name in _COLUMNS[:-1])} WHERE id = ?"  # noqa: S608
)


def read_captions(path: Path) -> tuple[StoredCaption, ...]:
    """All captions in order of time.

    Raises:
        UnreadableDatabaseError: no such file, damaged, of another kind, or of a newer version.
    """
    with open_database(path, SCHEMA) as connection:
        return load(connection)


def write_ocr(path: Path, results: Iterable[CaptionOcr]) -> Changes:
    """Store what became of reading captions; a person's own text is never touched.

    Passed over are captions that are gone meanwhile, those that were moved after they were read,
    for another reading of these is under way, and failures where another reading succeeded.

    Raises:
        UnreadableDatabaseError: no such file, damaged, of another kind, or of a newer version.
        DiskFullError: there is no space left.
        OutputNotWritableError: the file refuses writes.
    """
    with open_database(path, SCHEMA) as connection:
        captions = {one.id: one for one in load(connection)}
        changed: list[CaptionId] = []
        for result in results:
            caption = captions.get(result.caption_id)
            if caption is None or not _is_of(result, caption):
                continue
            ocr = _kept_text(result, caption.ocr)
            if ocr != caption.ocr:
                update(connection, replace(caption, ocr=ocr))
                changed.append(caption.id)
    return Changes(tuple(changed))


def load(connection: sqlite3.Connection) -> tuple[StoredCaption, ...]:
    """All captions in order of time."""
    rows = connection.execute("SELECT * FROM captions ORDER BY start_pts_s, end_pts_s, id")
    return tuple(map(_caption, rows))


def new_caption(
    caption_id: CaptionId,
    extent: CaptionExtent,
    boundary_state: BoundaryState = BoundaryState.PREDICTED,
) -> StoredCaption:
    """A caption that nobody has read or looked at."""
    return StoredCaption(
        id=caption_id,
        extent=extent,
        boundary_state=boundary_state,
        boundary_pending=boundary_state is BoundaryState.PREDICTED,
        text=None,
        text_pending=True,
        text_status=None,
        text_notes=None,
        ocr=CaptionOcr(caption_id, OcrStatus.QUEUED),
        created_at=now(),
        updated_at="",
    )


def insert(connection: sqlite3.Connection, caption: StoredCaption) -> None:
    """Add a row; its time of change is now."""
    connection.execute(_INSERT, _row(caption))


def update(connection: sqlite3.Connection, caption: StoredCaption) -> None:
    """Change the row of the same id; its time of change is now."""
    connection.execute(_UPDATE, _row(caption))


def delete(connection: sqlite3.Connection, caption_ids: Iterable[CaptionId]) -> None:
    """Remove rows."""
    connection.executemany("DELETE FROM captions WHERE id = ?", ((one,) for one in caption_ids))


def take_ids(connection: sqlite3.Connection, count: int) -> tuple[CaptionId, ...]:
    """So many ids that no caption has or had."""
    (following,) = connection.execute("SELECT next_caption_id FROM database_metadata").fetchone()
    connection.execute("UPDATE database_metadata SET next_caption_id = ?", (following + count,))
    return tuple(map(CaptionId, range(following, following + count)))


def extent_row(extent: CaptionExtent) -> tuple[int, int, float, float, float]:
    """The columns of an extent, in the order of the tables; numbers may come from numpy."""
    return (
        int(extent.start_index),
        int(extent.end_index),
        float(extent.start_pts_s),
        float(extent.end_pts_s),
        float(extent.confidence),
    )


def extent_of(row: sqlite3.Row) -> CaptionExtent:
    """The extent in a row."""
    confidence = row["boundary_confidence"]
    return CaptionExtent(
        start_index=row["start_frame_index"],
        end_index=row["end_frame_index"],
        start_pts_s=row["start_pts_s"],
        end_pts_s=row["end_pts_s"],
        confidence=0.0 if confidence is None else confidence,
    )


def _is_of(result: CaptionOcr, caption: StoredCaption) -> bool:
    if result.status is OcrStatus.ERROR and caption.is_read:
        return False
    return result.extent is None or is_unmoved(result.extent, caption.extent)


def _kept_text(result: CaptionOcr, before: CaptionOcr) -> CaptionOcr:
    """The result as it is stored: a failure leaves the text that was read before."""
    if result.status is OcrStatus.ERROR:
        result = replace(result, text=before.text, confidence=before.confidence)
    return replace(result, extent=None)


def _row(caption: StoredCaption) -> tuple[object, ...]:
    confidence = caption.ocr.confidence
    return (
        *extent_row(caption.extent),
        caption.boundary_state,
        int(caption.boundary_pending),
        caption.text,
        int(caption.text_pending),
        caption.text_status,
        caption.text_notes,
        caption.ocr.text,
        None if confidence is None else float(confidence),
        caption.ocr.status,
        caption.ocr.error,
        caption.created_at,
        now(),
        caption.id,
    )


def _caption(row: sqlite3.Row) -> StoredCaption:
    caption_id = CaptionId(row["id"])
    return StoredCaption(
        id=caption_id,
        extent=extent_of(row),
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
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
