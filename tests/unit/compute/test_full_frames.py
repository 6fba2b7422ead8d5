"""Sampled frames: read once, stored in order of time, and one strange frame is survived."""

import numpy as np
import pytest

from captionacc.compute.contracts import Job
from captionacc.compute.full_frames import FullFrames
from captionacc.compute.workspace import Workspace
from captionacc.errors import InternalError, MissingDependencyError
from captionacc.media.images import decode_jpeg
from captionacc.media.sampling import SampledFrame
from captionacc.model.geometry import OcrBox
from captionacc.storage.local import LocalFolderStore
from captionacc.storage.location import StoreLocation


class EngineWithTemper:
    """Reads the mean grey of a picture; fails on black ones."""

    def read(self, image):
        """One box whose text is the grey."""
        if not image.any():
            raise RuntimeError("I do not like black")
        return (OcrBox(str(round(image.mean() / 10) * 10), 1.0, 0.1, 0.8, 0.9, 0.9),)


def sample(pts_s, grey):
    """A sampled frame of one grey."""
    return SampledFrame(0, pts_s, np.full((40, 400, 3), grey, np.uint8))


@pytest.fixture
def frames(tmp_path):
    """An empty collection over a store and a scratch folder."""
    job = Job(job_key="k", store=StoreLocation(path=tmp_path), tenant_id="t", video_id="v")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    space = Workspace(job, LocalFolderStore(tmp_path / "store"), scratch)
    return FullFrames(space, EngineWithTemper())


def test_frames_come_out_in_order_of_time(frames):
    """Frames read later in between get their place in time, and their pictures with them."""
    for pts_s, grey in ((10.0, 100), (30.0, 200), (20.0, 150)):
        frames.add(sample(pts_s, grey))
    assert [(f.frame_index, f.pts_s, f.boxes[0].text) for f in frames.read] == [
        (0, 10.0, "100"),
        (1, 20.0, "150"),
        (2, 30.0, "200"),
    ]
    frames.store()
    store, keys = frames.space.store, frames.space.keys
    assert decode_jpeg(store.get(keys.full_frame(1))).mean() == pytest.approx(150, abs=2)
    assert decode_jpeg(store.get(keys.thumbnail(2))).shape == (16, 160, 3)
    assert list(frames.space.scratch.iterdir()) == []


def test_same_frame_is_read_once(frames):
    """Two samples that fall on one frame are one."""
    frames.add(sample(10.0, 100))
    frames.add(sample(10.0, 200))
    assert len(frames.read) == 1


def test_one_failing_frame_is_counted(frames):
    """A frame that the engine fails on counts as empty."""
    for pts_s, grey in ((1.0, 0), (2.0, 100), (3.0, 0), (4.0, 0)):
        frames.add(sample(pts_s, grey))
    assert frames.failed_count == 3
    assert [len(frame.boxes) for frame in frames.read] == [0, 1, 0, 0]


def test_engine_that_always_fails_is_seen(frames):
    """An engine that fails on every frame is an error, not a video without captions."""
    frames.add(sample(1.0, 0))
    frames.add(sample(2.0, 0))
    with pytest.raises(InternalError, match="I do not like black"):
        frames.add(sample(3.0, 0))


def test_own_errors_pass(frames, monkeypatch):
    """An error of ours, such as a missing model, ends the work at once."""

    def missing(_image):
        raise MissingDependencyError("no model")

    monkeypatch.setattr(EngineWithTemper, "read", staticmethod(missing))
    with pytest.raises(MissingDependencyError):
        frames.add(sample(1.0, 100))
