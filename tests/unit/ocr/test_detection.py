"""Text probability maps, and the lines in them."""

import cv2
import numpy as np
import pytest

from captionacc.ocr.detection import TextDetector, boxes_from_map
from captionacc.ocr.lines import cut_line
from captionacc.ocr.sessions import SessionOptions


@pytest.fixture(scope="module")
def detector():
    """A detector on one thread."""
    return TextDetector(SessionOptions(threads=1))


def map_with(*rects, shape=(128, 640)):
    """A probability map that is 0.9 inside the rectangles ``(x, y, w, h)``."""
    probabilities = np.zeros(shape, np.float32)
    for x, y, w, h in rects:
        probabilities[y : y + h, x : x + w] = 0.9
    return probabilities


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_map_keeps_the_aspect(detector, render, width):
    """The map has the asked width, the strip's proportions, and its maximum on the text."""
    probabilities = detector.probability_map(render("Text in the middle", height=100), width)
    assert probabilities.shape == (round(width * 100 / 1280), width)
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1
    columns = probabilities.max(axis=0)
    assert columns[width * 45 // 100 : width * 55 // 100].max() > 0.9
    assert columns[: width // 5].max() < 0.1


def test_luma_is_a_grey_picture(detector, render):
    """A luma plane gives the same map as the grey picture that it stands for."""
    luma = cv2.cvtColor(render("Grey on grey"), cv2.COLOR_BGR2GRAY)
    grey = cv2.cvtColor(luma, cv2.COLOR_GRAY2BGR)
    np.testing.assert_allclose(
        detector.probability_map(luma, 640), detector.probability_map(grey, 640)
    )


def test_batch_equals_single_maps(detector, render):
    """Strips computed together get the maps that they get alone."""
    strips = [render("first"), render("second one")]
    together = detector.probability_maps(strips, 640)
    alone = [detector.probability_map(strip, 640) for strip in strips]
    np.testing.assert_allclose(together, alone, atol=0.02)


def test_refuses_what_cannot_be_computed(detector):
    """A width off the model's grid, no strips, or strips of two shapes are a caller's mistake."""
    strip = np.zeros((64, 640, 3), np.uint8)
    with pytest.raises(ValueError, match="multiple of 32"):
        detector.probability_map(strip, 100)
    with pytest.raises(ValueError, match="at least one strip"):
        detector.probability_maps([], 640)
    with pytest.raises(ValueError, match="all of one shape"):
        detector.probability_maps([strip, strip[:32]], 640)


def test_lines_are_wider_than_their_core():
    """A line reaches beyond the area that the model marks, by the same margin on all sides."""
    (line,) = boxes_from_map(map_with((100, 50, 200, 20)))
    assert (line.left * 640, line.right * 640) == pytest.approx((85, 314), abs=3)
    assert (line.top * 128, line.bottom * 128) == pytest.approx((35, 84), abs=3)
    assert line.score == pytest.approx(0.87, abs=0.03)


def test_lines_come_from_top_to_bottom():
    """The order is the one in which a person reads."""
    lines = boxes_from_map(map_with((300, 90, 80, 15), (40, 20, 90, 15), (300, 20, 90, 15)))
    assert [(round(line.left, 1), round(line.top, 1)) for line in lines] == [
        (0.0, 0.1),
        (0.5, 0.1),
        (0.5, 0.6),
    ]


def test_specks_and_faint_areas_are_no_lines():
    """Areas of a few points, or hardly above the threshold, are noise."""
    assert boxes_from_map(map_with((100, 50, 2, 2))) == ()
    assert boxes_from_map(map_with((100, 50, 200, 20)) * np.float32(0.45)) == ()


def test_lines_stay_inside_the_image():
    """A line at the edge is not widened beyond it."""
    (line,) = boxes_from_map(map_with((0, 0, 640, 30)))
    assert (line.left, line.top, line.right) == (0, 0, 1)


def test_a_tilted_line_is_cut_level():
    """A tilted line becomes a level image of its own length and height."""
    corners = cv2.boxPoints(((320, 180), (300, 30), 20)).astype(np.int32)
    probabilities = np.zeros((360, 640), np.float32)
    cv2.fillPoly(probabilities, [corners], (0.9,))
    image = np.zeros((360, 640, 3), np.uint8)
    cv2.fillPoly(image, [corners], (255, 255, 255))
    (line,) = boxes_from_map(probabilities)
    cut = cut_line(image, line)
    assert cut.shape[1] == pytest.approx(344, abs=10)
    assert cut.shape[0] == pytest.approx(74, abs=10)
    assert cut[cut.shape[0] // 2, 30:-30].min() == 255


def test_an_upright_line_is_laid_down():
    """Vertical writing is turned, so that the recognition model sees a line."""
    (line,) = boxes_from_map(map_with((300, 20, 20, 90), shape=(128, 640)))
    cut = cut_line(np.zeros((128, 640, 3), np.uint8), line)
    assert cut.shape[1] > 1.5 * cut.shape[0]
