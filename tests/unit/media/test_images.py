"""JPEG pictures, thumbnails and medians."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from captionacc.errors import BadInputError
from captionacc.media.images import decode_jpeg, encode_jpeg, median_image, thumbnail


def test_jpeg_round_trip(picture):
    """A picture comes back nearly as it was, and smaller at lower quality."""
    image = picture(0b1010_0101, 320, 180)
    data = encode_jpeg(image)
    assert data[:2] == b"\xff\xd8"
    assert cv2.PSNR(decode_jpeg(data), image) > 28
    assert len(encode_jpeg(image, quality=40)) < len(data)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"not a picture"])
def test_broken_jpeg(data):
    """Unreadable bytes are an error, not an empty picture."""
    with pytest.raises(BadInputError):
        decode_jpeg(data)


def test_thumbnails_keep_the_aspect_ratio(picture):
    """160 pixels wide, as high as the picture's shape asks."""
    assert thumbnail(picture(0, 1280, 720)).shape == (90, 160, 3)
    assert thumbnail(picture(0, 720, 1280)).shape == (284, 160, 3)


def test_small_pictures_are_not_enlarged(picture):
    """A picture narrower than a thumbnail stays as it is."""
    assert thumbnail(picture(0)).shape == (64, 96, 3)


@given(st.integers(1, 45), st.sampled_from([(3, 5), (4, 7, 3), (1, 1, 3)]), st.integers(0, 2**32))
def test_median_is_the_lower_middle_value(count, shape, seed):
    """For any number of frames each pixel is the lower median of its values."""
    frames = list(np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8))
    expected = np.sort(np.stack(frames), axis=0)[(count - 1) // 2]
    assert np.array_equal(median_image(frames), expected)


@pytest.mark.parametrize("count", [5, 40])
def test_median_of_large_frames_is_the_same_in_every_stripe(count):
    """Working in stripes leaves no seams."""
    frames = list(np.random.default_rng(1).integers(0, 256, (count, 300, 400), dtype=np.uint8))
    expected = np.sort(np.stack(frames), axis=0)[(count - 1) // 2]
    assert np.array_equal(median_image(frames), expected)


def test_median_is_no_view_of_its_input():
    """The only frame is copied."""
    frame = np.zeros((4, 4, 3), np.uint8)
    median_image([frame])[:] = 9
    assert not frame.any()


def test_median_needs_frames_of_one_shape():
    """No frames, or frames of two sizes, have no median."""
    with pytest.raises(ValueError, match="one shape"):
        median_image([])
    with pytest.raises(ValueError, match="one shape"):
        median_image([np.zeros((2, 2), np.uint8), np.zeros((2, 4), np.uint8)])
