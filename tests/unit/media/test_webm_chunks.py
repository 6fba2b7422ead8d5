"""Crop frames as WebM chunks at three levels, and back."""

from __future__ import annotations

import io

import av
import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from captionacc.errors import NotAVideoError
from captionacc.media.webm import Chunk, ChunkEncoder, decode_chunk
from captionacc.storage.keys import modulo_level

WIDTH, HEIGHT = 96, 32


def _i420(number, picture):
    return cv2.cvtColor(picture(number % 256)[HEIGHT:], cv2.COLOR_BGR2YUV_I420)


def _encoded(count: int, picture) -> list[Chunk]:
    chunks: list[Chunk] = []
    encoder = ChunkEncoder(chunks.append)
    for index in range(count):
        encoder.add(index, _i420(index, picture))
    encoder.finish()
    return chunks


@given(st.integers(0, 10**9))
def test_a_frame_belongs_to_the_coarsest_level_that_divides_it(index):
    """16 before 4 before 1."""
    level = modulo_level(index)
    assert index % level == 0
    assert level == 16 or index % (4 * level)


def test_each_frame_is_in_exactly_one_chunk(picture):
    """All indexes come out once, at their level, 32 a chunk but for the last ones."""
    chunks = _encoded(150, picture)
    assert sorted(i for chunk in chunks for i in chunk.frame_indexes) == list(range(150))
    for chunk in chunks:
        assert {modulo_level(i) for i in chunk.frame_indexes} == {chunk.modulo}
        assert chunk.first_index == chunk.frame_indexes[0]
        assert list(chunk.frame_indexes) == sorted(chunk.frame_indexes)
    full = [len(chunk.frame_indexes) for chunk in chunks if chunk.modulo == 1]
    assert full == [32, 32, 32, 16]


def test_chunks_come_as_soon_as_they_are_full(picture):
    """The first chunk is there before the video ends."""
    chunks: list[Chunk] = []
    encoder = ChunkEncoder(chunks.append)
    for index in range(43):
        encoder.add(index, _i420(index, picture))
    assert [(chunk.modulo, chunk.first_index) for chunk in chunks] == [(1, 1)]


def test_pictures_survive(picture, numbers):
    """Decoded frames show what went in, in the order of their indexes."""
    for chunk in _encoded(40, picture):
        frames = decode_chunk(chunk.data)
        assert [numbers(frame) for frame in frames] == list(chunk.frame_indexes)
        first = cv2.cvtColor(_i420(chunk.first_index, picture), cv2.COLOR_YUV2BGR_I420)
        assert frames[0].shape == first.shape
        assert cv2.PSNR(frames[0], first) > 30


def test_the_same_frames_give_the_same_bytes(picture):
    """Nothing random and no date gets into a chunk."""
    assert _encoded(70, picture) == _encoded(70, picture)


def test_a_chunk_is_a_complete_webm_file(picture):
    """Frame i is shown from i/10 s, and the header states the whole duration."""
    chunk = next(c for c in _encoded(50, picture) if len(c.frame_indexes) == 32)
    with av.open(io.BytesIO(chunk.data)) as container:
        assert container.format.name == "matroska,webm"
        assert container.duration == 3_200_000
        stream = container.streams.video[0]
        assert stream.codec_context.name == "vp9"
        times = [float(frame.pts * stream.time_base) for frame in container.decode(stream)]
    assert times == pytest.approx([i / 10 for i in range(32)])


def test_nothing_added_nothing_delivered(picture):
    """An empty video has no chunks."""
    assert _encoded(0, picture) == []


@pytest.mark.parametrize("data", [b"", b"\x1a\x45\xdf\xa3", b"nothing of the kind" * 20])
def test_other_bytes_are_refused(data):
    """What is no WebM file raises an error that names the cause."""
    with pytest.raises(NotAVideoError):
        decode_chunk(data)
