"""The real command, and videos to give it."""

from __future__ import annotations

import os
import subprocess
import sys
import wave
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from captionacc.samples import demo_clip, render_clip
from captionacc.stack.supervisor import running_stack

from .platform_stack import PlatformStack

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-c", "from captionacc.cli.main import run; run()")
TEXTS = ("Good morning, everyone.", "Where have you been?", "I missed the last train.")


@dataclass(frozen=True)
class Finished:
    """What a command did."""

    code: int
    out: str
    err: str


class CommandLine:
    """Runs ``captionacc`` with a home of its own, and sees what it leaves behind."""

    def __init__(self, home: Path, **settings) -> None:
        self.cache = home / "cache"
        self.temporary = home / "tmp"
        for folder in (self.cache, self.temporary):
            folder.mkdir(parents=True)
        places = {"XDG_CACHE_HOME": str(self.cache), "TMPDIR": str(self.temporary)}
        self._env = {**os.environ, **places, **settings}

    def start(self, *arguments, prefix=()):
        """Start the command in a process group of its own."""
        return subprocess.Popen(
            [*prefix, *COMMAND, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._env,
            start_new_session=True,
        )

    def run(self, *arguments, prefix=(), timeout_s=240) -> Finished:
        """Run the command to its end."""
        with self.start(*arguments, prefix=prefix) as process:
            try:
                out, err = process.communicate(timeout=timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert "Traceback" not in err
        return Finished(process.returncode, out, err)

    @staticmethod
    def read_until(process, text) -> str:
        """Read stderr lines until one holds ``text``; fails at the end of the stream."""
        seen = []
        for line in process.stderr:
            seen.append(line)
            if text in line:
                return "".join(seen)
        raise AssertionError(f"{text!r} never came: {''.join(seen)}")

    def leftovers(self) -> list[str]:
        """Files in the work and temporary folders; the log and the compiled engine may stay."""
        found = [*self.cache.rglob("*"), *self.temporary.rglob("*")]
        return [
            str(path)
            for path in found
            if path.is_file() and path.suffix != ".log" and path.parent.name != "sync-engine"
        ]


@pytest.fixture
def command(tmp_path_factory):
    """The command with an empty home."""
    return CommandLine(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """Small clips with known captions: plain, rotated, and of variable frame rate."""
    folder = tmp_path_factory.mktemp("clips")
    plain = replace(
        demo_clip(),
        name="plain",
        width=640,
        height=360,
        duration_s=8.0,
        texts=TEXTS,
        overlays=(),
        size=0.07,
        durations_s=(1.8, 2.0, 1.6),
        gaps_s=(0.4, 0.0, 0.6),
    )
    pattern = ((Fraction(30), 31), (Fraction(15), 13), (Fraction(24), 20))
    specs = (
        plain,
        replace(plain, name="rotated", rotation=90),
        replace(plain, name="variable", vfr_pattern=pattern),
    )
    return {spec.name: render_clip(spec, folder) for spec in specs}


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """The whole platform, with data of its own."""
    with running_stack(tmp_path_factory.mktemp("stack"), compute_workers=2) as running:
        yield PlatformStack(running)


@pytest.fixture(scope="session")
def plain(clips):
    """The plain clip's file."""
    return clips["plain"].video


def encode(path, pictures, *, rate=10):
    """A video of these BGR pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        for number, picture in enumerate(pictures):
            if not number:
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def scenery(count, width=640, height=360):
    """Pictures that change and hold no text."""
    ramp = np.linspace(0, 200, width, dtype=np.uint8)
    for number in range(count):
        row = np.roll(ramp, 7 * number)
        yield np.repeat(np.repeat(row[None, :, None], height, axis=0), 3, axis=2)


@pytest.fixture(scope="session")
def odd_videos(tmp_path_factory, plain):
    """Files that are no ordinary video, by what is wrong with them."""
    folder = tmp_path_factory.mktemp("odd")
    data = plain.read_bytes()
    contents = {
        "zero_bytes": b"",
        "text_file": b"This is not a video.\n" * 200,
        "truncated_header": data[:200],
        "random_bytes": np.random.default_rng(1).bytes(100_000),
    }
    paths = {name: folder / f"{name}.mp4" for name in contents}
    for name, content in contents.items():
        paths[name].write_bytes(content)
    paths["audio_only"] = folder / "audio_only.wav"
    with wave.open(str(paths["audio_only"]), "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(8000)
        audio.writeframes(bytes(16_000))
    paths["missing"] = folder / "missing.mp4"
    paths["folder"] = folder
    return paths


@pytest.fixture(scope="session")
def captionless(tmp_path_factory):
    """Videos without captions: a few seconds, a single frame, and 8K."""
    folder = tmp_path_factory.mktemp("captionless")
    return {
        "scenery": encode(folder / "scenery.mp4", scenery(40)),
        "one_frame": encode(folder / "one_frame.mp4", scenery(1)),
        "8k": encode(folder / "8k.mp4", scenery(2, 7680, 4320)),
    }
