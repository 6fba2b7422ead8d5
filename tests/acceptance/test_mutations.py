"""Damaged videos through the same code as the command: it may fail, but only in good order."""

import random
import time
from collections import Counter

import av
import cv2
import numpy as np
import pytest

from captionacc.cli.batch import Batch, BatchOptions
from captionacc.cli.display import QuietDisplay
from captionacc.compute.backends.local import LocalBackend
from captionacc.compute.backends.process import WorkerOptions
from captionacc.settings import Settings

pytestmark = pytest.mark.slow

LIMIT_S = 120
CROP = "0,0.7,1,1"
FORMATS = {
    "mp4": ("mp4", "libx264", {}),
    "fragmented": ("mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"}),
    "mkv": ("mkv", "libx264", {}),
    "webm": ("webm", "libvpx-vp9", {}),
    "ts": ("ts", "mpeg2video", {}),
    "avi": ("avi", "mpeg4", {}),
}


def captioned(number):
    """A picture with a caption that changes half-way."""
    picture = np.full((180, 320, 3), 40, np.uint8)
    picture[:, :, 1] = np.roll(np.linspace(0, 120, 320, dtype=np.uint8), 3 * number)
    text = "good morning" if number < 15 else "where are you"
    cv2.putText(picture, text, (50, 165), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255, 255, 255), 2)
    return picture


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """The bytes of a small video in several containers and codecs, with the ending of its name."""
    folder = tmp_path_factory.mktemp("originals")
    contents = {}
    for name, (ending, codec, options) in FORMATS.items():
        path = folder / f"{name}.{ending}"
        with av.open(str(path), "w", options=options) as container:
            stream = container.add_stream(codec, rate=10)
            stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
            for number in range(30):
                frame = av.VideoFrame.from_ndarray(captioned(number), format="bgr24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        contents[name] = (ending, path.read_bytes())
    return contents


def flip_bits(data, rng):
    """Single bits anywhere, few or many."""
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 4, 30, 300))):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def flip_header(data, rng):
    """Bytes among the first and last few hundred, where containers keep their tables."""
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 12)):
        place = rng.randrange(min(600, len(damaged)))
        damaged[place if rng.random() < 0.5 else -1 - place] = rng.randrange(256)
    return bytes(damaged)


def truncate(data, rng):
    """The end is missing."""
    return data[: rng.randrange(1, len(data))]


def cut_out(data, rng):
    """A piece in the middle is missing."""
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randrange(1, 4000) :]


def blank(data, rng):
    """A piece is all zeros, as after a failed download."""
    start, length = rng.randrange(len(data)), rng.randrange(1, 4000)
    return data[:start] + bytes(length) + data[start + length :]


def splice(data, rng):
    """Boxes (else pieces) of the file are repeated, dropped, or change places."""
    pieces = _boxes(data)
    for _ in range(rng.randint(1, 3)):
        first, second = rng.randrange(len(pieces)), rng.randrange(len(pieces))
        action = rng.randrange(3)
        if action == 0:
            pieces.insert(second, pieces[first])
        elif action == 1 and len(pieces) > 1:
            del pieces[first]
        else:
            pieces[first], pieces[second] = pieces[second], pieces[first]
        pieces = pieces[:64]
    return b"".join(pieces)


def lie_about_size(data, rng):
    """A length field of a box says something else."""
    pieces = _boxes(data)
    chosen = rng.randrange(len(pieces))
    size = rng.choice((0, 1, 7, 8, 2**31 - 1, 2**32 - 1, rng.randrange(2**32)))
    pieces[chosen] = size.to_bytes(4, "big") + pieces[chosen][4:]
    return b"".join(pieces)


def _boxes(data):
    """The file in pieces: its boxes, those inside ``moov`` too; of equal length if it has none."""
    pieces, place = [], 0
    while place + 8 <= len(data):
        size, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        if kind in {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"}:
            size = 8
        if not (8 <= size <= len(data) - place and kind.isalnum()):
            break
        pieces.append(data[place : place + size])
        place += size
    rest = data[place:]
    step = max(len(rest) // 12, 1)
    return pieces + [rest[start : start + step] for start in range(0, len(rest), step)]


MUTATIONS = (flip_bits, flip_header, truncate, cut_out, blank, splice, lie_about_size)


def run_mutations(originals, folder, seeds):
    """Process one mutated file for each seed; returns how often each exit code came."""
    settings = Settings(cache_dir=folder / "cache", threads=1)
    settings.cache_dir.mkdir()
    codes, problems = [], []
    options = WorkerOptions(hang_timeout_s=LIMIT_S / 2, log_path=folder / "log")
    with LocalBackend(options=options) as backend:
        worker = None
        for seed in seeds:
            name, mutate, video = _mutated(originals, folder, seed)
            started = time.monotonic()
            batch = Batch(BatchOptions(videos=(video,), crop=CROP, is_quiet=True), settings)
            codes.append(batch.run(0, backend, QuietDisplay()))
            worker = worker or backend.worker_pids
            if time.monotonic() - started > LIMIT_S:
                problems.append(f"seed {seed}: {mutate} of {name} took too long")
            if codes[-1] not in {0, 3, 4}:
                problems.append(f"seed {seed}: {mutate} of {name} gave {codes[-1]}")
            if backend.worker_pids != worker:
                problems.append(f"seed {seed}: {mutate} of {name} cost the process")
                worker = None
            if left := _clear(folder, video, codes[-1]):
                problems.append(f"seed {seed}: {mutate} of {name} left {left}")
    assert problems == [], (folder / "log").read_text()[-8000:]
    return Counter(codes)


def _mutated(originals, folder, seed):
    rng = random.Random(seed)  # noqa: S311  # damage, not secrets
    name = sorted(originals)[seed % len(originals)]
    ending, data = originals[name]
    mutate = MUTATIONS[seed // len(originals) % len(MUTATIONS)]
    video = folder / f"mutated.{ending}"
    video.write_bytes(mutate(data, rng))
    return name, mutate.__name__, video


def _clear(folder, video, code):
    """Remove what may be there; returns what is there beside it, or missing."""
    subtitles = video.with_suffix(".srt")
    expected = {video} | ({subtitles} if code in {0, 4} else set())
    found = {path for path in folder.rglob("*") if path.is_file() and path.name != "log"}
    for path in found:
        path.unlink()
    return sorted(path.name for path in found ^ expected)


def test_originals_are_good(originals, tmp_path):
    """Undamaged, every one of the originals gives captions."""
    settings = Settings(cache_dir=tmp_path / "cache", threads=1)
    videos = []
    for name, (ending, data) in originals.items():
        videos.append(tmp_path / f"{name}.{ending}")
        videos[-1].write_bytes(data)
    batch = Batch(BatchOptions(videos=tuple(videos), crop=CROP, is_quiet=True), settings)
    with LocalBackend(options=WorkerOptions(log_path=tmp_path / "log")) as backend:
        codes = [batch.run(index, backend, QuietDisplay()) for index in range(len(videos))]
    assert codes == [0] * len(videos)


def test_some_mutations(originals, tmp_path):
    """Of two dozen damaged videos none crashes or hangs the process or leaves a file."""
    codes = run_mutations(originals, tmp_path, range(0, 600, 25))
    assert codes[3] > 0
    assert codes[0] + codes[4] > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_mutations(originals, tmp_path):
    """The same of 600."""
    codes = run_mutations(originals, tmp_path, range(600))
    assert codes.total() == 600
