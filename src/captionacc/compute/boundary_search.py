"""The boundary model for one job: geometry from the layout, text models from the OCR options."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from captionacc.boundaries.finder import BoundaryFinder
from captionacc.compute.caption_layout import layout_within
from captionacc.compute.engines import session_options
from captionacc.ocr.detection import TextDetector
from captionacc.ocr.recognition import LineRecognizer

if TYPE_CHECKING:
    from captionacc.boundaries.finder import BoundaryModel
    from captionacc.compute.contracts import CropInferJob
    from captionacc.compute.workspace import Workspace
    from captionacc.model.results import VideoProbe


def boundary_model(job: CropInferJob, space: Workspace, facts: VideoProbe) -> BoundaryModel:
    """The model, ready for the first frame of the video that ``facts`` describe.

    Raises:
        ObjectNotFoundError: the video's frames have not been extracted.
        MissingDependencyError: the engine is not installed.
    """
    # Decoding and encoding keep the other cores busy meanwhile.
    options = replace(session_options(job.ocr), threads=1)
    return BoundaryFinder(
        detector=TextDetector(options),
        reader=LineRecognizer(options),
        layout=layout_within(space, job.crop_region),
        band=job.crop_region.to_pixels(facts.width, facts.height),
        frame_height=facts.height,
    )
