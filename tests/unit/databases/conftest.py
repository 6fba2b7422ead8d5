"""Captions databases to work on."""

import sqlite3
from contextlib import closing

import pytest

from captionacc.databases import caption_table, corrections, predictions
from captionacc.databases.captions import SCHEMA
from captionacc.databases.schema import new_database, open_database
from captionacc.model.results import CaptionExtent


def in_file(work):
    """The same on a file, which is made if it is missing."""

    def on_path(path, *arguments):
        make = open_database if path.exists() else new_database
        with make(path, SCHEMA) as connection:
            return work(connection, *arguments)

    return on_path


read_captions = in_file(caption_table.load)
write_ocr = in_file(caption_table.write_ocr)
add, correct = in_file(corrections.add), in_file(corrections.correct)
remove = in_file(corrections.remove)
is_due = in_file(predictions.is_due)
show_predictions = in_file(predictions.show_predictions)
stage_predictions = in_file(predictions.stage_predictions)


def find_caption(path, caption_id):
    """The caption."""
    (found,) = (one for one in read_captions(path) if one.id == caption_id)
    return found


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
