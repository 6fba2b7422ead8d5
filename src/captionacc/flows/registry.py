"""The flows by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from captionacc.flows.crop_and_infer import crop_and_infer
from captionacc.flows.median_ocr import median_ocr
from captionacc.flows.video_initial_processing import video_initial_processing
from captionacc.model.runs import FlowName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prefect.flows import Flow

FLOWS: Final[Mapping[FlowName, Flow[..., Any]]] = {
    FlowName.VIDEO_INITIAL_PROCESSING: video_initial_processing,
    FlowName.CROP_AND_INFER: crop_and_infer,
    FlowName.MEDIAN_OCR: median_ocr,
}
