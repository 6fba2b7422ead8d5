"""``ocr-server.db``: OCR of the sampled full frames. Only the server reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from captionacc.databases.schema import Schema, new_database, open_database
from captionacc.model.geometry import OcrBox
from captionacc.model.results import FrameOcr

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable
    from pathlib import Path

SCHEMA: Final = Schema(
    kind="ocr-server",
    version=1,
    tables=(
        """
        CREATE TABLE full_frames (
            frame_index INTEGER PRIMARY KEY NOT NULL,
            pts_s REAL NOT NULL,
            key TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE full_frame_ocr (
            frame_index INTEGER NOT NULL,
            box_index INTEGER NOT NULL,
            text TEXT NOT NULL,
            confidence REAL NOT NULL,
            left REAL NOT NULL,
            top REAL NOT NULL,
            right REAL NOT NULL,
            bottom REAL NOT NULL,
            pts_s REAL NOT NULL,
            PRIMARY KEY (frame_index, box_index)
        )
        """,
    ),
    table_names=("full_frames", "full_frame_ocr"),
)


def write_ocr_server(path: Path, frames: Iterable[FrameOcr], key_of: Callable[[int], str]) -> None:
    """Make the database ``path`` of all sampled frames, those without text too.

    Args:
        path: Where; an older file is replaced when the new one is complete.
        frames: Any number, each index once.
        key_of: The store's key of a frame's image, by frame index.

    Raises:
        DiskFullError: there is no space left.
        OutputNotWritableError: the folder refuses the file.
    """
    with new_database(path, SCHEMA) as connection:
        for frame in frames:
            _insert_frame(connection, frame, key_of(frame.frame_index))


def read_ocr_server(path: Path) -> tuple[FrameOcr, ...]:
    """All sampled frames in order, with their boxes as the engine gave them.

    Raises:
        UnreadableDatabaseError: no such file, damaged, of another kind, or of a newer version.
    """
    with open_database(path, SCHEMA) as connection:
        boxes = _boxes_by_frame(connection)
        rows = connection.execute("SELECT frame_index, pts_s FROM full_frames ORDER BY 1")
        return tuple(FrameOcr(index, pts_s, tuple(boxes.get(index, ()))) for index, pts_s in rows)


def read_frame_keys(path: Path) -> dict[int, str]:
    """The store's key of each sampled frame's image, by frame index.

    Raises:
        UnreadableDatabaseError: no such file, damaged, of another kind, or of a newer version.
    """
    with open_database(path, SCHEMA) as connection:
        return dict(
            map(tuple[int, str], connection.execute("SELECT frame_index, key FROM full_frames"))
        )


def _insert_frame(connection: sqlite3.Connection, frame: FrameOcr, key: str) -> None:
    connection.execute(
        "INSERT INTO full_frames VALUES (?, ?, ?)", (frame.frame_index, float(frame.pts_s), key)
    )
    connection.executemany(
        "INSERT INTO full_frame_ocr VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                frame.frame_index,
                box_index,
                box.text,
                float(box.confidence),
                float(box.left),
                float(box.top),
                float(box.right),
                float(box.bottom),
                float(frame.pts_s),
            )
            for box_index, box in enumerate(frame.boxes)
        ),
    )


def _boxes_by_frame(connection: sqlite3.Connection) -> dict[int, list[OcrBox]]:
    boxes: dict[int, list[OcrBox]] = {}
    rows = connection.execute(
        "SELECT frame_index, text, confidence, left, top, right, bottom FROM full_frame_ocr"
        " ORDER BY frame_index, box_index"
    )
    for index, *box in rows:
        boxes.setdefault(index, []).append(OcrBox(*box))
    return boxes
