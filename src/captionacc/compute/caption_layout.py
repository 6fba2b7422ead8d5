"""The layout that belongs to a crop region, from what the sampled frames said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from captionacc.databases.layout import read_config
from captionacc.databases.ocr_server import read_ocr_server
from captionacc.errors import InternalError
from captionacc.layout.analysis import analyze_layout

if TYPE_CHECKING:
    from collections.abc import Callable

    from captionacc.compute.workspace import Workspace
    from captionacc.model.geometry import CropRegion, OcrBox
    from captionacc.model.layout import CaptionLayout, Overlay

_COVERED: Final = 0.7
"""Text of which so much lies on an overlay is the overlay's."""


def layout_within(space: Workspace, region: CropRegion) -> CaptionLayout:
    """Anchor, line height and overlays inside ``region``, whoever chose it.

    Raises:
        ObjectNotFoundError: the video's frames have not been extracted.
    """
    keys = space.keys
    with space.database(keys.ocr_server_db) as path:
        frames = read_ocr_server(path)
    with space.database(keys.layout_db) as path:
        config = read_config(path)
    found = analyze_layout(frames, config.frame_width, config.frame_height, region).layout
    if found is None:
        raise InternalError(f"No layout was made for the crop region {region}.")
    return found


def is_no_overlay(layout: CaptionLayout) -> Callable[[OcrBox], bool]:
    """Tells of a box, normalised in the crop, whether it is other than lasting text."""
    region = layout.crop_region

    def judge(box: OcrBox) -> bool:
        return all(_share_on(overlay, box, region) < _COVERED for overlay in layout.overlays)

    return judge


def _share_on(overlay: Overlay, box: OcrBox, region: CropRegion) -> float:
    """The share of ``box`` (in the crop) that ``overlay`` (in the frame) covers."""
    x_scale, y_scale = region.right - region.left, region.bottom - region.top
    left, right = (region.left + edge * x_scale for edge in (box.left, box.right))
    top, bottom = (region.top + edge * y_scale for edge in (box.top, box.bottom))
    width = min(right, overlay.right) - max(left, overlay.left)
    height = min(bottom, overlay.bottom) - max(top, overlay.top)
    area = (right - left) * (bottom - top)
    return max(width, 0.0) * max(height, 0.0) / area if area > 0 else 0.0
