"""Several videos, one after the other, in one warm pool: a failing one does not stop the rest."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from captionacc.captions.formats import FORMATS, export
from captionacc.cli.display import make_display
from captionacc.cli.log import describe_failure, open_log
from captionacc.cli.outputs import STDOUT, resolve_outputs
from captionacc.cli.recipe import ProcessRequest, process_video
from captionacc.cli.report import print_report
from captionacc.cli.workfolder import (
    open_kept_folder,
    open_work_folder,
    remove_stale,
    video_identity,
)
from captionacc.compute.backends.local import LocalBackend
from captionacc.compute.backends.process import WorkerOptions
from captionacc.compute.contracts import OcrOptions
from captionacc.errors import CancelledError, CaptionAccError, TransientError, UsageError
from captionacc.model.geometry import CropRegion
from captionacc.settings import Settings, get_settings

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from captionacc.cli.display import Display
    from captionacc.cli.outputs import Output
    from captionacc.cli.recipe import ProcessedVideo
    from captionacc.cli.workfolder import WorkFolder
    from captionacc.compute.backends.base import ComputeBackend

NO_CAPTIONS_EXIT_CODE: Final = 4
INTERRUPTED_EXIT_CODE: Final = 130


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """What the command line said; ``None`` where it said nothing."""

    videos: tuple[Path, ...]
    out: Path | None = None
    format_name: str | None = None
    crop: str | None = None
    keep: Path | None = None
    engine: str | None = None
    language: str | None = None
    threads: int | None = None
    as_json: bool = False
    is_quiet: bool = False
    is_debug: bool = False


def process_batch(options: BatchOptions) -> int:
    """Process all videos; returns the exit code: of the first failure, else 4, else 0.

    Raises:
        UsageError: the options contradict each other or cannot work for any video.
    """
    settings = get_settings()
    batch = Batch(options, settings)
    remove_stale(settings.work_dir)
    with make_display(quiet=options.is_quiet) as display:
        try:
            with LocalBackend(options=worker_options(settings)) as backend:
                codes = [batch.run(index, backend, display) for index in range(len(batch))]
        except (KeyboardInterrupt, CancelledError):
            display.say("Interrupted. Run the same command again to resume.")
            return INTERRUPTED_EXIT_CODE
    failures = [code for code in codes if code not in (0, NO_CAPTIONS_EXIT_CODE)]
    return failures[0] if failures else max(codes)


def worker_options(settings: Settings) -> WorkerOptions:
    """How compute processes run under these settings."""
    return WorkerOptions(memory_limit_mb=settings.worker_memory_mb, log_path=open_log())


class Batch:
    """The videos with their outputs and what they have in common."""

    def __init__(self, options: BatchOptions, settings: Settings) -> None:
        self._options = options
        self._settings = settings
        self._format = _format_name(options)
        self._region = None if options.crop is None else CropRegion.parse(options.crop)
        self._outputs = resolve_outputs(options.videos, options.out, self._format)
        if options.as_json and options.out == STDOUT:
            raise UsageError("--json and -o - would both use stdout.", "Name a file with -o.")

    def __len__(self) -> int:
        return len(self._outputs)

    def run(self, index: int, backend: ComputeBackend, display: Display) -> int:
        """Process one video and tell the person what came of it; returns its exit code."""
        video, output = self._options.videos[index], self._outputs[index]
        try:
            result = self._process(video, output, backend, display)
        except CancelledError:
            raise
        except CaptionAccError as error:
            if self._options.is_debug:
                traceback.print_exception(error)
            for line in describe_failure(error):
                display.say(line)
            return error.exit_code
        return self._conclude(result, output, display)

    def _process(
        self, video: Path, output: Output, backend: ComputeBackend, display: Display
    ) -> ProcessedVideo:
        request = self._request(video)
        output.check()
        with self._folder(request) as folder, _tidy(folder, is_kept=self._options.keep is not None):
            result = _watch(request, folder, backend, display)
            output.write(export(result.captions, self._format, result.probe, result.crop_region))
        return result

    def _request(self, video: Path) -> ProcessRequest:
        options, settings = self._options, self._settings
        ocr = OcrOptions.model_validate(
            {
                "engine": options.engine or settings.ocr_engine,
                "runtime": settings.ocr_runtime,
                "device": settings.device,
                "language": options.language or settings.language,
                "tessdata_dir": settings.tessdata_dir,
                "threads": options.threads or settings.threads,
            }
        )
        identity = video_identity(video)
        return ProcessRequest(video, identity, self._region, ocr, settings.layout_interval_s)

    def _folder(self, request: ProcessRequest) -> AbstractContextManager[WorkFolder]:
        if self._options.keep is not None:
            return open_kept_folder(self._options.keep)
        return open_work_folder(self._settings.work_dir, request.name)

    def _conclude(self, result: ProcessedVideo, output: Output, display: Display) -> int:
        for warning in result.warnings:
            display.say(f"Warning: {warning}")
        if self._options.as_json:
            print_report(result, output, self._options.keep)
        if not result.captions:
            display.say(_why_none(result))
            return NO_CAPTIONS_EXIT_CODE
        speed = f"{result.realtime_factor:.1f}x real time"
        if not self._options.is_quiet:
            place = "stdout" if output.is_stdout else output.path
            display.say(f"{place}: {len(result.captions)} captions, {speed}")
        return 0


def _watch(
    request: ProcessRequest, folder: WorkFolder, backend: ComputeBackend, display: Display
) -> ProcessedVideo:
    """Process a video under the eyes of the person."""
    display.start(request.video.name)
    try:
        return process_video(request, folder.path, backend, display)
    finally:
        display.finish()


@contextmanager
def _tidy(folder: WorkFolder, *, is_kept: bool) -> Generator[None]:
    """Remove the folder unless it is to be kept or a later run can go on from it."""
    try:
        yield
    except (TransientError, CancelledError, KeyboardInterrupt):
        raise  # finished stages are worth keeping
    except BaseException:
        if not is_kept:
            folder.remove()
        raise
    if not is_kept:
        folder.remove()


def _format_name(options: BatchOptions) -> str:
    if options.format_name is not None:
        return options.format_name
    suffix = "" if options.out is None else options.out.suffix.removeprefix(".").lower()
    return suffix if suffix in FORMATS else "srt"


def _why_none(result: ProcessedVideo) -> str:
    if result.crop_region is None:
        return (
            "No captions were found in the sampled frames. If there are some, say where with"
            " --crop L,T,R,B, or try another --engine and --language."
        )
    return (
        "No caption was found in the crop region. Try another --crop L,T,R,B, or another --engine"
        " and --language."
    )
