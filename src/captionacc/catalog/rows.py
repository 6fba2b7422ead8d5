"""What a row of a table is to the rest of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from captionacc.errors import StaleRunError
from captionacc.model.geometry import CropRegion
from captionacc.model.runs import Run
from captionacc.model.videos import CropFramesVersion, DatabaseState, Video

if TYPE_CHECKING:
    from captionacc.catalog.connecting import Row

_RUN: Final = TypeAdapter(Run)
_VIDEO: Final = TypeAdapter(Video)
_VERSION: Final = TypeAdapter(CropFramesVersion)
_DATABASE: Final = TypeAdapter(DatabaseState)


def to_run(row: Row) -> Run:
    """A row of ``processing_runs``."""
    return _RUN.validate_python(row)


def held_run(row: Row | None) -> Run:
    """The row that its holder has written.

    Raises:
        StaleRunError: there is none: it is not the holder any more.
    """
    if row is None:
        raise StaleRunError("The run has ended, or was given to another worker.")
    return to_run(row)


def to_video(row: Row) -> Video:
    """A row of ``videos``."""
    return _VIDEO.validate_python({**row, "crop_region": _region(row)})


def to_version(row: Row) -> CropFramesVersion:
    """A row of ``crop_frames_versions``."""
    return _VERSION.validate_python({**row, "crop_region": _region(row)})


def to_database_state(row: Row) -> DatabaseState:
    """A row of ``video_database_state``."""
    return _DATABASE.validate_python(row)


def region_columns(region: CropRegion | None) -> dict[str, float | None]:
    """Parameters ``left``, ``top``, ``right`` and ``bottom`` of a statement."""
    edges = (None,) * 4 if region is None else region.as_tuple()
    return dict(zip(("left", "top", "right", "bottom"), edges, strict=True))


def _region(row: Row) -> CropRegion | None:
    if row["crop_left"] is None:
        return None
    return CropRegion(row["crop_left"], row["crop_top"], row["crop_right"], row["crop_bottom"])
