"""From what inference found to captions, in two steps around the activation of its version.

:func:`stage_predictions` puts the extents that inference found beside the captions, where nobody
sees them; the version of crop frames that they belong to is not active yet.
:func:`show_predictions` makes captions of them as soon as it is. So a person works on the captions
of the active version up to the very moment at which another one takes its place, and whatever was
done until then is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from captionacc.databases.caption_table import (
    delete,
    extent_of,
    extent_row,
    insert,
    load,
    new_caption,
    take_ids,
)
from captionacc.databases.captions import CaptionOcr, Changes, OcrStatus
from captionacc.databases.merge import Kept, duration_s
from captionacc.model.ids import CaptionId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from captionacc.databases.captions import StoredCaption
    from captionacc.databases.schema import Statements
    from captionacc.model.results import CaptionExtent


_PREDICTIONS: Final = (
    "SELECT id, start_frame_index, end_frame_index, start_pts_s, end_pts_s, boundary_confidence"
    " FROM predictions ORDER BY start_pts_s, id"
)
_DIGITS: Final = 6
"""Times of the same frame agree to the microsecond."""


@dataclass(frozen=True, slots=True)
class Staged:
    """What there will be once the version is active.

    Attributes:
        caption_ids: The captions that are to be read then, in order of time.
        caption_count: All captions, without the gaps that a person has marked.
    """

    caption_ids: tuple[CaptionId, ...]
    caption_count: int


class _Build(NamedTuple):
    """Which crop-frames version and which run extents come from."""

    version: int | None
    run_id: str | None


class _Prediction(NamedTuple):
    id: CaptionId
    extent: CaptionExtent


def stage_predictions(
    connection: Statements, version: int, run_id: str, extents: Iterable[CaptionExtent]
) -> Staged:
    """Put extents beside the captions, in place of others that wait there.

    Where a person has worked on captions only the parts between them are taken; see
    :class:`captionacc.databases.merge.Kept`. Doing it again for the same version and run
    changes nothing.
    """
    build = _Build(version, run_id)
    captions = load(connection)
    if _build(connection, "built") == build:
        return _staged(captions, ())
    if _build(connection, "predicted") != build:
        kept = _kept(captions)
        _put(connection, build, [part for one in extents for part in kept.free_parts(one)])
    return _staged([one for one in captions if one.is_kept], _predictions(connection))


def is_due(connection: Statements, active_version: int | None) -> bool:
    """Whether predictions of the active version wait to become captions."""
    predicted = _build(connection, "predicted").version
    return predicted is not None and predicted == active_version


def show_predictions(connection: Statements, active_version: int | None) -> Changes:
    """Make captions of the predictions that wait, if the version they belong to is active.

    What a person has worked on stays as it is, with its id; all other captions are replaced. A
    prediction with the extent of one of those takes over what was read in it, until it is read
    itself.
    """
    if not is_due(connection, active_version):
        return Changes()
    captions = load(connection)
    replaced = [one for one in captions if not one.is_kept]
    read = {_place(one.extent): one.ocr for one in replaced}
    shown = [
        replace(caption, ocr=_unread(caption.id, read.get(_place(caption.extent))))
        for caption in _to_show(connection, _kept(captions))
    ]
    delete(connection, (one.id for one in replaced))
    for caption in shown:
        insert(connection, caption)
    _conclude(connection)
    return Changes(tuple(one.id for one in shown), tuple(one.id for one in replaced))


def _to_show(connection: Statements, kept: Kept) -> Iterator[StoredCaption]:
    """The predictions, once more without what a person has worked on since they were staged.

    Each has the id under which it is going to be read, so of several parts the longest stays.
    """
    for prediction in _predictions(connection):
        parts = kept.free_parts(prediction.extent)
        if parts:
            yield new_caption(prediction.id, max(parts, key=duration_s))


def _unread(caption_id: CaptionId, before: CaptionOcr | None) -> CaptionOcr:
    """Nothing read yet, but what a caption in the same place said, if there was one."""
    if before is None:
        return CaptionOcr(caption_id, OcrStatus.QUEUED)
    return CaptionOcr(caption_id, OcrStatus.QUEUED, before.text, before.confidence)


def _place(extent: CaptionExtent) -> tuple[int, int, float, float]:
    start_s, end_s = round(extent.start_pts_s, _DIGITS), round(extent.end_pts_s, _DIGITS)
    return (extent.start_index, extent.end_index, start_s, end_s)


def _kept(captions: Iterable[StoredCaption]) -> Kept:
    return Kept(one.extent for one in captions if one.is_kept)


def _staged(captions: Sequence[StoredCaption], predictions: Sequence[_Prediction]) -> Staged:
    real = [one for one in captions if not one.is_gap]
    unread = [_Prediction(one.id, one.extent) for one in real if not one.is_read]
    to_read = sorted((*unread, *predictions), key=lambda one: (one.extent.start_pts_s, one.id))
    return Staged(tuple(one.id for one in to_read), len(real) + len(predictions))


def _put(connection: Statements, build: _Build, parts: Sequence[CaptionExtent]) -> None:
    connection.execute("DELETE FROM predictions")
    ids = take_ids(connection, len(parts))
    for number, part in zip(ids, parts, strict=True):
        values = (number, *extent_row(part))
        connection.execute("INSERT INTO predictions VALUES (?, ?, ?, ?, ?, ?)", values)
    connection.execute(
        "UPDATE database_metadata SET predicted_version = ?, predicted_run = ?", build
    )


def _conclude(connection: Statements) -> None:
    connection.execute("DELETE FROM predictions")
    connection.execute(
        "UPDATE database_metadata SET built_version = predicted_version,"
        " built_run = predicted_run, predicted_version = NULL, predicted_run = NULL"
    )


def _predictions(connection: Statements) -> list[_Prediction]:
    rows = connection.execute(_PREDICTIONS)
    return [_Prediction(CaptionId(row_id), extent_of(extent)) for row_id, *extent in rows]


def _build(connection: Statements, step: Literal["predicted", "built"]) -> _Build:
    (row,) = connection.execute(
        f"SELECT {step}_version, {step}_run FROM database_metadata"  # noqa: S608  # one of two
    )
    return _Build(*row)
