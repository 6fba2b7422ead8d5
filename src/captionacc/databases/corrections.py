"""What a person does to captions: moves, judges and writes them, adds and removes them.

A person's captions never overlap each other. A prediction gives way to them: it is cut to what is
left of it, or goes; see :class:`captionacc.databases.merge.Kept`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

from captionacc.databases.caption_table import (
    delete,
    insert,
    load,
    new_caption,
    queue_reading,
    take_ids,
    update,
)
from captionacc.databases.captions import BoundaryState, CaptionOcr, Changes, OcrStatus
from captionacc.databases.merge import Kept, is_unmoved, overlap
from captionacc.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from captionacc.databases.captions import StoredCaption
    from captionacc.databases.schema import Statements
    from captionacc.model.ids import CaptionId
    from captionacc.model.results import CaptionExtent

_AWAITS_A_PERSON: Final = {BoundaryState.PREDICTED, BoundaryState.ISSUE}


class Unset(Enum):
    """Tells "leave it" from "take it away"."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
Words = str | Literal[Unset.UNSET] | None
"""New words, none, or those that are there."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be different about a caption.

    Attributes:
        extent: Where it is. What a person has moved is no prediction any more but confirmed,
            unless ``boundary_state`` says otherwise; and it is to be read again.
        boundary_state: What a person thinks of the boundaries. A confirmed caption that has not
            been read is to be read.
        text: What it says.
        text_status: What a person thinks of the text.
        text_notes: For other people.
    """

    extent: CaptionExtent | None = None
    boundary_state: BoundaryState | None = None
    text: Words = UNSET
    text_status: Words = UNSET
    text_notes: Words = UNSET


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction led to.

    Attributes:
        caption: The caption as it is now.
        changes: All captions that are not what they were.
        to_read: Captions that are to be read on account of it.
    """

    caption: StoredCaption
    changes: Changes
    to_read: tuple[StoredCaption, ...]


def correct(connection: Statements, caption_id: CaptionId, correction: Correction) -> Corrected:
    """Change a caption; nothing is written if it is like that already.

    Raises:
        NotFoundError: there is no such caption.
        ConflictError: it would overlap another that a person has worked on.
    """
    before = _find(load(connection), caption_id)
    after = _applied(before, correction)
    is_moved = after.extent is not before.extent
    changes = _make_room(connection, after) if is_moved else Changes()
    wanted = set(changes.changed)
    if is_moved or correction.boundary_state is BoundaryState.CONFIRMED:
        wanted.add(caption_id)
    if after != before:
        update(connection, after)
        changes += Changes((caption_id,))
    return _corrected(connection, caption_id, changes, wanted)


def add(connection: Statements, extent: CaptionExtent, text: str | None = None) -> Corrected:
    """Add a confirmed caption, which is to be read.

    Raises:
        ConflictError: it would overlap another that a person has worked on.
    """
    (caption_id,) = take_ids(connection, 1)
    made = new_caption(caption_id, extent, BoundaryState.CONFIRMED)
    made = replace(made, text=text, text_pending=text is None)
    changes = Changes((caption_id,)) + _make_room(connection, made)
    insert(connection, made)
    return _corrected(connection, caption_id, changes, changes.changed)


def remove(connection: Statements, caption_id: CaptionId) -> Changes:
    """Remove a caption.

    Raises:
        NotFoundError: there is no such caption.
    """
    _find(load(connection), caption_id)
    delete(connection, (caption_id,))
    return Changes(removed=(caption_id,))


def to_read(connection: Statements, caption_ids: Container[CaptionId]) -> tuple[StoredCaption, ...]:
    """Those of the captions that a person has worked on, and that have to be read.

    One of which a reading has failed is tried again.
    """
    wanted = [one for one in load(connection) if one.id in caption_ids and one.is_kept]
    unread = [one for one in wanted if not (one.is_read or one.is_gap)]
    queue_reading(connection, (one.id for one in unread))
    return tuple(unread)


def _corrected(
    connection: Statements,
    caption_id: CaptionId,
    changes: Changes,
    wanted: Container[CaptionId],
) -> Corrected:
    captions = load(connection)
    unread = (one for one in captions if not (one.is_read or one.is_gap))
    wanted_ones = tuple(one for one in unread if one.id in wanted)
    return Corrected(_find(captions, caption_id), changes, wanted_ones)


def _find(captions: Iterable[StoredCaption], caption_id: CaptionId) -> StoredCaption:
    for caption in captions:
        if caption.id == caption_id:
            return caption
    raise NotFoundError(
        f"There is no caption {caption_id}.",
        "Another layout may have been approved since; load the captions again.",
    )


def _applied(before: StoredCaption, correction: Correction) -> StoredCaption:
    after = _reworded(_placed(before, correction), correction)
    is_moved = after.extent is not before.extent
    is_confirmed = correction.boundary_state is BoundaryState.CONFIRMED
    if is_moved or (is_confirmed and not before.is_read):
        ocr = CaptionOcr(before.id, OcrStatus.QUEUED, before.ocr.text, before.ocr.confidence)
        after = replace(after, ocr=ocr)
    return after


def _placed(caption: StoredCaption, correction: Correction) -> StoredCaption:
    extent, state = correction.extent, correction.boundary_state or caption.boundary_state
    if extent is not None and not is_unmoved(extent, caption.extent):
        if state is BoundaryState.PREDICTED:
            state = BoundaryState.CONFIRMED
        caption = replace(caption, extent=extent, text_pending=True)
    if state is caption.boundary_state:
        return caption
    return replace(caption, boundary_state=state, boundary_pending=state in _AWAITS_A_PERSON)


def _reworded(caption: StoredCaption, correction: Correction) -> StoredCaption:
    if correction.text_notes is not UNSET:
        caption = replace(caption, text_notes=correction.text_notes)
    if correction.text is UNSET and correction.text_status is UNSET:
        return caption
    text = caption.text if correction.text is UNSET else correction.text
    status = caption.text_status if correction.text_status is UNSET else correction.text_status
    is_pending = text is None and status is None
    return replace(caption, text=text, text_status=status, text_pending=is_pending)


def _make_room(connection: Statements, newcomer: StoredCaption) -> Changes:
    """Cut the predictions that the newcomer meets.

    Raises:
        ConflictError: it overlaps a caption that a person has worked on.
    """
    others = [one for one in load(connection) if one.id != newcomer.id]
    for other in others:
        if other.is_kept and overlap(other.extent, newcomer.extent):
            raise ConflictError(
                f"It would overlap caption {other.id} ({other.extent.start_pts_s:.3f} to"
                f" {other.extent.end_pts_s:.3f} s).",
                "Move or remove that one first.",
            )
    kept = Kept([newcomer.extent])
    changes = Changes()
    for other in others:
        if not other.is_kept:
            changes += _cut(connection, other, kept.free_parts(other.extent))
    return changes


def _cut(
    connection: Statements, caption: StoredCaption, parts: tuple[CaptionExtent, ...]
) -> Changes:
    """Leave these parts of a prediction; each keeps what was read."""
    if parts == (caption.extent,):
        return Changes()
    if not parts:
        delete(connection, (caption.id,))
        return Changes(removed=(caption.id,))
    update(connection, replace(caption, extent=parts[0]))
    new_ids = take_ids(connection, len(parts) - 1)
    for caption_id, part in zip(new_ids, parts[1:], strict=True):
        ocr = replace(caption.ocr, caption_id=caption_id)
        insert(connection, replace(caption, id=caption_id, extent=part, ocr=ocr))
    return Changes((caption.id, *new_ids))
