"""Object keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captionacc.errors import UsageError
from captionacc.model.ids import TenantId, VideoId
from captionacc.storage import VideoKeys, modulo_level

KEYS = VideoKeys(TenantId("t1"), VideoId("v1"))


def test_keys_are_those_of_the_contract() -> None:
    """Every object lies exactly where other parts of the system look for it."""
    assert KEYS.video == "t1/client/videos/v1/video.mp4"
    assert KEYS.full_frame(7) == "t1/client/videos/v1/full_frames/frame_000007.jpg"
    assert KEYS.thumbnail(7) == "t1/client/videos/v1/thumbnails/frame_000007.jpg"
    assert KEYS.layout_db == "t1/client/videos/v1/layout.db.gz"
    assert KEYS.captions_db == "t1/client/videos/v1/captions.db.gz"
    assert KEYS.crop_manifest(2) == "t1/client/videos/v1/crop_frames_v2/manifest.json"
    assert KEYS.native_pts(2) == "t1/client/videos/v1/crop_frames_v2/native_pts.f64"
    assert (
        KEYS.crop_chunk(2, 4, 36)
        == "t1/client/videos/v1/crop_frames_v2/modulo_4/chunk_0000000036.webm"
    )
    assert KEYS.ocr_server_db == "t1/server/videos/v1/ocr-server.db.gz"
    assert KEYS.inference_results_db(3) == "t1/server/videos/v1/inference_results_v3.db.gz"
    assert KEYS.job("abc-1") == "t1/server/videos/v1/jobs/abc-1.json"


@pytest.mark.parametrize(
    "bad", ["", ".", "..", "a/b", "../x", "a\\b", "a b", "a\n", "é", "-a", "a" * 129, "a\0"]
)
def test_unsafe_identifiers_never_reach_a_key(bad: str) -> None:
    """An identifier that could leave its folder is refused, whichever part it plays."""
    with pytest.raises(UsageError):
        VideoKeys(TenantId(bad), VideoId("v1"))
    with pytest.raises(UsageError):
        VideoKeys(TenantId("t1"), VideoId(bad))
    with pytest.raises(UsageError):
        KEYS.job(bad)


def test_impossible_numbers_are_refused() -> None:
    """Negative or overlong indexes, version 0 and frames of another level make no key."""
    for make in (
        lambda: KEYS.full_frame(-1),
        lambda: KEYS.thumbnail(10**6),
        lambda: KEYS.crop_manifest(0),
        lambda: KEYS.inference_results_db(-1),
        lambda: KEYS.crop_chunk(1, 16, 4),
        lambda: KEYS.crop_chunk(1, 4, 16),
        lambda: KEYS.crop_chunk(1, 2, 2),
    ):
        with pytest.raises(ValueError, match=r"frame|version"):
            make()


@given(st.integers(0, 10**10 - 1))
def test_each_crop_frame_has_one_level(index: int) -> None:
    """Level 16 holds multiples of 16, level 4 the other multiples of 4, level 1 the rest."""
    expected = 16 if index % 16 == 0 else 4 if index % 4 == 0 else 1
    assert modulo_level(index) == expected
