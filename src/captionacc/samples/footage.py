"""A reel: real footage cut, mirrored, panned, zoomed, slowed and brightened into new shots."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import av
import cv2
import numpy as np

from captionacc.samples.assets import footage_path
from captionacc.samples.canvas import Frame, Plane
from captionacc.samples.spec import ClipSpec, FootageCut, Look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer

Planes: TypeAlias = tuple[Plane, Plane, Plane]
_FOOTAGE_FPS = 25.0


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot of the reel.

    Attributes:
        cut: The frames it shows, forwards and backwards in turn.
        duration_s: How long it lasts.
        speed: Footage frames per frame of 1/25 s; 0 holds one frame.
        mirrored: Whether left and right are swapped.
        begin: Centre x, centre y and zoom (>= 1) of the view at the start of the shot.
        finish: The same at its end.
        gain: Contrast about white (``lift`` > 0) or black.
        lift: 0-255 added after the gain.
    """

    cut: FootageCut
    duration_s: float
    speed: float
    mirrored: bool
    begin: tuple[float, float, float]
    finish: tuple[float, float, float]
    gain: float
    lift: float


def plan_shots(spec: ClipSpec) -> list[Shot]:
    """Shots that together last at least ``spec.duration_s``; the same for the same seed."""
    rng = random.Random(f"shots:{spec.seed}")  # noqa: S311 - reproducible, nothing secret
    shots: list[Shot] = []
    order: list[FootageCut] = []
    total_s = 0.0
    while total_s < spec.duration_s:
        order = order or rng.sample(spec.footage, len(spec.footage))
        shots.append(_random_shot(rng, order.pop(), spec.look))
        total_s += shots[-1].duration_s
    return shots


class Reel:
    """The moving background of a clip, frame by frame, in presentation order."""

    def __init__(self, spec: ClipSpec) -> None:
        self._shots = plan_shots(spec)
        self._footage = {name: _load(name) for name in {cut.footage for cut in spec.footage}}
        self._index = 0
        self._shot_start_s = 0.0

    def draw(self, frame: Frame, time_s: float) -> None:
        """Fill ``frame`` with what the reel shows at ``time_s``; times must not decrease."""
        shot = self._shots[self._index]
        while time_s >= self._shot_start_s + shot.duration_s and self._index + 1 < len(self._shots):
            self._shot_start_s += shot.duration_s
            self._index += 1
            shot = self._shots[self._index]
        since_s = time_s - self._shot_start_s
        source = self._footage[shot.cut.footage][_bounce(shot, since_s)]
        _project(source, frame, shot, min(since_s / shot.duration_s, 1.0))


def _random_shot(rng: random.Random, cut: FootageCut, look: Look) -> Shot:
    moving = rng.random() < 0.75  # noqa: PLR2004 - a quarter of the shots hold still
    begin = (rng.uniform(0.35, 0.65), rng.uniform(0.35, 0.65), rng.uniform(1.0, 1.8))
    drift = 0.25 if moving else 0.0
    finish = (
        begin[0] + rng.uniform(-drift, drift),
        begin[1] + rng.uniform(-drift, drift),
        max(1.0, begin[2] * (1 + rng.uniform(-drift, drift))),
    )
    gain, lift = _exposure(rng, look)
    speed = rng.choice((0.5, 0.8, 1.0, 1.4)) if moving or rng.random() < 0.5 else 0.0  # noqa: PLR2004 - half of those play
    duration_s = rng.uniform(2.0, 6.5)
    return Shot(cut, duration_s, speed, rng.random() < 0.5, begin, finish, gain, lift)  # noqa: PLR2004 - a coin


def _exposure(rng: random.Random, look: Look) -> tuple[float, float]:
    chosen = rng.choice((Look.NATURAL, Look.BRIGHT, Look.DARK)) if look is Look.MIXED else look
    if chosen is Look.BRIGHT:
        gain = rng.uniform(0.35, 0.55)
        return gain, 235.0 * (1 - gain)
    if chosen is Look.DARK:
        return rng.uniform(0.3, 0.5), 8.0
    return rng.uniform(0.85, 1.1), 0.0


def _bounce(shot: Shot, since_s: float) -> int:
    length = shot.cut.last - shot.cut.first
    step = int(since_s * _FOOTAGE_FPS * shot.speed) % max(2 * length - 2, 1)
    return shot.cut.first + (step if step < length else 2 * length - 2 - step)


def _project(source: Planes, frame: Frame, shot: Shot, progress: float) -> None:
    height, width = source[0].shape
    x, y, zoom = (a + (b - a) * progress for a, b in zip(shot.begin, shot.finish, strict=True))
    scale = zoom * max(frame.width / width, frame.height / height)
    visible = (frame.width / scale / width, frame.height / scale / height)
    centre = (_inside(x, visible[0]) * width, _inside(y, visible[1]) * height)
    for level, (plane, target) in enumerate(zip(source, frame.planes, strict=True)):
        ratio = 2 if level else 1
        sign = -1 if shot.mirrored else 1
        move = np.array(
            [
                [sign * scale, 0, (frame.width / 2 - sign * scale * centre[0]) / ratio],
                [0, scale, (frame.height / 2 - scale * centre[1]) / ratio],
            ],
            np.float32,
        )
        size = (target.shape[1], target.shape[0])
        cv2.warpAffine(plane, move, size, target, borderMode=cv2.BORDER_REPLICATE)
    _expose(frame, shot)


def _expose(frame: Frame, shot: Shot) -> None:
    cv2.convertScaleAbs(frame.y, frame.y, shot.gain, shot.lift)
    for chroma in (frame.u, frame.v):
        gain = min(shot.gain + 0.15, 1.0)
        cv2.convertScaleAbs(chroma, chroma, gain, 128 * (1 - gain))


def _inside(centre: float, visible: float) -> float:
    half = min(visible / 2, 0.5)
    return min(max(centre, half), 1 - half)


def _load(name: str) -> list[Planes]:
    with av.open(str(footage_path(name))) as container:
        return list(_planes(container))


def _planes(container: InputContainer) -> Iterator[Planes]:
    for frame in container.decode(container.streams.video[0]):
        flat = frame.to_ndarray(format="yuv420p").reshape(-1)
        canvas = Frame(frame.width, frame.height)
        canvas.buffer[:] = flat
        yield canvas.planes
