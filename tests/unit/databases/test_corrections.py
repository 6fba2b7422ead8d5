"""What a person does to captions, and readings that arrive."""

import pytest

from captionacc.databases.captions import BoundaryState, CaptionOcr, Changes, OcrStatus
from captionacc.databases.corrections import Correction
from captionacc.errors import ConflictError, NotFoundError

from .conftest import add, correct, extent, find_caption, read_captions, remove, rows_of, write_ocr

CONFIRM = Correction(boundary_state=BoundaryState.CONFIRMED)


def read(caption_id, text="read", **more):
    """A reading of the caption."""
    return CaptionOcr(caption_id, OcrStatus.COMPLETED, text, 0.9, **more)


def places(path):
    """Id, start and end of the captions in order."""
    return [(one.id, one.extent.start_pts_s, one.extent.end_pts_s) for one in read_captions(path)]


def ids(captions):
    """Their ids."""
    return [one.id for one in captions]


def test_readings_are_stored(three):
    """Text or error land on their caption; a person's own text is kept beside them."""
    correct(three, 2, Correction(text="mine"))
    failed = CaptionOcr(2, OcrStatus.ERROR, error="engine stopped")
    changes = write_ocr(three, [read(1, "two\nlines"), failed, read(99)])
    assert changes == Changes((1, 2))
    first, second, third = read_captions(three)
    assert (first.ocr, second.ocr) == (read(1, "two\nlines"), failed)
    assert (first.current_text, second.current_text) == ("two\nlines", "mine")
    assert third.ocr.status is OcrStatus.QUEUED


def test_the_same_reading_changes_nothing(three):
    """A reading that is delivered twice is stored once."""
    write_ocr(three, [read(1)])
    before = three.read_bytes()
    assert not write_ocr(three, [read(1)])
    assert three.read_bytes() == before


def test_a_failure_leaves_what_was_read_before(three):
    """When reading a moved caption fails, the text from before is still shown."""
    write_ocr(three, [read(1)])
    correct(three, 1, Correction(extent=extent(1, 1.5)))
    write_ocr(three, [CaptionOcr(1, OcrStatus.ERROR, error="broken")])
    caption = find_caption(three, 1)
    assert (caption.ocr.status, caption.current_text) == (OcrStatus.ERROR, "read")


def test_a_failure_does_not_undo_a_reading(three):
    """A batch that fails after one of its captions was read by another leaves that one alone."""
    write_ocr(three, [read(1)])
    changes = write_ocr(three, [CaptionOcr(n, OcrStatus.ERROR, error="broken") for n in (1, 2)])
    assert changes == Changes((2,))
    assert find_caption(three, 1).is_read


def test_a_reading_of_another_place_is_passed_over(three):
    """What was read before the caption was moved does not count as its reading."""
    old = find_caption(three, 1).extent
    correct(three, 1, Correction(extent=extent(1, 1.5)))
    assert not write_ocr(three, [read(1, extent=old)])
    assert find_caption(three, 1).ocr.status is OcrStatus.QUEUED
    assert write_ocr(three, [read(1, extent=extent(1, 1.5))])
    assert find_caption(three, 1).is_read


def test_confirming_asks_for_a_reading_only_if_there_is_none(three):
    """A confirmed caption awaits nobody; if it is unread, or could not be read, it is to be."""
    confirmed = correct(three, 1, CONFIRM)
    assert confirmed.caption.boundary_state is BoundaryState.CONFIRMED
    assert not confirmed.caption.boundary_pending
    assert ids(confirmed.to_read) == [1]
    write_ocr(three, [read(2), CaptionOcr(3, OcrStatus.ERROR, error="broken")])
    assert correct(three, 2, CONFIRM).to_read == ()
    again = correct(three, 3, CONFIRM)
    assert ids(again.to_read) == [3]
    assert again.caption.ocr == CaptionOcr(3, OcrStatus.QUEUED)


def test_the_same_again_changes_nothing(three):
    """A correction that is made already writes nothing, but still tells what is to be read."""
    correction = Correction(extent=extent(1, 1.5), boundary_state=BoundaryState.CONFIRMED)
    first = correct(three, 1, correction)
    before = three.read_bytes()
    second = correct(three, 1, correction)
    assert three.read_bytes() == before
    assert second.changes == Changes()
    assert (second.caption, second.to_read) == (first.caption, first.to_read)


def test_moving_confirms_and_asks_for_a_reading(three):
    """A moved caption is a person's; its text is shown, but to be checked and read again."""
    write_ocr(three, [read(1)])
    moved = correct(three, 1, Correction(extent=extent(0.5, 2))).caption
    assert moved.boundary_state is BoundaryState.CONFIRMED
    assert (moved.ocr.status, moved.current_text) == (OcrStatus.QUEUED, "read")
    assert moved.text_pending


def test_predictions_make_room(three):
    """Predictions are cut where a moved caption meets them, and go where it covers them."""
    write_ocr(three, [read(2), read(3)])
    moved = correct(three, 1, Correction(extent=extent(1, 3)))
    assert places(three) == [(1, 1, 3), (2, 3, 4), (3, 6, 8)]
    assert moved.changes == Changes((2, 1))
    assert ids(moved.to_read) == [1]
    assert find_caption(three, 2).current_text == "read"
    wide = correct(three, 1, Correction(extent=extent(1, 4)))
    assert wide.changes == Changes((1,), (2,))
    inside = add(three, extent(6.5, 7))
    assert places(three) == [(1, 1, 4), (3, 6, 6.5), (4, 6.5, 7), (5, 7, 8)]
    assert inside.changes == Changes((4, 3, 5))
    assert find_caption(three, 5).current_text == "read"


def test_a_cut_prediction_that_was_unread_is_read(three):
    """What is being read in its old place would be passed over, so it is asked for again."""
    assert ids(correct(three, 1, Correction(extent=extent(1, 3))).to_read) == [1, 2]


def test_a_person_s_captions_do_not_overlap(three):
    """Neither moving nor adding may reach into what a person has worked on; nothing changes."""
    correct(three, 2, CONFIRM)
    before = rows_of(three)
    with pytest.raises(ConflictError, match=r"caption 2 \(2\.000 to 4\.000 s\)"):
        correct(three, 1, Correction(extent=extent(1, 2.5)))
    with pytest.raises(ConflictError):
        add(three, extent(3, 5))
    assert rows_of(three) == before
    correct(three, 1, Correction(extent=extent(1.5, 2)))


def test_words_are_a_person_s(three):
    """Text, verdict and notes are set and taken away one by one."""
    caption = correct(three, 1, Correction(text="a", text_notes="n")).caption
    assert (caption.text, caption.text_status, caption.text_notes) == ("a", None, "n")
    assert not caption.text_pending
    caption = correct(three, 1, Correction(text=None, text_status="checked")).caption
    assert (caption.text, caption.text_status, caption.text_notes) == (None, "checked", "n")
    assert not caption.text_pending
    caption = correct(three, 1, Correction(text_status=None)).caption
    assert caption.text_pending


def test_words_do_not_ask_for_a_reading(three):
    """A text for a caption that a batch is about to read starts nothing of its own."""
    assert correct(three, 1, Correction(text="a")).to_read == ()


def test_an_issue_still_awaits_a_person_and_a_gap_does_not(three):
    """What is marked as wrong has to be looked at again; a gap is settled and not read."""
    issue = Correction(boundary_state=BoundaryState.ISSUE)
    gap = Correction(boundary_state=BoundaryState.GAP)
    assert correct(three, 1, issue).caption.boundary_pending
    marked = correct(three, 1, gap)
    assert not marked.caption.boundary_pending
    assert marked.to_read == ()


def test_an_added_caption_is_confirmed_and_to_be_read(three):
    """A person's own caption, with text or without."""
    added = add(three, extent(4, 5), "hello")
    assert added.caption.id == 4
    assert added.caption.boundary_state is BoundaryState.CONFIRMED
    assert added.caption.current_text == "hello"
    assert ids(added.to_read) == [4]


def test_a_caption_that_is_gone_is_not_found(three):
    """Removing works once; whatever comes later is told that there is no such caption."""
    assert remove(three, 2) == Changes(removed=(2,))
    assert [one[0] for one in places(three)] == [1, 3]
    for late in (lambda: remove(three, 2), lambda: correct(three, 2, CONFIRM)):
        with pytest.raises(NotFoundError, match="no caption 2"):
            late()
