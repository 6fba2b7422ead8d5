"""From one video file to its captions: three compute calls on a store in a work folder."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict, TypeVar

from captionacc.captions.flags import flag_captions
from captionacc.compute.contracts import (
    CropInferJob,
    CropInferResult,
    ExtractJob,
    ExtractResult,
    Job,
    JobResult,
    MedianOcrJob,
    MedianOcrResult,
    OcrOptions,
)
from captionacc.compute.job_keys import with_full_key
from captionacc.errors import InternalError, WorkerLostError
from captionacc.model.ids import CaptionId, TenantId, VideoId
from captionacc.model.results import Caption
from captionacc.storage.location import LocalFolder, StoreLocation

if TYPE_CHECKING:
    from pathlib import Path

    from captionacc.compute.backends.base import ComputeBackend
    from captionacc.compute.progress import Progress
    from captionacc.model.geometry import CropRegion
    from captionacc.model.results import VideoProbe

TENANT: TenantId = TenantId("local")

_Result = TypeVar("_Result", bound=JobResult)


@dataclass(frozen=True, slots=True)
class ProcessRequest:
    """One video and what the person asked for.

    Attributes:
        video: The file, read where it is.
        identity: Name for its content.
        crop_region: The captions' place, if given by hand.
        ocr: How text is read.
        interval_s: Seconds between the frames that the captions' place is found from.
    """

    video: Path
    identity: str
    crop_region: CropRegion | None = None
    ocr: OcrOptions = field(default_factory=OcrOptions)
    interval_s: float = 10.0

    @property
    def name(self) -> str:
        """Name for content and options together; the same request always has the same."""
        region = None if self.crop_region is None else self.crop_region.as_tuple()
        options = self.ocr.model_dump_json(exclude={"threads"})
        facts = f"{self.identity}\0{region}\0{options}\0{self.interval_s}"
        return hashlib.sha256(facts.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class ProcessedVideo:
    """What came out.

    Attributes:
        crop_region: The captions' place; ``None`` if the video shows none.
        captions: In order of time.
        stages: Seconds by stage.
        elapsed_s: Seconds from start to end; a resumed run counts only its own.
        warnings: Sentences for the person.
    """

    video: Path
    probe: VideoProbe
    crop_region: CropRegion | None
    captions: tuple[Caption, ...]
    stages: dict[str, float]
    elapsed_s: float
    warnings: tuple[str, ...]

    @property
    def realtime_factor(self) -> float:
        """Seconds of video for each second of work."""
        return self.probe.duration_s / max(self.elapsed_s, 1e-6)


def process_video(
    request: ProcessRequest, folder: Path, backend: ComputeBackend, progress: Progress
) -> ProcessedVideo:
    """Find and read the captions of a video.

    Stages that an earlier run finished in ``folder`` are not repeated. A stage whose process is
    lost is run once more.

    Args:
        request: The video and what the person asked for.
        folder: Where the store is, and with it all partial and final objects.
        backend: Where the compute functions run.
        progress: Receives the progress of all of them.

    Raises:
        CaptionAccError: whatever kept the video from being processed.
    """
    started = time.perf_counter()
    calls = _Calls(request, folder, backend, progress)
    extracted = calls.extract()
    region = request.crop_region or extracted.crop_region
    results: list[JobResult] = [extracted]
    captions: tuple[Caption, ...] = ()
    if region is not None:
        inferred = calls.infer(region)
        texts = calls.read(inferred)
        captions = _assemble(inferred, texts)
        results += [inferred, texts]
    said = [*calls.warnings, *(line for result in results for line in result.warnings)]
    return ProcessedVideo(
        video=request.video,
        probe=extracted.probe,
        crop_region=region,
        captions=captions,
        stages=_sum_seconds(results),
        elapsed_s=time.perf_counter() - started,
        warnings=tuple(dict.fromkeys(said)),
    )


class _Common(TypedDict):
    store: StoreLocation
    tenant_id: TenantId
    video_id: VideoId
    video_path: Path
    ocr: OcrOptions


class _Calls:
    """The three calls for one video, each under a key made of all that its result depends on."""

    def __init__(
        self,
        request: ProcessRequest,
        folder: Path,
        backend: ComputeBackend,
        progress: Progress,
    ) -> None:
        self.warnings: list[str] = []
        self._request = request
        self._common = _Common(
            store=StoreLocation(LocalFolder(path=folder)),
            tenant_id=TENANT,
            video_id=VideoId(request.name),
            video_path=request.video.absolute(),
            ocr=request.ocr,
        )
        self._backend = backend
        self._progress = progress

    def extract(self) -> ExtractResult:
        job = ExtractJob(
            job_key="extract",
            interval_s=self._request.interval_s,
            crop_region=self._request.crop_region,
            **self._common,
        )
        return self._run(job, ExtractResult)

    def infer(self, region: CropRegion) -> CropInferResult:
        job = CropInferJob(job_key="infer", crop_region=region, **self._common)
        return self._run(job, CropInferResult)

    def read(self, inferred: CropInferResult) -> MedianOcrResult:
        extents = {CaptionId(n): extent for n, extent in enumerate(inferred.captions)}
        job = MedianOcrJob(job_key="read", captions=extents, **self._common)
        return self._run(job, MedianOcrResult)

    def _run(self, job: Job, result_type: type[_Result]) -> _Result:
        named = with_full_key(job)
        try:
            result = self._call(named)
        except WorkerLostError as error:
            self.warnings.append(f"{error.message} The stage was run again.")
            result = self._call(named)
        if not isinstance(result, result_type):
            raise InternalError(f"The job {named.job_key} returned a {type(result).__name__}.")
        return result

    def _call(self, job: Job) -> JobResult:
        call_id = self._backend.submit(job)
        try:
            return self._backend.result(call_id, self._progress)
        except BaseException:
            self._backend.cancel(call_id)
            raise


def _assemble(inferred: CropInferResult, texts: MedianOcrResult) -> tuple[Caption, ...]:
    """The captions in which something is legible, flagged, in order of time."""
    read = [(extent, texts.captions[CaptionId(n)]) for n, extent in enumerate(inferred.captions)]
    captions = [
        Caption(
            start_s=extent.start_pts_s,
            end_s=extent.end_pts_s,
            text=one.text,
            confidence=one.confidence,
            lines=one.lines,
        )
        for extent, one in read
        if one.text.strip()
    ]
    return flag_captions(captions)


def _sum_seconds(results: list[JobResult]) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for result in results:
        for stage, spent in result.seconds.items():
            seconds[stage] = seconds.get(stage, 0.0) + spent
    return seconds
