"""Rendering: reel, overlays and captions, frame by frame, into a video and its ground truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from captionacc.samples.canvas import Bitmap, Frame, blend
from captionacc.samples.footage import Reel
from captionacc.samples.lettering import caption_lines, draw_lines
from captionacc.samples.overlays import painter
from captionacc.samples.rotation import set_rotation
from captionacc.samples.schedule import Clock, Cue, plan_clock, plan_cues
from captionacc.samples.spec import ClipSpec, Edge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BAND_PADDING = 0.012


@dataclass(frozen=True, slots=True)
class RenderedClip:
    """A clip on disk.

    Attributes:
        video: The video file.
        truth: The JSON file beside it, see ``truth_of``.
    """

    video: Path
    truth: Path


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    cue: Cue
    bitmap: Bitmap
    x: int
    y: int
    lines: tuple[str, ...]


def render_clip(spec: ClipSpec, directory: Path) -> RenderedClip:
    """Render ``spec`` to ``directory``; an existing clip of that name is replaced.

    Memory does not grow with the length of the clip.

    Raises:
        MissingDependencyError: footage or fonts are not installed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    clip = RenderedClip(directory / f"{spec.name}.mp4", directory / f"{spec.name}.json")
    clock = plan_clock(spec)
    cues = plan_cues(spec, clock)
    _encode(spec, clock, _frames(spec, clock, cues), clip.video)
    if spec.rotation:
        width, height = _coded_size(spec)
        set_rotation(clip.video, spec.rotation, width, height)
    truth = json.dumps(truth_of(spec), ensure_ascii=False, indent=1)
    clip.truth.write_text(truth + "\n", encoding="utf-8")
    return clip


def truth_of(spec: ClipSpec) -> dict[str, Any]:
    """The ground truth of ``spec``, as it is written beside the video.

    ``fps`` is the (nominal) frame rate; ``crop`` the caption band ``[x, y, width, height]`` in
    display pixels; ``cues`` hold native frames ``[start, end)``, the text with its line breaks and
    ``boundary``, ``cut`` or ``fade``; ``pts_s`` is the PTS of every native frame in seconds.
    """
    clock = plan_clock(spec)
    placed = [_placed(spec, cue) for cue in plan_cues(spec, clock)]
    return {
        "fps": float(spec.fps),
        "crop": list(_band(spec, placed)),
        "cues": [
            {
                "start": item.cue.extent.start,
                "end": item.cue.extent.end,
                "text": "\n".join(item.lines),
                "boundary": "fade" if spec.fade_s else "cut",
            }
            for item in placed
        ],
        "pts_s": [round(clock.seconds(index), 6) for index in range(len(clock.ticks))],
    }


def _placed(spec: ClipSpec, cue: Cue) -> _Placed:
    lines = caption_lines(spec, cue.text)
    bitmap = draw_lines(lines, spec.style)
    margin = round(spec.margin * spec.height)
    top = margin if spec.edge is Edge.TOP else spec.height - margin - bitmap.height
    texts = tuple(line.text for line in lines)
    return _Placed(cue, bitmap, (spec.width - bitmap.width) // 2, top, texts)


def _band(spec: ClipSpec, placed: list[_Placed]) -> tuple[int, int, int, int]:
    if not placed:
        return 0, 0, spec.width, spec.height
    pad = _BAND_PADDING * spec.height
    top = max(int(min(item.y for item in placed) - pad) // 2 * 2, 0)
    bottom = min(int(max(item.y + item.bitmap.height for item in placed) + pad), spec.height)
    return 0, top, spec.width, (bottom - top) // 2 * 2


def _frames(spec: ClipSpec, clock: Clock, cues: list[Cue]) -> Iterator[Frame]:
    """The same frame object again and again, drawn anew for each PTS."""
    reel = Reel(spec)
    painters = [painter(spec, overlay) for overlay in spec.overlays]
    coming = iter(cues)
    cue = next(coming, None)
    placed: _Placed | None = None
    frame = Frame(spec.width, spec.height)
    for index in range(len(clock.ticks)):
        time_s = clock.seconds(index)
        reel.draw(frame, time_s)
        for paint in painters:
            paint(frame, time_s)
        if cue and index >= cue.extent.end:
            cue, placed = next(coming, None), None
        if cue and index >= cue.extent.start:
            placed = placed or _placed(spec, cue)
            opacity = _opacity(spec, clock, cue, index)
            blend(frame, placed.bitmap, placed.x, placed.y, opacity)
        yield frame


def _opacity(spec: ClipSpec, clock: Clock, cue: Cue, index: int) -> float:
    """1, or on the way there: the first and the last frame of a fading cue are faint."""
    if not spec.fade_s:
        return 1.0
    since_s = clock.seconds(index) - clock.seconds(cue.extent.start)
    until_s = clock.seconds(cue.extent.end) - clock.seconds(index)
    frame_s = float(1 / spec.fps)
    return min((since_s + frame_s) / spec.fade_s, until_s / spec.fade_s, 1.0)


def _coded_size(spec: ClipSpec) -> tuple[int, int]:
    turned = spec.rotation in {90, 270}
    return (spec.height, spec.width) if turned else (spec.width, spec.height)


def _encode(spec: ClipSpec, clock: Clock, frames: Iterator[Frame], path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(spec.codec, rate=spec.fps, options=_options(spec))
        if not isinstance(stream, av.VideoStream):
            raise TypeError(f"{spec.codec} is no video encoder")
        stream.width, stream.height = _coded_size(spec)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = clock.time_base
        stream.codec_context.gop_size = max(round(spec.keyframe_s * spec.fps), 1)
        if spec.bitrate:
            stream.bit_rate = spec.bitrate
        for tick, frame in zip(clock.ticks, frames, strict=True):
            picture = _picture(frame, spec.rotation)
            picture.pts = tick
            picture.time_base = clock.time_base
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def _options(spec: ClipSpec) -> dict[str, str]:
    options = {} if spec.bitrate else {"crf": str(spec.crf)}
    if spec.codec == "libx264":
        return options | {"preset": "superfast"}
    return options | {"deadline": "realtime", "cpu-used": "8"}


def _picture(frame: Frame, rotation: int) -> av.VideoFrame:
    if not rotation:
        planes = frame.buffer.reshape(frame.height * 3 // 2, frame.width)
        return av.VideoFrame.from_ndarray(planes, format="yuv420p")
    turned = [np.rot90(plane, rotation // 90) for plane in frame.planes]
    width = turned[0].shape[1]
    flat = np.concatenate([plane.reshape(-1) for plane in turned])
    return av.VideoFrame.from_ndarray(flat.reshape(-1, width), format="yuv420p")
