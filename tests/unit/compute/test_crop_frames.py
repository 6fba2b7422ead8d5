"""Crop frames on their way into the store and back."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from captionacc.compute.crop_frames import (
    CropFrameReader,
    CropFrameWriter,
    level_index,
    level_ordinal,
)
from captionacc.errors import DiskFullError, StoreError
from captionacc.model.ids import TenantId, VideoId
from captionacc.storage.keys import VideoKeys, modulo_level
from captionacc.storage.local import LocalFolderStore

KEYS = VideoKeys(TenantId("t"), VideoId("v"))
HEIGHT, WIDTH = 16, 32


def grey(level):
    """An I420 frame of one grey."""
    frame = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    frame[:HEIGHT] = level
    return frame


@given(st.integers(0, 10**9))
def test_ordinal_and_index_are_inverse(index):
    """Each crop frame has one place in its level."""
    level = modulo_level(index)
    assert level_index(level, level_ordinal(index)) == index


def test_ordinals_count_up_in_each_level():
    """The frames of a level are numbered without holes."""
    for level in (16, 4, 1):
        members = [index for index in range(2000) if modulo_level(index) == level]
        assert [level_ordinal(index) for index in members] == list(range(len(members)))


def test_every_frame_comes_back(tmp_path):
    """Frames are found again by their index, across levels and chunks."""
    store = LocalFolderStore(tmp_path)
    levels = {index: 16 + index % 200 for index in range(150)}
    with CropFrameWriter(store, KEYS, 1) as writer:
        for index, level in levels.items():
            writer.add(index, grey(level))
        writer.finish()
    reader = CropFrameReader(store, KEYS, 1)
    for index in (0, 1, 4, 16, 47, 48, 99, 128, 149):
        wanted = (levels[index] - 16) * 255 / 219
        assert abs(float(reader.frame(index).mean()) - wanted) < 4


def test_failure_of_the_store_reaches_the_caller(tmp_path):
    """An error in the encoder's thread is raised where frames are added, and the thread ends."""

    class FullStore(LocalFolderStore):
        def put(self, key, data):
            raise DiskFullError(f"no room for {len(data)} bytes of {key}")

    def write():
        with CropFrameWriter(FullStore(tmp_path), KEYS, 1) as writer:
            for index in range(5000):
                writer.add(index, grey(100))
            writer.finish()

    before = threading.active_count()
    with pytest.raises(DiskFullError):
        write()
    assert threading.active_count() == before


def test_abandoned_writer_ends_its_thread(tmp_path):
    """When the caller fails half-way, the thread ends without storing what is unfinished."""
    store = LocalFolderStore(tmp_path)

    def write():
        with CropFrameWriter(store, KEYS, 1) as writer:
            writer.add(0, grey(100))
            raise ZeroDivisionError

    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        write()
    assert threading.active_count() == before
    assert store.list() == ()


def test_damaged_manifest_is_told(tmp_path):
    """A manifest that is none is an error of the store."""
    store = LocalFolderStore(tmp_path)
    store.put(KEYS.crop_manifest(1), b"{}")
    with pytest.raises(StoreError, match="damaged"):
        CropFrameReader(store, KEYS, 1).manifest()
