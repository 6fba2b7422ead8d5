"""What goes into a compute function and what comes out; the same here and on any other machine.

A job names the store, keys and parameters; nothing else is needed to run it. Regions are
normalised 0-1 in the display-oriented full frame, times are PTS in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  # pydantic reads annotations at run time
from pathlib import Path  # noqa: TC003  # pydantic reads annotations at run time
from typing import Literal

from pydantic import BaseModel, Field

from captionacc.model.geometry import CropRegion, OcrBox  # noqa: TC001  # as above
from captionacc.model.ids import CaptionId, TenantId, VideoId  # noqa: TC001  # as above
from captionacc.model.layout import Anchor  # noqa: TC001  # as above
from captionacc.model.results import (  # noqa: TC001  # as above
    CaptionExtent,
    PairLabel,
    VideoProbe,
)
from captionacc.settings import Device, OcrEngineName, OcrRuntime  # noqa: TC001  # as above
from captionacc.storage.location import StoreLocation  # noqa: TC001  # as above


class _Contract(BaseModel, frozen=True, extra="forbid"):
    """Immutable, and strict about its fields."""


class OcrOptions(_Contract, frozen=True):
    """How text is read.

    Attributes:
        engine: Name of the OCR engine.
        runtime: What runs the default engine's models; ``auto`` takes the fastest installed.
        device: Where they run.
        language: ISO 639 code of the captions' language, if known.
        tessdata_dir: Folder with Tesseract's language data; the library's own default if unset.
        threads: Cores that decoding, encoding and OCR may use; 0 for all.
    """

    engine: OcrEngineName = "rapidocr"
    runtime: OcrRuntime = "auto"
    device: Device = "auto"
    language: str | None = None
    tessdata_dir: Path | None = None
    threads: int = Field(default=0, ge=0)


class Job(_Contract, frozen=True):
    """What every job holds.

    Attributes:
        job_key: Names this call; a second call with the same key returns the first one's result.
        store: Where inputs are read and outputs go.
        tenant_id: Owner of the video.
        video_id: The video.
        video_path: A file of this machine to read in place of the store's upload.
        ocr: How text is read.
    """

    job_key: str
    store: StoreLocation
    tenant_id: TenantId
    video_id: VideoId
    video_path: Path | None = None
    ocr: OcrOptions = OcrOptions()


class ExtractJob(Job, frozen=True):
    """Sample full frames, read them, and find the captions' place.

    Attributes:
        interval_s: Seconds between samples; short videos are sampled more densely.
        max_frames: At most so many samples, spread over the video; no limit if unset.
        crop_region: The captions' place as the person gave it: it is not searched for, and the
            frames are stored but not read.
    """

    interval_s: float = Field(default=10.0, gt=0)
    max_frames: int | None = Field(default=None, ge=1)
    crop_region: CropRegion | None = None


class CropInferJob(Job, frozen=True):
    """Store the caption band at 10 Hz and find the caption boundaries in it.

    Attributes:
        crop_region: The captions' place.
        version: Number of the crop-frames version to make, from 1.
    """

    crop_region: CropRegion
    version: int = Field(default=1, ge=1)


class MedianOcrJob(Job, frozen=True):
    """Read captions from the median of their crop frames.

    Attributes:
        version: The crop-frames version to read from.
        captions: Extent of each caption to read.
    """

    version: int = Field(default=1, ge=1)
    captions: Mapping[CaptionId, CaptionExtent]


class LabelledBox(_Contract, frozen=True):
    """A box of a sampled frame, and what a person says of it.

    Attributes:
        frame_index: The sampled frame.
        box_index: Its place in that frame's OCR.
        label: ``in`` a caption, ``out`` of all, or ``clear``: not to be decided.
    """

    frame_index: int
    box_index: int
    box: OcrBox
    label: Literal["in", "out", "clear"] | None


class RelabelJob(Job, frozen=True):
    """Find the captions' place anew in boxes that a person has labelled; nothing is stored.

    Attributes:
        width: Display width in pixels.
        height: Display height in pixels.
        duration_s: Of the video, over which the sampled frames are spread evenly.
        frame_count: How many frames were sampled.
        boxes: All boxes.
        crop_region: The captions' place if a person has moved it: it is kept then.
    """

    width: int = Field(ge=1)
    height: int = Field(ge=1)
    duration_s: float = Field(gt=0)
    frame_count: int = Field(ge=1)
    boxes: tuple[LabelledBox, ...]
    crop_region: CropRegion | None = None


class JobResult(_Contract, frozen=True):
    """What every result holds.

    Attributes:
        keys: Keys of the objects that were written, folders ending in ``/``.
        seconds: Time spent by stage.
        warnings: Sentences for the person, such as that the video ends early.
    """

    keys: tuple[str, ...]
    seconds: Mapping[str, float]
    warnings: tuple[str, ...] = ()


class ExtractResult(JobResult, frozen=True):
    """What the sampled frames say.

    Attributes:
        frame_count: Frames sampled.
        ocr_box_count: Lines of text found in them.
        failed_ocr_count: Frames that could not be read.
        probe: What the video is.
        crop_region: The captions' place; ``None`` if the video shows no captions.
    """

    frame_count: int
    ocr_box_count: int
    failed_ocr_count: int
    probe: VideoProbe
    crop_region: CropRegion | None


class CropInferResult(JobResult, frozen=True):
    """Where the captions begin and end.

    Attributes:
        version: The crop-frames version that was made.
        frame_count: Crop frames (10 Hz) in it.
        captions: The captions' extents in order, not overlapping.
        label_counts: How many pairs of neighbouring crop frames got each label.
    """

    version: int
    frame_count: int
    captions: tuple[CaptionExtent, ...]
    label_counts: Mapping[PairLabel, int]


class CaptionText(_Contract, frozen=True):
    """One caption as read.

    Attributes:
        text: Lines in reading order, joined by line breaks; empty if nothing is legible.
        confidence: The engine's own, 0-1, over all lines.
        lines: The lines with their boxes, normalised 0-1 in the crop.
        frames_used: Crop frames that the median was taken of.
    """

    text: str
    confidence: float
    lines: tuple[OcrBox, ...]
    frames_used: int


class MedianOcrResult(JobResult, frozen=True):
    """What the captions say."""

    captions: Mapping[CaptionId, CaptionText]


class RelabelResult(JobResult, frozen=True):
    """Where captions are by what a person says.

    Attributes:
        crop_region: ``None`` if there are none.
        boxes: For each box of the job whether it is a caption's, and the probability of that.
    """

    crop_region: CropRegion | None
    anchor: Anchor | None
    anchor_position: float | None
    boxes: tuple[tuple[Literal["in", "out"], float], ...]
