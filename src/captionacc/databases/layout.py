"""``layout.db``: where the captions are, as predicted and as a person labels it.

The sync server turns ``boxes``, ``layout_config`` and ``preferences`` into CR-SQLite tables when
it first opens the file, so they keep its rules: a primary key NOT NULL, a default for every other
NOT NULL column, no further unique index, no AUTOINCREMENT, no checked foreign key, and no CHECK,
since columns arrive one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from captionacc.databases.schema import Schema, new_database, now, open_database
from captionacc.errors import UnreadableDatabaseError
from captionacc.model.geometry import CropRegion, OcrBox
from captionacc.model.layout import Anchor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from captionacc.databases.schema import Statements

SCHEMA: Final = Schema(
    kind="layout",
    version=1,
    tables=(
        """
        CREATE TABLE boxes (
            id INTEGER PRIMARY KEY NOT NULL,
            frame_index INTEGER NOT NULL DEFAULT 0,
            box_index INTEGER NOT NULL DEFAULT 0,
            bbox_left REAL NOT NULL DEFAULT 0,
            bbox_top REAL NOT NULL DEFAULT 0,
            bbox_right REAL NOT NULL DEFAULT 0,
            bbox_bottom REAL NOT NULL DEFAULT 0,
            text TEXT NOT NULL DEFAULT '',
            confidence REAL NOT NULL DEFAULT 0,
            label TEXT,
            label_updated_at TEXT,
            predicted_label TEXT,
            predicted_confidence REAL
        )
        """,
        """
        CREATE TABLE layout_config (
            id INTEGER PRIMARY KEY NOT NULL,
            frame_width INTEGER NOT NULL DEFAULT 0,
            frame_height INTEGER NOT NULL DEFAULT 0,
            crop_left REAL,
            crop_top REAL,
            crop_right REAL,
            crop_bottom REAL,
            anchor_type TEXT,
            anchor_position REAL,
            vertical_center REAL,
            updated_at TEXT NOT NULL DEFAULT ''
        )
        """,
        """
        CREATE TABLE preferences (
            id INTEGER PRIMARY KEY NOT NULL,
            layout_approved INTEGER NOT NULL DEFAULT 0
        )
        """,
    ),
    table_names=("boxes", "layout_config", "preferences"),
)

_NOTICEABLE: Final = 0.02
_BOXES: Final = (
    "SELECT frame_index, box_index, bbox_left, bbox_top, bbox_right, bbox_bottom, text, confidence,"
    " label, label_updated_at, predicted_label, predicted_confidence"
    " FROM boxes ORDER BY frame_index, box_index, id"
)
_PREDICT: Final = "UPDATE boxes SET predicted_label = ?, predicted_confidence = ? WHERE id = ?"
_MOVE: Final = (
    "UPDATE layout_config SET crop_left = ?, crop_top = ?, crop_right = ?, crop_bottom = ?,"
    " anchor_type = ?, anchor_position = ?, vertical_center = ?, updated_at = ? WHERE id = 1"
)
_CONFIG: Final = (
    "SELECT frame_width, frame_height, crop_left, crop_top, crop_right, crop_bottom, anchor_type,"
    " anchor_position, vertical_center FROM layout_config WHERE id = 1"
)

BOXES_PER_FRAME: Final = 10_000
"""Box ids are ``frame_index * BOXES_PER_FRAME + box_index``: the same after every run."""


class BoxLabel(StrEnum):
    """What a box is: part of a caption, other text, or (by a person) not to be decided."""

    IN = "in"
    OUT = "out"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class LayoutBox:
    """One line of text in a sampled frame, and whether it belongs to a caption.

    Attributes:
        frame_index: The sampled frame (0.1 Hz).
        box_index: Its place in that frame's OCR, from 0.
        box: Text and place, normalised in the full frame.
        predicted_label: What the program thinks.
        predicted_confidence: Its probability, 0-1.
        label: What a person said, if anything.
        label_updated_at: When, ISO 8601.
    """

    frame_index: int
    box_index: int
    box: OcrBox
    predicted_label: BoxLabel | None = None
    predicted_confidence: float | None = None
    label: BoxLabel | None = None
    label_updated_at: str | None = None

    @property
    def row_id(self) -> int:
        """The row's id: the same after every run."""
        return self.frame_index * BOXES_PER_FRAME + self.box_index


@dataclass(frozen=True, slots=True)
class LayoutConfig:
    """The caption band; lengths normalised in the full frame.

    Attributes:
        frame_width: Display width in pixels.
        frame_height: Display height in pixels.
        crop_region: The part to cut; ``None`` if the video shows no captions.
        anchor: Which edge of the lines is aligned, if known.
        anchor_position: Horizontal place of that edge.
        vertical_center: Vertical centre of the lines.
    """

    frame_width: int
    frame_height: int
    crop_region: CropRegion | None
    anchor: Anchor | None = None
    anchor_position: float | None = None
    vertical_center: float | None = None


def write_layout(path: Path, config: LayoutConfig, boxes: Iterable[LayoutBox]) -> None:
    """Make the database ``path`` with predictions; an older file is replaced.

    Raises:
        DiskFullError: there is no space left.
        OutputNotWritableError: the folder refuses the file.
    """
    with new_database(path, SCHEMA) as connection:
        connection.executemany(
            "INSERT INTO boxes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            map(_box_row, boxes),
        )
        connection.execute(
            "INSERT INTO layout_config VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*_config_row(config), now()),
        )
        connection.execute("INSERT INTO preferences (id) VALUES (1)")


def read_boxes(path: Path) -> tuple[LayoutBox, ...]:
    """All boxes, by frame and place.

    Raises:
        UnreadableDatabaseError: no such file, damaged, of another kind, or of a newer version.
    """
    with open_database(path, SCHEMA) as connection:
        return load_boxes(connection)


def read_config(path: Path) -> LayoutConfig:
    """The caption band as it is now, a person's edits included.

    Raises:
        UnreadableDatabaseError: no such file, damaged, of another kind, or of a newer version.
    """
    with open_database(path, SCHEMA) as connection:
        return load_config(connection)


def load_config(connection: Statements) -> LayoutConfig:
    """The caption band as it is now, a person's edits included.

    Raises:
        UnreadableDatabaseError: the database holds no layout.
    """
    rows = list(connection.execute(_CONFIG))
    if not rows:
        raise UnreadableDatabaseError("The layout database holds no layout.")
    return _config(rows[0])


def load_boxes(connection: Statements) -> tuple[LayoutBox, ...]:
    """All boxes, by frame and place."""
    return tuple(map(_box, connection.execute(_BOXES)))


def store_predictions(
    connection: Statements, boxes: Iterable[tuple[LayoutBox, BoxLabel, float]]
) -> None:
    """Store what the program thinks of boxes now, where that is not what it thought before."""
    for box, label, confidence in boxes:
        if label != box.predicted_label or _differ(confidence, box.predicted_confidence):
            connection.execute(_PREDICT, (label, confidence, box.row_id))


def _differ(confidence: float, before: float | None) -> bool:
    return before is None or abs(confidence - before) > _NOTICEABLE


def move_region(connection: Statements, proposed: LayoutConfig) -> None:
    """Put the crop region and its anchor where they are proposed, if they are not there."""
    if load_config(connection) != proposed:
        connection.execute(_MOVE, (*_config_row(proposed)[2:], now()))


def is_approved(path: Path) -> bool:
    """Whether a person has approved the layout.

    Raises:
        UnreadableDatabaseError: no such file, damaged, of another kind, or of a newer version.
    """
    with open_database(path, SCHEMA) as connection:
        row = connection.execute("SELECT layout_approved FROM preferences WHERE id = 1").fetchone()
    return row is not None and bool(row[0])


def _box_row(item: LayoutBox) -> tuple[object, ...]:
    box = item.box
    return (
        item.row_id,
        item.frame_index,
        item.box_index,
        float(box.left),
        float(box.top),
        float(box.right),
        float(box.bottom),
        box.text,
        float(box.confidence),
        item.label,
        item.label_updated_at,
        item.predicted_label,
        None if item.predicted_confidence is None else float(item.predicted_confidence),
    )


def _box(row: Sequence[Any]) -> LayoutBox:
    frame_index, box_index, *edges, text, confidence = row[:8]
    label, label_updated_at, predicted_label, predicted_confidence = row[8:]
    return LayoutBox(
        frame_index=frame_index,
        box_index=box_index,
        box=OcrBox(text, confidence, *edges),
        predicted_label=_label(predicted_label),
        predicted_confidence=predicted_confidence,
        label=_label(label),
        label_updated_at=label_updated_at,
    )


def _label(value: str | None) -> BoxLabel | None:
    return None if value is None else BoxLabel(value)


def _config_row(config: LayoutConfig) -> tuple[int | float | str | None, ...]:
    region = config.crop_region
    edges = (None,) * 4 if region is None else region.as_tuple()
    return (
        config.frame_width,
        config.frame_height,
        *edges,
        config.anchor,
        config.anchor_position,
        config.vertical_center,
    )


def _config(row: Sequence[Any]) -> LayoutConfig:
    width, height, *edges, anchor, anchor_position, vertical_center = row
    return LayoutConfig(
        frame_width=width,
        frame_height=height,
        crop_region=None if None in edges else CropRegion(*edges),
        anchor=None if anchor is None else Anchor(anchor),
        anchor_position=anchor_position,
        vertical_center=vertical_center,
    )
