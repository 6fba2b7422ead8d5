"""``inference_results_vN.db``: what boundary inference said. Only the server reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from captionacc.databases.schema import Schema, new_database, open_database
from captionacc.model.results import CaptionExtent, PairLabel, PairResult

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

SCHEMA: Final = Schema(
    kind="inference_results",
    version=1,
    tables=(
        """
        CREATE TABLE run_metadata (
            run_id TEXT PRIMARY KEY NOT NULL,
            model_version TEXT NOT NULL,
            crop_frames_version INTEGER NOT NULL,
            started_at TEXT NOT NULL,
            completed_at TEXT NOT NULL,
            total_pairs INTEGER NOT NULL
        )
        """,
        """
        CREATE TABLE pair_results (
            frame1_index INTEGER NOT NULL,
            frame2_index INTEGER NOT NULL,
            predicted_label TEXT NOT NULL CHECK (predicted_label IN
                ('same', 'different', 'empty_to_caption', 'caption_to_empty', 'empty_empty')),
            confidence REAL NOT NULL,
            prob_same REAL NOT NULL,
            prob_different REAL NOT NULL,
            PRIMARY KEY (frame1_index, frame2_index)
        )
        """,
        """
        CREATE TABLE extents (
            start_index INTEGER NOT NULL,
            end_index INTEGER NOT NULL,
            start_pts_s REAL NOT NULL,
            end_pts_s REAL NOT NULL,
            confidence REAL NOT NULL
        )
        """,
    ),
    table_names=("run_metadata", "pair_results", "extents"),
)


@dataclass(frozen=True, slots=True)
class InferenceRun:
    """One run of boundary inference.

    Attributes:
        run_id: Its job key.
        model_version: What judged the pairs.
        crop_frames_version: The crop frames it looked at.
        started_at: ISO 8601, UTC.
        completed_at: ISO 8601, UTC.
    """

    run_id: str
    model_version: str
    crop_frames_version: int
    started_at: str
    completed_at: str


@dataclass(frozen=True, slots=True)
class InferenceResults:
    """A run with all it found, in order of time."""

    run: InferenceRun
    pairs: tuple[PairResult, ...]
    extents: tuple[CaptionExtent, ...]


def write_inference_results(
    path: Path,
    run: InferenceRun,
    pairs: Iterable[PairResult],
    extents: Iterable[CaptionExtent],
) -> None:
    """Make the database ``path``; an older file is replaced when the new one is complete.

    Raises:
        DiskFullError: there is no space left.
        OutputNotWritableError: the folder refuses the file.
    """
    with new_database(path, SCHEMA) as connection:
        total = connection.executemany(
            "INSERT INTO pair_results VALUES (?, ?, ?, ?, ?, ?)", map(_pair_row, pairs)
        ).rowcount
        connection.executemany(
            "INSERT INTO extents VALUES (?, ?, ?, ?, ?)", map(_extent_row, extents)
        )
        connection.execute(
            "INSERT INTO run_metadata VALUES (?, ?, ?, ?, ?, ?)",
            (
                run.run_id,
                run.model_version,
                run.crop_frames_version,
                run.started_at,
                run.completed_at,
                max(total, 0),
            ),
        )


def read_inference_results(path: Path) -> InferenceResults:
    """All of the database ``path``.

    Raises:
        UnreadableDatabaseError: no such file, damaged, of another kind, or of a newer version.
    """
    with open_database(path, SCHEMA) as connection:
        return InferenceResults(
            _read_run(connection), _read_pairs(connection), _read_extents(connection)
        )


def read_extents(path: Path) -> tuple[CaptionExtent, ...]:
    """The extents alone, in order of time; the pairs of a long video are many.

    Raises:
        UnreadableDatabaseError: no such file, damaged, of another kind, or of a newer version.
    """
    with open_database(path, SCHEMA) as connection:
        return _read_extents(connection)


def _read_run(connection: sqlite3.Connection) -> InferenceRun:
    row = connection.execute(
        "SELECT run_id, model_version, crop_frames_version, started_at, completed_at"
        " FROM run_metadata"
    ).fetchone()
    return InferenceRun(*row)


def _read_pairs(connection: sqlite3.Connection) -> tuple[PairResult, ...]:
    rows = connection.execute(
        "SELECT frame1_index, frame2_index, predicted_label, confidence, prob_same, prob_different"
        " FROM pair_results ORDER BY 1, 2"
    )
    return tuple(
        PairResult(first, second, PairLabel(label), *numbers)
        for first, second, label, *numbers in rows
    )


def _read_extents(connection: sqlite3.Connection) -> tuple[CaptionExtent, ...]:
    rows = connection.execute(
        "SELECT start_index, end_index, start_pts_s, end_pts_s, confidence FROM extents"
        " ORDER BY start_pts_s, start_index"
    )
    return tuple(CaptionExtent(*row) for row in rows)


def _pair_row(pair: PairResult) -> tuple[int, int, str, float, float, float]:
    return (
        int(pair.frame1_index),
        int(pair.frame2_index),
        pair.predicted_label.value,
        float(pair.confidence),
        float(pair.prob_same),
        float(pair.prob_different),
    )


def _extent_row(extent: CaptionExtent) -> tuple[int, int, float, float, float]:
    return (
        int(extent.start_index),
        int(extent.end_index),
        float(extent.start_pts_s),
        float(extent.end_pts_s),
        float(extent.confidence),
    )
