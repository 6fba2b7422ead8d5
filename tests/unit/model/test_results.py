"""What the parts of the pipeline hand to each other."""

import pickle
from dataclasses import FrozenInstanceError

import pytest

from captionacc.model.geometry import OcrBox
from captionacc.model.results import Caption, PairLabel


def test_pair_labels_are_those_of_the_database():
    """The labels are the words that the results database and its readers use."""
    assert {str(label) for label in PairLabel} == {
        "same",
        "different",
        "empty_to_caption",
        "caption_to_empty",
        "empty_empty",
    }


def test_caption_crosses_processes_unchanged():
    """A caption that a compute process returns is equal to the one it made, and is read only."""
    caption = Caption(1.0, 2.5, "two\nlines", 0.9, (OcrBox("two", 0.9, 0, 0, 1, 0.5),), ("short",))
    copy = pickle.loads(pickle.dumps(caption))  # noqa: S301 - our own bytes
    assert copy == caption
    with pytest.raises(FrozenInstanceError):
        copy.text = "other"
