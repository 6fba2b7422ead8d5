"""The table of captions: its rows, within a transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from captionacc.databases.captions import (
    BoundaryState,
    CaptionOcr,
    Changes,
    OcrStatus,
    StoredCaption,
)
from captionacc.databases.merge import is_unmoved
from captionacc.databases.schema import now
from captionacc.model.ids import CaptionId
from captionacc.model.results import CaptionExtent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from captionacc.databases.schema import Statements

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
_EXTENT_COLUMNS: Final = 5
# Only names from above are put into statements.
_INSERT: Final = (
    f"INSERT INTO captions ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
)
_SELECT: Final = f"SELECT {', '.join(_COLUMNS)} FROM captions ORDER BY start_pts_s, end_pts_s, id"  # noqa: S608
_QUEUE: Final = (
    "UPDATE captions SET caption_ocr_status = 'queued', caption_ocr_error = NULL"
    " WHERE id = ? AND caption_ocr_status <> 'queued'"
)
_UPDATE: Final = (
    f"UPDATE captions SET {', '.join(f'{name} = ?' for name in _COLUMNS[:-1])} WHERE id = ?"  # noqa: S608
)


def write_ocr(connection: Statements, results: Iterable[CaptionOcr]) -> Changes:
    """Store what became of reading captions; a person's own text is never touched.

    Passed over are captions that are gone meanwhile, those that were moved after they were read,
    for another reading of these is under way, and failures where another reading succeeded.
    """
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


def queue_reading(connection: Statements, caption_ids: Iterable[CaptionId]) -> None:
    """What was read in these captions is not what they show any more."""
    for caption_id in caption_ids:
        connection.execute(_QUEUE, (caption_id,))


def load(connection: Statements) -> tuple[StoredCaption, ...]:
    """All captions in order of time."""
    return tuple(map(_caption, connection.execute(_SELECT)))


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


def insert(connection: Statements, caption: StoredCaption) -> None:
    """Add a row; its time of change is now."""
    connection.execute(_INSERT, _row(caption))


def update(connection: Statements, caption: StoredCaption) -> None:
    """Change the row of the same id; its time of change is now."""
    connection.execute(_UPDATE, _row(caption))


def delete(connection: Statements, caption_ids: Iterable[CaptionId]) -> None:
    """Remove rows."""
    for caption_id in caption_ids:
        connection.execute("DELETE FROM captions WHERE id = ?", (caption_id,))


def take_ids(connection: Statements, count: int) -> tuple[CaptionId, ...]:
    """So many ids that no caption has or had."""
    ((following,),) = connection.execute("SELECT next_caption_id FROM database_metadata")
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


def extent_of(columns: Sequence[Any]) -> CaptionExtent:
    """The extent in the columns of :func:`extent_row`."""
    start_index, end_index, start_pts_s, end_pts_s, confidence = columns
    return CaptionExtent(
        start_index=start_index,
        end_index=end_index,
        start_pts_s=start_pts_s,
        end_pts_s=end_pts_s,
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


def _row(caption: StoredCaption) -> tuple[int | float | str | None, ...]:
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


def _caption(row: Sequence[Any]) -> StoredCaption:
    values = dict(zip(_COLUMNS, row, strict=True))
    caption_id = CaptionId(values["id"])
    return StoredCaption(
        id=caption_id,
        extent=extent_of(row[:_EXTENT_COLUMNS]),
        boundary_state=BoundaryState(values["boundary_state"]),
        boundary_pending=bool(values["boundary_pending"]),
        text=values["text"],
        text_pending=bool(values["text_pending"]),
        text_status=values["text_status"],
        text_notes=values["text_notes"],
        ocr=CaptionOcr(
            caption_id,
            OcrStatus(values["caption_ocr_status"]),
            values["caption_ocr"],
            values["caption_ocr_confidence"],
            values["caption_ocr_error"],
        ),
        created_at=values["created_at"],
        updated_at=values["updated_at"],
    )
