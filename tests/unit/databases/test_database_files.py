"""What the computations write is read; for captions.db see the tests beside."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from captionacc.databases import inference_results, layout, ocr_server
from captionacc.databases.layout import BoxLabel, LayoutBox, LayoutConfig
from captionacc.errors import UnreadableDatabaseError
from captionacc.model.geometry import CropRegion, OcrBox
from captionacc.model.layout import Anchor
from captionacc.model.results import CaptionExtent, FrameOcr, PairLabel, PairResult

BOX = OcrBox("你好 it's", 0.875, 0.25, 0.75, 0.5, 0.8125)
EXTENTS = (
    CaptionExtent(3, 17, 0.28, 1.68, 0.75),
    CaptionExtent(17, 20, 1.68, 2.0, 1.0),
)


def test_full_frame_ocr_survives(tmp_path: Path) -> None:
    """Frames come back in order with their boxes, those without text too, and their keys."""
    path = tmp_path / "ocr-server.db"
    frames = (FrameOcr(1, 10.01, ()), FrameOcr(0, 0.0, (BOX, OcrBox("b", 1.0, 0, 0, 1, 1))))
    ocr_server.write_ocr_server(path, iter(frames), lambda index: f"frame_{index}")
    assert ocr_server.read_ocr_server(path) == (frames[1], frames[0])
    assert ocr_server.read_frame_keys(path) == {0: "frame_0", 1: "frame_1"}


def test_ocr_columns_are_those_of_the_contract(tmp_path: Path) -> None:
    """Others read this file with SQL of their own."""
    path = tmp_path / "ocr-server.db"
    ocr_server.write_ocr_server(path, [FrameOcr(4, 40.0, (BOX,))], lambda index: f"k{index}")
    with closing(sqlite3.connect(path)) as connection:
        row = connection.execute(
            "SELECT frame_index, box_index, text, confidence, left, top, right, bottom, pts_s"
            " FROM full_frame_ocr"
        ).fetchone()
    assert row == (4, 0, "你好 it's", 0.875, 0.25, 0.75, 0.5, 0.8125, 40.0)


def test_inference_results_survive(tmp_path: Path) -> None:
    """Run, pairs and extents come back as they were, and the pairs are counted."""
    path = tmp_path / "inference_results_v1.db"
    run = inference_results.InferenceRun("job", "strokes-1", 1, "2026-01-01", "2026-01-02")
    pairs = tuple(
        PairResult(index, index + 1, label, 0.5, 0.25, 0.75)
        for index, label in enumerate(PairLabel)
    )
    inference_results.write_inference_results(path, run, iter(pairs), iter(EXTENTS))
    assert inference_results.read_inference_results(path) == inference_results.InferenceResults(
        run, pairs, EXTENTS
    )
    assert inference_results.read_extents(path) == EXTENTS
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT total_pairs FROM run_metadata").fetchone() == (5,)


def test_empty_inference_results_survive(tmp_path: Path) -> None:
    """A video without captions has results too."""
    path = tmp_path / "inference_results_v1.db"
    run = inference_results.InferenceRun("job", "strokes-1", 1, "a", "b")
    inference_results.write_inference_results(path, run, (), ())
    results = inference_results.read_inference_results(path)
    assert results == inference_results.InferenceResults(run, (), ())
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT total_pairs FROM run_metadata").fetchone() == (0,)


def test_layout_survives(tmp_path: Path) -> None:
    """Boxes with predictions and the caption band come back; nothing is approved yet."""
    path = tmp_path / "layout.db"
    config = LayoutConfig(1280, 720, CropRegion(0, 0.75, 1, 1), Anchor.CENTER, 0.5, 0.875)
    boxes = (
        LayoutBox(0, 0, BOX, BoxLabel.IN, 0.9375),
        LayoutBox(0, 1, BOX, BoxLabel.OUT, 0.5, BoxLabel.CLEAR, "2026-01-01T00:00:00+00:00"),
        LayoutBox(2, 0, BOX),
    )
    layout.write_layout(path, config, reversed(boxes))
    assert layout.read_boxes(path) == boxes
    assert layout.read_config(path) == config
    assert not layout.is_approved(path)


def test_layout_without_captions_survives(tmp_path: Path) -> None:
    """A video without captions has a layout without a region."""
    path = tmp_path / "layout.db"
    layout.write_layout(path, LayoutConfig(640, 360, None), ())
    assert layout.read_config(path) == LayoutConfig(640, 360, None)
    assert layout.read_boxes(path) == ()


def test_layout_edits_of_a_person_are_read(tmp_path: Path) -> None:
    """Approval, labels and crop edits made by SQL are what the readers return."""
    path = tmp_path / "layout.db"
    layout.write_layout(path, LayoutConfig(640, 360, None), [LayoutBox(5, 3, BOX, BoxLabel.IN, 1)])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE preferences SET layout_approved = 1")
        connection.execute("UPDATE boxes SET label = 'out' WHERE id = 50003")
        connection.execute(
            "UPDATE layout_config"
            " SET crop_left = 0, crop_top = 0.5, crop_right = 1, crop_bottom = 1"
        )
    assert layout.is_approved(path)
    assert layout.read_boxes(path)[0].label is BoxLabel.OUT
    assert layout.read_config(path).crop_region == CropRegion(0, 0.5, 1, 1)


def test_a_layout_without_its_row_is_unreadable(tmp_path: Path) -> None:
    """A layout database whose configuration is gone says so."""
    path = tmp_path / "layout.db"
    layout.write_layout(path, LayoutConfig(640, 360, None), ())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM layout_config")
    with pytest.raises(UnreadableDatabaseError):
        layout.read_config(path)
