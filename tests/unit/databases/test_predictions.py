"""Predictions that become captions when their version is active."""

import sqlite3
from contextlib import closing
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from captionacc.databases.captions import SCHEMA, BoundaryState, CaptionOcr, OcrStatus
from captionacc.databases.corrections import Correction
from captionacc.databases.merge import meets
from captionacc.databases.predictions import Staged
from captionacc.databases.schema import open_database

from .conftest import (
    add,
    correct,
    extent,
    is_due,
    make_captions,
    read_captions,
    remove,
    rows_of,
    show_predictions,
    stage_predictions,
    write_ocr,
)


def places(path):
    """Start and end of the captions in order."""
    return [(one.extent.start_pts_s, one.extent.end_pts_s) for one in read_captions(path)]


def test_predicted_captions_are_queued_for_reading(three):
    """New captions are predictions without text that await reading and a person."""
    assert places(three) == [(1, 2), (2, 4), (6, 8)]
    for caption in read_captions(three):
        assert caption.boundary_state is BoundaryState.PREDICTED
        assert caption.boundary_pending
        assert caption.text_pending
        assert caption.ocr == CaptionOcr(caption.id, OcrStatus.QUEUED)
        assert caption.current_text == ""
        assert caption.created_at


def test_nothing_is_seen_before_its_version_is_active(three):
    """Staged predictions change no caption until they are shown, and then all at once."""
    before = rows_of(three)
    staged = stage_predictions(three, 2, "run 2", [extent(1, 3), extent(5, 9)])
    assert staged == Staged((4, 5), 2)
    assert rows_of(three) == before
    assert not is_due(three, 1)
    assert not show_predictions(three, 1)
    assert rows_of(three) == before
    assert is_due(three, 2)
    changes = show_predictions(three, 2)
    assert (changes.changed, changes.removed) == ((4, 5), (1, 2, 3))
    assert places(three) == [(1, 3), (5, 9)]
    assert not is_due(three, 2)


def test_twice_is_once(three):
    """Staging and showing the same run again changes nothing and answers the same."""
    predictions = [extent(1, 3), extent(5, 9)]
    staged = stage_predictions(three, 2, "run 2", predictions)
    before = three.read_bytes()
    assert stage_predictions(three, 2, "run 2", predictions) == staged
    assert three.read_bytes() == before
    show_predictions(three, 2)
    before = three.read_bytes()
    assert stage_predictions(three, 2, "run 2", predictions) == staged
    assert not show_predictions(three, 2)
    assert three.read_bytes() == before


def test_what_was_never_activated_is_replaced(three):
    """A version that failed leaves nothing behind but used ids."""
    stage_predictions(three, 2, "run 2", [extent(1, 3)])
    assert stage_predictions(three, 3, "run 3", [extent(2, 3)]) == Staged((5,), 1)
    assert not show_predictions(three, 2)
    show_predictions(three, 3)
    assert places(three) == [(2, 3)]


def test_the_same_version_from_another_run_is_taken_anew(three):
    """A version that is built again, by a run of its own, may have other extents."""
    stage_predictions(three, 2, "run 2", [extent(1, 3)])
    assert stage_predictions(three, 2, "again", [extent(2, 3)]).caption_ids == (5,)
    show_predictions(three, 2)
    assert places(three) == [(2, 3)]


def test_what_a_person_did_after_staging_is_kept(three):
    """Edits between staging and showing win over predictions that were staged before."""
    stage_predictions(three, 2, "run 2", [extent(1, 2), extent(2, 5), extent(7, 10)])
    correct(three, 1, Correction(text="mine"))
    correct(three, 2, Correction(extent=extent(2, 3)))
    added = add(three, extent(8, 9)).caption.id
    kept = {one: rows_of(three)[one] for one in (1, 2, added)}
    show_predictions(three, 2)
    after = rows_of(three)
    assert {one: after[one] for one in kept} == kept
    assert places(three) == [(1, 2), (2, 3), (3, 5), (7, 8), (8, 9)]


def test_every_sign_of_a_person_keeps_a_caption(tmp_path):
    """A judgement, a text, a verdict on it, a note: each is enough; a reading is not."""
    path = tmp_path / "captions.db"
    marks = [
        Correction(boundary_state=BoundaryState.CONFIRMED),
        Correction(boundary_state=BoundaryState.GAP),
        Correction(boundary_state=BoundaryState.ISSUE),
        Correction(text=""),
        Correction(text_status="checked"),
        Correction(text_notes="who says this?"),
    ]
    ids = make_captions(path, [extent(n, n + 1) for n in range(len(marks) + 1)])
    for caption_id, mark in zip(ids, marks, strict=False):
        correct(path, caption_id, mark)
    write_ocr(path, [CaptionOcr(ids[-1], OcrStatus.COMPLETED, "read", 0.9)])
    make_captions(path, [], version=2)
    assert [one.id for one in read_captions(path)] == list(ids[:-1])


def test_what_is_kept_but_unread_is_read(three):
    """Kept captions without a reading are among those to read; gaps are not, nor counted."""
    write_ocr(three, [CaptionOcr(1, OcrStatus.COMPLETED, "read", 0.9)])
    correct(three, 1, Correction(boundary_state=BoundaryState.CONFIRMED))
    correct(three, 2, Correction(boundary_state=BoundaryState.CONFIRMED))
    correct(three, 3, Correction(boundary_state=BoundaryState.GAP))
    staged = stage_predictions(three, 2, "run 2", [extent(0, 1), extent(7, 9)])
    assert staged == Staged((4, 2, 5), 4)


def test_an_earlier_reading_stands_until_the_next(three):
    """A prediction in the same place shows what was read there before, but awaits reading."""
    write_ocr(three, [CaptionOcr(2, OcrStatus.COMPLETED, "read", 0.9)])
    make_captions(three, [extent(1, 2), extent(2, 4), extent(6, 8.1)], version=2)
    assert [(one.current_text, one.ocr.status) for one in read_captions(three)] == [
        ("", OcrStatus.QUEUED),
        ("read", OcrStatus.QUEUED),
        ("", OcrStatus.QUEUED),
    ]


def test_ids_are_never_used_again(three):
    """Not even that of the last caption, once it is removed."""
    remove(three, 3)
    assert add(three, extent(9, 10)).caption.id == 4
    make_captions(three, [], version=2)
    assert make_captions(three, [extent(20, 21)], version=3)[-1] == 5


def test_a_file_of_the_first_version_goes_on_counting(tmp_path, three):
    """An older file gets what it lacks, and its ids go on after the highest."""
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute(SCHEMA.tables[0])
        connection.execute(
            "CREATE TABLE database_metadata"
            " (schema_version INTEGER NOT NULL, created_at TEXT NOT NULL)"
        )
        connection.execute("INSERT INTO database_metadata VALUES (1, '')")
        connection.execute("INSERT INTO captions (id, start_pts_s, end_pts_s) VALUES (7, 0, 1)")
    assert add(old, extent(2, 3)).caption.id == 8
    shapes = []
    for path in (old, three):
        with open_database(path, SCHEMA) as connection:
            tables = ("captions", "predictions", "database_metadata")
            info = [connection.execute(f"PRAGMA table_info({table})") for table in tables]
            shapes.append([[tuple(row) for row in rows] for rows in info])
    assert shapes[0] == shapes[1]


spans = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 40)).map(
        lambda span: extent(span[0] / 10, (span[0] + span[1]) / 10)
    ),
    max_size=10,
)


def in_a_row(extents):
    """Those that do not overlap an earlier one, in order of time: as inference finds them."""
    row = []
    for one in sorted(extents, key=lambda one: (one.start_pts_s, one.end_pts_s)):
        if not row or one.start_pts_s >= row[-1].end_pts_s:
            row.append(one)
    return row


@given(first=spans, second=spans, confirmed=st.sets(st.integers(0, 9)))
def test_a_second_approval_never_touches_a_person_s_work(
    tmp_path_factory, first, second, confirmed
):
    """Kept rows are the same bytes, nothing overlaps, all is in order, and twice gives the same."""
    folder = tmp_path_factory.mktemp("merge")
    results = []
    for name in ("a.db", "b.db"):
        path = folder / name
        ids = make_captions(path, in_a_row(first))
        kept_ids = [one for place, one in enumerate(ids) if place in confirmed]
        for one in kept_ids:
            correct(path, one, Correction(boundary_state=BoundaryState.CONFIRMED))
        kept = {one: rows_of(path)[one] for one in kept_ids}
        make_captions(path, in_a_row(second), version=2)
        rows = rows_of(path)
        assert {one: rows[one] for one in kept_ids} == kept
        assert not (set(ids) - set(kept_ids)) & set(rows)
        results.append([(one.id, one.extent) for one in read_captions(path)])
    shown = [one for _, one in results[0]]
    assert results[0] == results[1]
    for before, after in pairwise(shown):
        assert not meets(before, after)
        assert before.start_pts_s < after.start_pts_s
        assert before.end_pts_s <= after.start_pts_s
        assert before.end_index <= after.start_index
