"""The three compute functions on Modal's GPUs.

``modal deploy deploy/modal_app.py`` builds the image from the project's own lock file and deploys
the app that the settings name; ``modal run deploy/modal_app.py::check`` has a container say what it
finds. What the functions compute is in ``captionacc.compute``; here is only where they run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import modal

from captionacc.compute.backends.container import serve
from captionacc.compute.backends.gpu_functions import CROP_AND_INFER, EXTRACT, MEDIAN_OCR
from captionacc.compute.backends.modal import notes_of
from captionacc.compute.backends.remote_wire import outcome_of, read_reply, request_for
from captionacc.compute.contracts import ExtractJob
from captionacc.errors import VideoNotFoundError
from captionacc.model.ids import TenantId, VideoId
from captionacc.settings import get_settings, variable_name
from captionacc.storage.location import default_location

if TYPE_CHECKING:
    from captionacc.compute.backends.gpu_functions import GpuFunction

_SETTINGS = get_settings()
_LOCK = Path(__file__).parent.parent / "requirements" / "gpu.txt"
_KEYS = [variable_name(name) for name in ("s3_access_key_id", "s3_secret_access_key")]
_HAS_MODELS = (
    "from captionacc.ocr.models import *;"
    "print(model_path(DETECTION_MODEL), model_path(RECOGNITION_MODEL))"
)
# A GPU that cannot be used is an error: it would be paid for, and the work done without it.
_CONTAINER = {
    variable_name("device"): "cuda",
    variable_name("modal_app"): _SETTINGS.modal_app,
    variable_name("cache_dir"): "/tmp/captionacc",  # noqa: S108  # the container is ours alone
}

image = (
    modal.Image.debian_slim(python_version="3.11")
    .pip_install_from_requirements(str(_LOCK), extra_options="--require-hashes --no-deps")
    .env(_CONTAINER)
    .add_local_python_source("captionacc", copy=True)
    .run_commands(f"PYTHONPATH=/root python -c '{_HAS_MODELS}'")  # they come with rapidocr
)
app = modal.App(_SETTINGS.modal_app)
secret = modal.Secret.from_name(_SETTINGS.modal_app, required_keys=_KEYS)
notes = notes_of(_SETTINGS.modal_app)


class _Deployment(TypedDict):
    """How Modal runs a function."""

    image: modal.Image
    secrets: list[modal.Secret]
    gpu: str
    cpu: float
    memory: int
    timeout: int
    scaledown_window: int
    max_containers: int
    retries: int


def _deployment(function: GpuFunction, at_once: int) -> _Deployment:
    """Failures are told to the worker, whose ledger counts attempts; Modal itself tries no more."""
    return _Deployment(
        image=image,
        secrets=[secret],
        gpu=function.gpu,
        cpu=function.cores,
        memory=function.memory_mb,
        timeout=function.timeout_s,
        scaledown_window=function.idle_s,
        max_containers=at_once,
        retries=0,
    )


@app.function(**_deployment(EXTRACT, _SETTINGS.initial_processing_limit))
def extract_frames_and_ocr(request: str) -> str:
    """Sample full frames, read them, and find the captions' place."""
    return serve(request, modal.current_function_call_id(), notes)


@app.function(**_deployment(CROP_AND_INFER, _SETTINGS.crop_and_infer_limit))
def crop_and_infer(request: str) -> str:
    """Store the caption band at 10 Hz and find the caption boundaries in it."""
    return serve(request, modal.current_function_call_id(), notes)


@app.function(**_deployment(MEDIAN_OCR, _SETTINGS.median_ocr_limit))
def median_ocr(request: str) -> str:
    """Read captions from the median of their crop frames."""
    return serve(request, modal.current_function_call_id(), notes)


@app.local_entrypoint()
def check() -> None:
    """Have a container look for a video that is not there: image, secret and store are right then.

    Raises:
        CaptionAccError: one of them is not.
    """
    nobody = ExtractJob(
        job_key="check",
        store=default_location(),
        tenant_id=TenantId("check"),
        video_id=VideoId("check"),
    )
    try:
        outcome_of(read_reply(extract_frames_and_ocr.remote(request_for(nobody))))
    except VideoNotFoundError:
        print("The container runs, and the store lets it look.")  # noqa: T201  # to a person
