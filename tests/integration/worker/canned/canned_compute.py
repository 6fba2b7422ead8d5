"""Compute functions that answer at once, or go wrong on purpose; run by real compute processes.

The file ``$CANNED/VIDEO_ID.json`` says what is different for a video:
``{"extract"|"infer"|"read": [behaviour of the first call, of the second, ...]}``. A behaviour is
``ok`` (also when the list is at its end), ``wait`` (until ``$CANNED/VIDEO_ID.go`` exists),
``transient``, ``bad_input``, ``bug``, ``unreadable:N`` (reading fails if the caption at second N is
among those to be read), or ``kill`` (the process that asked is killed when the result is stored).

``$CANNED/VIDEO_ID.calls`` gets a line ``STAGE TIME`` for each call that did not find its result.
"""

import json
import os
import signal
import time
from pathlib import Path

from captionacc.compute.contracts import (
    CaptionText,
    CropInferResult,
    ExtractResult,
    MedianOcrResult,
)
from captionacc.compute.progress import Phase
from captionacc.compute.workspace import run_once
from captionacc.databases.inference_results import InferenceRun, write_inference_results
from captionacc.databases.layout import LayoutConfig, write_layout
from captionacc.errors import CancelledError, NotAVideoError, StoreError
from captionacc.model.geometry import CropRegion
from captionacc.model.results import CaptionExtent, VideoProbe

FOLDER = Path(os.environ["CANNED"])
PROBE = VideoProbe(640, 360, 10.0, 25.0, "h264", 1000, 0, has_vfr=False)
REGION = CropRegion(0.1, 0.8, 0.9, 0.95)


def run_job(job, progress):
    """Behave as the video's file says, and answer."""
    stage = job.job_key.partition("-")[0]
    result_type, answer = {
        "extract": (ExtractResult, _extract),
        "infer": (CropInferResult, _infer),
        "read": (MedianOcrResult, _read),
    }[stage]
    behaviour = "ok"

    def compute(workspace):
        nonlocal behaviour
        behaviour = _next_behaviour(job, stage)
        _behave(behaviour, job, progress)
        return answer(job, workspace)

    result = run_once(job, result_type, compute)
    if behaviour == "kill":
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)  # its death ends us
    return result


def _next_behaviour(job, stage):
    calls = FOLDER / f"{job.video_id}.calls"
    with calls.open("a", encoding="utf-8") as file:
        file.write(f"{stage} {time.time()}\n")
    number = calls.read_text(encoding="utf-8").split().count(stage) - 1
    wanted = FOLDER / f"{job.video_id}.json"
    listed = json.loads(wanted.read_text(encoding="utf-8")) if wanted.exists() else {}
    return dict(enumerate(listed.get(stage, []))).get(number, "ok")


def _behave(behaviour, job, progress):
    progress.report(Phase.PROBE, 0.5)
    if behaviour == "wait":
        try:
            while not (FOLDER / f"{job.video_id}.go").exists():
                progress.report(Phase.PROBE, 0.5)
                time.sleep(0.02)
        except CancelledError:
            (FOLDER / f"{job.video_id}.ended").touch()
            raise
    elif behaviour == "transient":
        raise StoreError("The store does not answer.", "Wait.")
    elif behaviour == "bad_input":
        raise NotAVideoError("These bytes are no video.", "Give a video.")
    elif behaviour == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif behaviour == "bug":
        raise ZeroDivisionError("nobody expects this")
    elif behaviour.startswith("unreadable:") and any(
        extent.start_pts_s == int(behaviour[11:]) for extent in job.captions.values()
    ):
        raise ZeroDivisionError("this caption breaks the reader")
    elif behaviour.startswith("deadly:") and any(
        extent.start_pts_s == int(behaviour[7:]) for extent in job.captions.values()
    ):
        os.kill(os.getpid(), signal.SIGSEGV)


def _extract(_job, workspace):
    config = LayoutConfig(640, 360, REGION)
    workspace.put_database(workspace.keys.layout_db, lambda path: write_layout(path, config, ()))
    return ExtractResult(
        keys=(), seconds={}, frame_count=8, ocr_box_count=3, failed_ocr_count=0, probe=PROBE,
        crop_region=REGION,
    )  # fmt: skip


def _infer(job, workspace):
    """As many captions as there are percent left of the crop region; tests choose so."""
    count = round(job.crop_region.left * 100)
    extents = tuple(CaptionExtent(n * 10, n * 10 + 8, n, n + 0.8, 0.9) for n in range(count))
    run = InferenceRun(job.job_key, "canned", job.version, "", "")
    workspace.put_database(
        workspace.keys.inference_results_db(job.version),
        lambda path: write_inference_results(path, run, (), extents),
    )
    return CropInferResult(
        keys=(), seconds={}, version=job.version, frame_count=100, captions=extents, label_counts={}
    )


def _read(job, _workspace):
    texts = {
        caption_id: CaptionText(
            text=f"at {extent.start_pts_s:g} s", confidence=0.9, lines=(), frames_used=3
        )
        for caption_id, extent in job.captions.items()
    }
    return MedianOcrResult(keys=(), seconds={}, captions=texts)
