"""The app that is deployed to Modal, run here by Modal's own SDK."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import modal
import pytest

from captionacc.compute.backends.gpu_functions import GPU_FUNCTIONS
from captionacc.compute.backends.remote_wire import outcome_of, read_reply, request_for
from captionacc.compute.contracts import CropInferJob, ExtractJob, MedianOcrJob
from captionacc.errors import VideoNotFoundError
from captionacc.storage import VideoKeys

pytestmark = pytest.mark.usefixtures("bucket_settings")

APP = Path(__file__).parents[3] / "deploy" / "modal_app.py"
KEYS = VideoKeys("t1", "v1")


@pytest.fixture(scope="module")
def modal_app():
    """The file as `modal deploy` imports it."""
    spec = importlib.util.spec_from_file_location("modal_app", APP)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run(modal_app):
    """Has a function of the app run a job in this process, and returns the result."""

    def run_here(name, job):
        return outcome_of(read_reply(getattr(modal_app, name).local(request_for(job))))

    return run_here


def test_app_is_the_contract(modal_app):
    """The app holds the three functions under the names that the worker asks for."""
    functions = {
        name for name, value in vars(modal_app).items() if isinstance(value, modal.Function)
    }
    assert functions == {function.name for function in GPU_FUNCTIONS}


def test_app_is_deployed(modal_env):
    """`modal deploy` asks for the right machines, and an image of what is locked."""
    command = [Path(sys.executable).with_name("modal"), "deploy", str(APP)]
    env = os.environ | {"CAPTIONACC_ENVIRONMENT": "test", "CAPTIONACC_MEDIAN_OCR_LIMIT": "7"}
    told = subprocess.run(
        command, env=env, cwd=APP.parent.parent, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr
    for wanted in GPU_FUNCTIONS:
        made = modal_env.created[wanted.name]
        machine = made.resources
        assert machine.gpu_config.gpu_type == wanted.gpu
        assert (machine.milli_cpu, machine.memory_mb) == (wanted.cores * 1000, wanted.memory_mb)
        assert (made.timeout_secs, made.retry_policy.retries) == (wanted.timeout_s, 0)
        assert list(made.secret_ids) == ["st-captionacc-test"]
    assert modal_env.created["median_ocr"].autoscaler_settings.max_containers == 7
    files = [file.data for image in modal_env.images for file in image.context_files]
    assert (APP.parents[1] / "requirements" / "gpu.txt").read_bytes() in files
    steps = [step for image in modal_env.images for step in image.dockerfile_commands]
    assert any("--require-hashes" in step for step in steps)
    assert "ENV CAPTIONACC_DEVICE=cuda" in steps


@pytest.mark.slow
def test_functions_read_a_video(run, common, clip, s3):
    """Each function runs a job as a container would, one on the results of the other."""
    s3.put_file(KEYS.video, clip.video)
    found = run("extract_frames_and_ocr", ExtractJob(job_key="extract", **common))
    crop = CropInferJob(job_key="crop", crop_region=found.crop_region, **common)
    inferred = run("crop_and_infer", crop)
    extents = {str(number): extent for number, extent in enumerate(inferred.captions)}
    read = run("median_ocr", MedianOcrJob(job_key="median", captions=extents, **common))
    texts = [text.text for text in read.captions.values()]
    assert texts == ["Good morning.", "Where have you been?"]
    assert {KEYS.job(name) for name in ("extract", "crop", "median")} <= {
        info.key for info in s3.list()
    }


def test_failure_is_told(run, common):
    """What goes wrong in a container is the same error for whoever asked."""
    with pytest.raises(VideoNotFoundError, match="v1"):
        run("extract_frames_and_ocr", ExtractJob(job_key="extract", **common))
