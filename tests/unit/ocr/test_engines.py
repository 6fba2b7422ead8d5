"""What every engine does."""

import cv2
import numpy as np
import pytest

BLANK = np.full((128, 1280, 3), 90, np.uint8)


def test_reads_a_caption_strip(engine, render):
    """A line of white, outlined text over a picture is read exactly, with a high confidence."""
    (box,) = engine.read(render("Nothing here is what it seems."))
    assert box.text == "Nothing here is what it seems."
    assert box.confidence > 0.8


def test_reads_lines_from_top_to_bottom(engine, render):
    """The lines of a caption come in reading order, each with its own box."""
    image = render("Where have you been,", "all these long years?", height=200)
    upper, lower = engine.read(image)
    assert (upper.text, lower.text) == ("Where have you been,", "all these long years?")
    assert upper.bottom <= lower.top + 0.1


def test_boxes_surround_the_text(engine, render):
    """A box is normalised in the given image, and lies around the drawn text."""
    (box,) = engine.read(render("in the middle", width=1000, height=100))
    assert 0.3 < box.left < 0.4
    assert 0.6 < box.right < 0.7
    assert 0 <= box.top < 0.4
    assert 0.6 < box.bottom <= 1


def test_finds_nothing_in_a_blank_image(engine):
    """No line is made up where there is none."""
    assert engine.read(BLANK) == ()
    assert engine.find_lines(BLANK) == ()


def test_recognises_in_the_given_order(engine, render):
    """Line images of different widths come back in their own places."""
    texts = ["Nobody will find out about this", "Stop", "Two words", "Go home."]
    images = [render(text, width=60 + 20 * len(text), height=72) for text in texts]
    assert [text for text, _ in engine.recognize(images)] == texts


def test_recognises_nothing_in_no_images(engine):
    """No images make no results, and an empty image an empty text."""
    assert engine.recognize([]) == []
    assert engine.recognize([BLANK[:0]]) == [("", 0.0)]


@pytest.mark.parametrize(
    "shape", [(1, 1), (2, 900), (900, 2), (31, 33), (40, 5000), (0, 10)], ids=str
)
def test_survives_any_size(engine, shape):
    """Tiny, narrow, very wide and empty images hold no text, and are no error."""
    image = np.full((*shape, 3), 128, np.uint8)
    assert engine.read(image) == ()
    assert len(engine.recognize([image])) == 1


def test_says_what_it_cannot_write(engine):
    """Characters outside of the alphabet are named once each, in order; white space never is."""
    assert engine.missing_characters("a ж\nцж b") == "жц"
    assert engine.missing_characters("Hello, you!") == ""


def test_reads_chinese_and_kana(rapid, render):
    """The default engine reads Chinese and Japanese without being told."""
    assert rapid.read(render("这里有什么好处", font="cjk"))[0].text == "这里有什么好处"
    assert rapid.read(render("ありがとうございます", font="cjk"))[0].text == "ありがとうございます"


def test_reads_letters_with_diacritics(rapid, render):
    """The default engine reads the letters that European languages add to the Latin ones."""
    text = "Wo ist Müller? Où était l'été?"
    assert rapid.read(render(text))[0].text == text


def test_reads_a_4k_frame(rapid, render):
    """A large frame is scaled down for detection only; its lines are read in full size."""
    frame = cv2.resize(render("Seen from far away.", height=720), (3840, 2160))
    (box,) = rapid.read(frame)
    assert box.text == "Seen from far away."


def test_reads_dark_letters(tesseract, render):
    """Tesseract reads dark letters on a light outline, too."""
    image = render("Written in black ink", fill="black", outline="white")
    assert tesseract.read(image)[0].text == "Written in black ink"


def test_keeps_narrow_spaces(rapid, render):
    """Spaces between tightly set words are not swallowed."""
    assert rapid.read(render("Größer als früher", size=30))[0].text == "Größer als früher"
