"""Reading order, spaces and noise."""

# ruff: noqa: RUF001 -- full-width punctuation is what some captions hold

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captionacc.captions.assemble import arrange_rows, assemble_text
from captionacc.model.geometry import OcrBox


def box(
    text: str,
    left: float,
    top: float,
    width: float = 0.2,
    height: float = 0.2,
    *,
    sure: float = 0.95,
) -> OcrBox:
    """A piece of text by its top left corner and size."""
    return OcrBox(text, sure, left, top, left + width, top + height)


def test_rows_are_joined_by_line_breaks() -> None:
    """Rows come from top to bottom, whatever the order of the boxes."""
    assert assemble_text([box("second", 0.3, 0.6), box("first", 0.4, 0.2)]) == "first\nsecond"


def test_pieces_of_a_row_are_joined_by_spaces() -> None:
    """Pieces at about the same height are one row, from left to right."""
    pieces = [box("you?", 0.6, 0.42), box("How", 0.1, 0.4), box("are", 0.35, 0.38)]
    assert assemble_text(pieces) == "How are you?"


def test_rows_may_overlap_a_little() -> None:
    """Tight lines whose boxes touch stay two rows."""
    assert assemble_text([box("one", 0.1, 0.1), box("two", 0.1, 0.22)]) == "one\ntwo"


def test_a_sloping_row_stays_one_row() -> None:
    """A row whose pieces climb from side to side is compared piece by piece."""
    pieces = [box(str(n), 0.1 + 0.2 * n, 0.4 + 0.05 * n, 0.15, 0.12) for n in range(4)]
    assert assemble_text(pieces) == "0 1 2 3"


@pytest.mark.parametrize(
    ("left_text", "gap", "right_text", "expected"),
    [
        ("你好", 0.02, "世界", "你好世界"),
        ("你好", 0.15, "世界", "你好 世界"),
        ("どうも", 0.02, "ありがとう", "どうもありがとう"),
        ("안녕", 0.02, "하세요", "안녕 하세요"),
        ("你好", 0.02, "Tom", "你好 Tom"),
        ("Hello,", 0.02, "你好", "Hello, 你好"),
        ("真的", 0.01, "?", "真的 ?"),
        ("真的", 0.01, "？", "真的？"),
    ],
)
def test_spaces_follow_the_script(
    left_text: str, gap: float, right_text: str, expected: str
) -> None:
    """Ideographs and kana meet without a space, unless a gap as wide as a character parts them."""
    pieces = [box(left_text, 0.1, 0.4), box(right_text, 0.3 + gap, 0.4)]
    assert assemble_text(pieces) == expected


@pytest.mark.parametrize(("first", "second"), [("مرحبا", "بكم"), ("שלום", "עולם")])
def test_right_to_left_rows_start_at_the_right(first: str, second: str) -> None:
    """Arabic and Hebrew pieces are read from the right, in a frame with other rows too."""
    pieces = [box(second, 0.1, 0.6), box(first, 0.5, 0.6), box("B", 0.5, 0.1), box("A", 0.1, 0.1)]
    assert assemble_text(pieces) == f"A B\n{first} {second}"


@pytest.mark.parametrize("text", ["这", "我", "I", "7", "...", "♪", "?"])
def test_short_captions_are_not_lost(text: str) -> None:
    """One sure character is a caption."""
    assert assemble_text([box(text, 0.5, 0.4, 0.03)]) == text


def test_a_lone_doubtful_letter_is_kept() -> None:
    """Even a doubtful letter is shown to a person when it is all there is."""
    assert assemble_text([box("这", 0.5, 0.4, 0.03, sure=0.3)]) == "这"


def test_a_short_sure_row_beside_a_long_one_is_kept() -> None:
    """A second row of one character is text."""
    pieces = [box("我不知道该怎么办", 0.2, 0.3, 0.6), box("啊", 0.5, 0.6, 0.05, sure=0.7)]
    assert assemble_text(pieces) == "我不知道该怎么办\n啊"


def test_noise_is_dropped() -> None:
    """Doubtful specks, doubtful punctuation and blanks beside a caption are no text."""
    pieces = [
        box("Good morning", 0.2, 0.5, 0.6),
        box(".", 0.05, 0.1, 0.01, 0.02, sure=0.4),
        box("-", 0.9, 0.52, 0.02, sure=0.6),
        box("l", 0.95, 0.1, 0.01, sure=0.3),
        box("tiny", 0.9, 0.1, 0.05, 0.05, sure=0.45),
        box("  ", 0.5, 0.1),
    ]
    assert assemble_text(pieces) == "Good morning"


def test_nothing_gives_nothing() -> None:
    """No boxes, or noise alone, give an empty text."""
    assert assemble_text([]) == ""
    assert assemble_text([box(" ", 0.1, 0.1), box("'", 0.1, 0.1, sure=0.2)]) == ""


def test_composed_letters_are_normalised() -> None:
    """A letter and its combining accent become one character; wide forms stay."""
    assert assemble_text([box("cafe\u0301！", 0.1, 0.1)]) == "café！"


fractions = st.floats(0, 0.8)
sizes = st.floats(0.001, 0.2)
boxes = st.builds(
    box, st.text(max_size=6), fractions, fractions, sizes, sizes, sure=st.floats(0, 1)
)


@given(st.lists(boxes, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_the_boxes_does_not_matter(pieces: list[OcrBox], random) -> None:
    """Sure pieces with text are each in exactly one row, and no row is empty."""
    shuffled = list(pieces)
    random.shuffle(shuffled)
    rows = arrange_rows(shuffled)
    assert all(rows)
    placed = [piece for row in rows for piece in row]
    assert len(placed) == len({id(piece) for piece in placed})
    sure = [piece for piece in pieces if piece.confidence >= 0.8 and piece.text.strip()]
    assert {id(piece) for piece in sure} <= {id(piece) for piece in placed}
