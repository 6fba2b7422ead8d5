"""Pictures in I420 layout, made smaller."""

import cv2
import numpy as np
import pytest

from captionacc.media.planes import shrink_i420


@pytest.fixture
def picture():
    """A 300 x 60 picture whose left half is red and whose right half is blue, as I420."""
    bgr = np.zeros((60, 300, 3), np.uint8)
    bgr[:, :150, 2] = 255
    bgr[:, 150:, 0] = 255
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)


@pytest.mark.parametrize(("width", "rows"), [(200, 60), (100, 30), (64, 18)])
def test_a_wide_picture_is_shrunk_with_its_colours(picture, width, rows):
    """Luma and both chroma planes keep their places, by whatever factor."""
    small = shrink_i420(picture, width)
    assert small.shape == (rows, width)
    bgr = cv2.cvtColor(small, cv2.COLOR_YUV2BGR_I420)
    assert np.abs(bgr[4, width // 4].astype(int) - (0, 0, 255)).max() < 12
    assert np.abs(bgr[4, width * 3 // 4].astype(int) - (255, 0, 0)).max() < 12


def test_a_picture_that_is_small_enough_is_left_alone(picture):
    """Nothing is enlarged or copied."""
    assert shrink_i420(picture, 300) is picture
    assert shrink_i420(picture, 1280) is picture
