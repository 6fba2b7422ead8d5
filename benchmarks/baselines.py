"""What other tools do, implemented here, given the caption band by hand.

``ocr_5hz`` recognises the band five times a second and merges neighbours whose texts are alike.
``frame_skip`` looks at every second frame, recognises those that are unlike the last one
recognised (structural similarity), and merges the same way. Both use rapidocr's own pipeline with
its fastest settings that lose no text on caption strips.
``decode_encode`` recognises nothing: it decodes every frame and encodes the band at 10 Hz, which
is the least that any tool with our outputs must do.

Run as ``baselines.py NAME VIDEO TRUTH OUT`` each measures a whole process, start-up included.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, TypeAlias

import av
import cv2
import numpy as np
from rapidfuzz import fuzz
from rapidocr import RapidOCR

from cues import PredictedCue, read_truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Band: TypeAlias = tuple[int, int, int, int]
    Picture: TypeAlias = NDArray[np.uint8]

VERSION = 1
"""Raised whenever a baseline would predict something else."""

_ALIKE = 80
_MIN_CONFIDENCE = 0.6
_SAME_PICTURE = 0.92
_ROUNDING_S = 1e-6


@dataclass(frozen=True, slots=True)
class Reading:
    """Text on screen from one PTS to another, in seconds."""

    start_s: float
    end_s: float
    text: str
    confidence: float


def ocr_5hz(video: Path, band: Band) -> list[PredictedCue]:
    """OCR at 5 Hz and fuzzy merging."""
    read = _reader()
    times: list[float] = []
    found: list[tuple[str, float]] = []
    for time_s, frame in _sampled(video, 5):
        times.append(time_s)
        found.append(read(_crop(frame.to_ndarray(format="bgr24"), band)))
    return _merged(_readings([*times, times[-1] + 0.2], found))


def frame_skip(video: Path, band: Band) -> list[PredictedCue]:
    """OCR of every second frame that is unlike the last one recognised, and fuzzy merging."""
    read = _reader()
    times: list[float] = []
    found: list[tuple[str, float]] = []
    kept: Picture | None = None
    end_s = 0.0
    for number, frame in enumerate(_decoded(video)):
        end_s = frame.time
        if number % 2:
            continue
        grey = _crop(frame.to_ndarray(format="gray"), band)
        if kept is not None and _similarity(kept, grey) > _SAME_PICTURE:
            continue
        kept = grey
        times.append(frame.time)
        found.append(read(_crop(frame.to_ndarray(format="bgr24"), band)))
    return _merged(_readings([*times, end_s], found))


def decode_encode(video: Path, band: Band) -> list[PredictedCue]:
    """Decode all frames, encode the band at 10 Hz as VP9, recognise nothing."""
    _, _, width, height = band
    with TemporaryFile() as file, av.open(file, "w", format="webm") as container:
        options = {"deadline": "realtime", "cpu-used": "8", "crf": "32", "row-mt": "1"}
        stream: Any = container.add_stream("libvpx-vp9", rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = 0
        for index, (_, frame) in enumerate(_sampled(video, 10)):
            strip = _strip(frame, band)
            strip.pts, strip.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(strip))
        container.mux(stream.encode())
    return []


BASELINES: dict[str, Callable[[Path, Band], list[PredictedCue]]] = {
    "ocr_5hz": ocr_5hz,
    "frame_skip": frame_skip,
    "decode_encode": decode_encode,
}


def _decoded(video: Path) -> Iterator[Any]:
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        yield from container.decode(stream)


def _sampled(video: Path, rate_hz: int) -> Iterator[tuple[float, Any]]:
    """The frame that is shown at each multiple of ``1 / rate_hz`` seconds."""
    shown: Any = None
    number = 0
    last_s = 0.0
    for frame in _decoded(video):
        while shown is not None and frame.time > number / rate_hz + _ROUNDING_S:
            yield number / rate_hz, shown
            number += 1
        last_s = frame.time - shown.time if shown is not None else 1 / rate_hz
        shown = frame
    if shown is not None and number / rate_hz < shown.time + last_s - _ROUNDING_S:
        yield number / rate_hz, shown


def _crop(picture: Picture, band: Band) -> Picture:
    x, y, width, height = band
    return np.ascontiguousarray(picture[y : y + height, x : x + width])


def _strip(frame: av.VideoFrame, band: Band) -> av.VideoFrame:
    """The band of a 4:2:0 frame, without a conversion of the rest."""
    x, y, width, height = band
    cut = []
    for level, plane in enumerate(frame.planes):
        step = 2 if level else 1
        rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        cut.append(rows[y // step : (y + height) // step, x // step : (x + width) // step])
    flat = np.concatenate([part.reshape(-1) for part in cut])
    return av.VideoFrame.from_ndarray(flat.reshape(-1, width), format="yuv420p")


def _reader() -> Callable[[Picture], tuple[str, float]]:
    engine = RapidOCR(
        params={
            "Global.use_cls": False,
            "Global.log_level": "critical",
            "Det.limit_type": "max",
            "Det.limit_side_len": 960,
        }
    )

    def read(picture: Picture) -> tuple[str, float]:
        result: Any = engine(picture)
        if result.txts is None:
            return "", 0.0
        lines = sorted(
            (round(box[:, 1].mean() / 20), box[:, 0].min(), text, score)
            for box, text, score in zip(result.boxes, result.txts, result.scores, strict=True)
            if score >= _MIN_CONFIDENCE
        )
        return "\n".join(line[2] for line in lines), min((line[3] for line in lines), default=0.0)

    return read


def _similarity(first: Picture, second: Picture) -> float:
    """Mean structural similarity over 7 x 7 windows (Wang et al., 2004)."""
    a, b = first.astype(np.float32), second.astype(np.float32)
    mean_a, mean_b = cv2.blur(a, (7, 7)), cv2.blur(b, (7, 7))
    variance_a = cv2.blur(a * a, (7, 7)) - mean_a**2
    variance_b = cv2.blur(b * b, (7, 7)) - mean_b**2
    covariance = cv2.blur(a * b, (7, 7)) - mean_a * mean_b
    light = (2 * mean_a * mean_b + 6.5025) / (mean_a**2 + mean_b**2 + 6.5025)
    structure = (2 * covariance + 58.5225) / (variance_a + variance_b + 58.5225)
    return float((light * structure).mean())


def _readings(times: list[float], found: list[tuple[str, float]]) -> list[Reading]:
    return [
        Reading(times[index], times[index + 1], text, confidence)
        for index, (text, confidence) in enumerate(found)
        if text.strip()
    ]


def _merged(readings: list[Reading]) -> list[PredictedCue]:
    groups: list[list[Reading]] = []
    for reading in readings:
        last = groups[-1][-1] if groups else None
        touches = last is not None and reading.start_s - last.end_s < _ROUNDING_S
        if last and touches and fuzz.ratio(last.text, reading.text) >= _ALIKE:
            groups[-1].append(reading)
        else:
            groups.append([reading])
    return [PredictedCue(group[0].start_s, group[-1].end_s, _vote(group)) for group in groups]


def _vote(group: list[Reading]) -> str:
    votes: dict[str, float] = defaultdict(float)
    for reading in group:
        votes[reading.text] += reading.confidence * (reading.end_s - reading.start_s)
    return max(votes, key=lambda text: votes[text])


def main() -> None:
    """Run one baseline on one clip and write its captions as JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("name", choices=BASELINES)
    parser.add_argument("video", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    cues = BASELINES[options.name](options.video, read_truth(options.truth).crop)
    options.out.write_text(json.dumps([asdict(cue) for cue in cues], ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
