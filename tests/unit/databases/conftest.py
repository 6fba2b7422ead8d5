"""Captions databases to work on."""

import sqlite3
from contextlib import closing

import pytest

from captionacc.databases.predictions import show_predictions, stage_predictions
from captionacc.model.results import CaptionExtent


def extent(start_s, end_s, confidence=0.75):
    """An extent over 10 Hz crop frames with times that are multiples of a tenth."""
    return CaptionExtent(
        round(start_s * 10), round(end_s * 10), float(start_s), float(end_s), confidence
    )


def rows_of(path):
    """All rows of the table, byte for byte, by id."""
    with closing(sqlite3.connect(path)) as connection:
        return {row[0]: row for row in connection.execute("SELECT * FROM captions ORDER BY id")}


def make_captions(path, extents, version=1):
    """``captions.db`` as it is once inference on ``version`` is shown; its new captions' ids."""
    staged = stage_predictions(path, version, f"run {version}", extents)
    show_predictions(path, version)
    return staged.caption_ids


@pytest.fixture
def three(tmp_path):
    """A file with three predicted captions of ids 1 to 3: 1-2 s, 2-4 s and 6-8 s."""
    path = tmp_path / "captions.db"
    assert make_captions(path, [extent(1, 2), extent(2, 4), extent(6, 8)]) == (1, 2, 3)
    return path
