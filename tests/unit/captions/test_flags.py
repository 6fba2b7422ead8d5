"""What a person should look at."""

import json
from pathlib import Path

import pytest

from captionacc.captions.flags import flag_captions
from captionacc.model.results import Caption

VECTORS = json.loads(Path(__file__).with_name("flag_vectors.json").read_text(encoding="utf-8"))


def caption(start_s: float, end_s: float, text: str, confidence: float = 0.95) -> Caption:
    """A caption without flags."""
    return Caption(start_s, end_s, text, confidence)


def flags_of(*captions: Caption, alphabet: frozenset[str] | None = None) -> list[tuple[str, ...]]:
    """The flags of each caption."""
    return [item.flags for item in flag_captions(captions, alphabet)]


def test_good_captions_have_no_flags() -> None:
    """Ordinary captions, back to back, are not bothered with."""
    assert flags_of(
        caption(0, 2, "Good morning."), caption(2, 3.5, "How are you?"), caption(9, 10, "这")
    ) == [(), (), ()]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (caption(0, 2, "word", 0.84), "low_confidence"),
        (caption(0, 0.4, "word"), "very_short"),
        (caption(0, 2, " \n", 0.0), "empty_text"),
        (caption(0, 2, "wor\ufffd"), "text_outside_dictionary"),
        (caption(0, 2, "wor\ue000"), "text_outside_dictionary"),
    ],
)
def test_each_doubt_has_its_flag(item: Caption, expected: str) -> None:
    """One thing that is odd raises one flag."""
    assert flags_of(item) == [(expected,)]


def test_flags_replace_older_ones() -> None:
    """Flagging twice is flagging once, and a caption put right loses its flags."""
    once = flag_captions([caption(0, 2, "word", 0.5)])
    assert flag_captions(once) == once
    assert flag_captions([Caption(0, 2, "word", 0.95, flags=("low_confidence",))])[0].flags == ()


@pytest.mark.parametrize(
    ("first", "second", "similar"),
    [
        ("I will be there.", "l will be there.", True),
        ("Good morning", "good  Morning", True),
        ("好的", "好的", True),
        ("好的", "好吧", False),
        ("Yes.", "No.", False),
        ("", "", False),
    ],
)
def test_near_duplicates_point_at_each_other(first: str, second: str, *, similar: bool) -> None:
    """Neighbours that differ in little are both flagged; short different ones are not."""
    flagged = flags_of(caption(0, 2, first), caption(2, 4, second))
    assert [("near_duplicate_neighbour" in flags) for flags in flagged] == [similar, similar]


def test_a_repetition_after_a_pause_is_no_duplicate() -> None:
    """The same words said again later are two captions."""
    assert flags_of(caption(0, 2, "Stop!"), caption(3.5, 5, "Stop!")) == [(), ()]


def test_overlaps_point_at_each_other() -> None:
    """Captions on screen at once are both flagged; those that touch are not."""
    flagged = flags_of(caption(0, 2, "one"), caption(1.9, 4, "other"), caption(4, 6, "third"))
    assert flagged == [("overlap",), ("overlap",), ()]


def test_the_dictionary_decides_when_it_is_known() -> None:
    """A character that the engine cannot write did not come from it; white space always may."""
    alphabet = frozenset("abc")
    assert flags_of(caption(0, 2, "ab\nc a"), alphabet=alphabet) == [()]
    assert flags_of(caption(0, 2, "abж"), alphabet=alphabet) == [("text_outside_dictionary",)]


@pytest.mark.parametrize("vector", [pytest.param(one, id=one["name"]) for one in VECTORS])
def test_flags_are_those_agreed_with_the_page(vector) -> None:
    """The editor in the browser finds the same doubts, held to the same file."""
    captions = [caption(*one) for one in vector["captions"]]
    assert flags_of(*captions) == [tuple(flags) for flags in vector["flags"]]
