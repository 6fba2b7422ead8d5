"""The layout that belongs to a crop region, from what the sampled frames said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captionacc.databases.layout import read_config
from captionacc.databases.ocr_server import read_ocr_server
from captionacc.errors import InternalError
from captionacc.layout.analysis import analyze_layout

if TYPE_CHECKING:
    from captionacc.compute.workspace import Workspace
    from captionacc.model.geometry import CropRegion
    from captionacc.model.layout import CaptionLayout


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
