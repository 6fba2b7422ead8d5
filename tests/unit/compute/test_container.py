"""The side of a remote call that runs in a container."""

import pytest

from captionacc.compute.backends.container import MOST_STARTS, serve
from captionacc.compute.backends.gpu_functions import EXTRACT
from captionacc.compute.backends.remote_wire import (
    CallNote,
    outcome_of,
    read_reply,
    request_for,
)
from captionacc.compute.contracts import ExtractJob, ExtractResult, OcrOptions
from captionacc.errors import MissingDependencyError, NotAVideoError, WorkerLostError
from captionacc.model.results import VideoProbe
from captionacc.settings import get_settings
from captionacc.storage.location import StoreLocation

PROBE = VideoProbe(640, 360, 10.0, 25.0, "h264", 1000, 0, has_vfr=False)
RESULT = ExtractResult(
    keys=("k",),
    seconds={},
    frame_count=1,
    ocr_box_count=0,
    failed_ocr_count=0,
    probe=PROBE,
    crop_region=None,
)


class Notes(dict):
    """Keeps the notes in this process."""

    def put(self, key, value):
        """Keep one."""
        self[key] = value


class BrokenNotes:
    """Cannot be reached."""

    def get(self, key):
        """Fail."""
        raise ConnectionError(key)

    def put(self, key, value):
        """Fail."""
        raise ConnectionError(key, value)


@pytest.fixture
def request_text(tmp_path):
    """Asks for a job of somebody with one core and no GPU."""
    return request_for(
        ExtractJob(
            job_key="k",
            store=StoreLocation(path=tmp_path),
            tenant_id="t",
            video_id="v",
            ocr=OcrOptions(threads=1, device="cpu"),
        )
    )


def test_container_uses_its_own_cores_and_device(request_text, monkeypatch):
    """What the machine of the one who asks has says nothing about the container."""
    monkeypatch.setenv("CAPTIONACC_DEVICE", "cuda")
    get_settings.cache_clear()
    seen = []

    def run(job, _progress):
        seen.append((job.ocr.threads, job.ocr.device))
        return RESULT

    reply = read_reply(serve(request_text, None, Notes(), run))
    get_settings.cache_clear()
    assert outcome_of(reply) == RESULT
    assert seen == [(EXTRACT.cores, "cuda")]


def test_note_tells_what_all_containers_have_spent(request_text):
    """A call that is begun again counts on from its earlier containers."""
    notes = Notes(c=CallNote(function=EXTRACT.name, seconds=100.0).model_dump_json())
    reply = read_reply(serve(request_text, "c", notes, lambda *_: RESULT))
    assert reply.seconds > 100
    noted = CallNote.model_validate_json(notes["c"])
    assert noted.starts == 2
    assert noted.seconds > 100


def test_call_that_loses_its_containers_is_given_up(request_text):
    """The cloud would start it for ever: after the fourth time it is not run again."""
    notes = Notes(c=CallNote(function=EXTRACT.name, starts=MOST_STARTS).model_dump_json())

    def never(*_):
        raise AssertionError("run again")

    with pytest.raises(WorkerLostError, match="4 times"):
        outcome_of(read_reply(serve(request_text, "c", notes, never)))


def test_work_is_done_though_nothing_can_be_noted(request_text):
    """Progress is no reason to fail."""
    assert outcome_of(read_reply(serve(request_text, "c", BrokenNotes(), lambda *_: RESULT)))


def test_what_is_no_request_is_refused():
    """A text of another version is an error that says what to do."""
    with pytest.raises(MissingDependencyError, match="versions"):
        outcome_of(read_reply(serve("{}", None, Notes())))


def test_error_is_part_of_the_reply(request_text):
    """The function itself never raises."""

    def run(*_):
        raise NotAVideoError("These bytes are no video.", "Give a video.")

    with pytest.raises(NotAVideoError, match="no video"):
        outcome_of(read_reply(serve(request_text, None, Notes(), run)))
