"""Idempotence by job key, and what a job finds around it."""

import pytest

from captionacc.compute.contracts import Job, JobResult
from captionacc.compute.workspace import run_once
from captionacc.errors import NotAVideoError, StoreError, VideoNotFoundError
from captionacc.model.ids import TenantId, VideoId
from captionacc.storage.keys import VideoKeys
from captionacc.storage.local import LocalFolderStore
from captionacc.storage.location import StoreLocation

KEYS = VideoKeys(TenantId("t"), VideoId("v"))


def job(tmp_path, **changes):
    """A job on a store in a temporary folder."""
    fields = {"job_key": "k", "store": StoreLocation(path=tmp_path)}
    return Job(**{**fields, "tenant_id": "t", "video_id": "v", **changes})


def result(word):
    """A result that can be told from others."""
    return JobResult(keys=(word,), seconds={"stage": 0.5})


def never(_space):
    """A computation that must not run."""
    raise AssertionError("computed again")


def test_second_call_returns_the_first_result(tmp_path):
    """A repeated call does no work and returns what the first one stored."""
    first = run_once(job(tmp_path), JobResult, lambda _space: result("first"))
    assert run_once(job(tmp_path), JobResult, never) == first


def test_other_key_is_computed(tmp_path):
    """Another key is other work."""
    run_once(job(tmp_path), JobResult, lambda _space: result("first"))
    other = run_once(job(tmp_path, job_key="k2"), JobResult, lambda _space: result("second"))
    assert other.keys == ("second",)


def test_failed_work_leaves_no_result_and_no_scratch(tmp_path):
    """After a failure nothing is stored, and the next call computes."""

    def fail(space):
        (space.scratch / "half").write_text("written")
        raise VideoNotFoundError("gone")

    with pytest.raises(VideoNotFoundError):
        run_once(job(tmp_path), JobResult, fail)
    assert list(tmp_path.iterdir()) == []
    assert run_once(job(tmp_path), JobResult, lambda _space: result("now")).keys == ("now",)


def test_failure_names_no_folder_of_ours(tmp_path):
    """What is wrong with an upload is told without the place of our copy of it."""

    def fail(space):
        raise NotAVideoError(f"{space.scratch / 'video.mp4'} is not readable.", "Play it.")

    with pytest.raises(NotAVideoError) as told:
        run_once(job(tmp_path), JobResult, fail)
    assert told.value.message == "The video is not readable."
    assert told.value.hint == "Play it."


def test_of_two_calls_at_once_both_get_the_stored_result(tmp_path):
    """When another call with the same key ends first, its result is returned by both."""

    def overtaken(_space):
        run_once(job(tmp_path), JobResult, lambda _inner: result("faster"))
        return result("slower")

    assert run_once(job(tmp_path), JobResult, overtaken).keys == ("faster",)


def test_damaged_manifest_is_told(tmp_path):
    """A stored result that cannot be read is an error, not a reason to return nonsense."""
    LocalFolderStore(tmp_path).put(KEYS.job("k"), b"{}")
    with pytest.raises(StoreError, match="damaged"):
        run_once(job(tmp_path), JobResult, never)


def test_video_is_read_where_it_is(tmp_path):
    """A local file is used as it is; else the store's upload, without a copy."""
    given = tmp_path / "given.mkv"
    seen = []
    run_once(
        job(tmp_path, video_path=given), JobResult,
        lambda space: seen.append(space.video()) or result("x"),
    )  # fmt: skip
    LocalFolderStore(tmp_path).put(KEYS.video, b"video")
    run_once(
        job(tmp_path, job_key="k2"), JobResult,
        lambda space: seen.append(space.video()) or result("x"),
    )  # fmt: skip
    assert seen == [given, tmp_path / KEYS.video]


def test_missing_upload_is_told(tmp_path):
    """Without local file and upload there is no video."""
    with pytest.raises(VideoNotFoundError, match="Upload it again"):
        run_once(job(tmp_path), JobResult, lambda space: space.video() and result("x"))
