"""What the benchmarks share: rendered clips, measured processes, and where results go."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from captionacc.samples import RenderedClip, render_clip
from cues import PredictedCue, read_predictions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.samples import ClipSpec

ROOT = Path(__file__).parent.parent
CLIPS = ROOT / ".cache" / "clips"
RESULTS = ROOT / "benchmarks" / "results"
COMMAND = Path(sys.executable).with_name("captionacc")
_POLL_S = 0.05
_LIMIT_S = 900.0
_NO_CAPTIONS_EXIT_CODE = 4


class BenchmarkError(RuntimeError):
    """A measured command failed; its output is in the message."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A process that ended well.

    Attributes:
        wall_s: From its start to its end.
        cpu_s: Processor time of its whole process tree; other programs' load changes it less.
        peak_rss_mb: Largest resident memory of its whole process tree, in 10**6 bytes.
        exit_code: Its exit code.
        stdout: What it printed.
    """

    wall_s: float
    cpu_s: float
    peak_rss_mb: float
    exit_code: int
    stdout: str


@dataclass(frozen=True, slots=True)
class Run:
    """Captions of one clip, what they cost, and what the command says about itself."""

    cues: list[PredictedCue]
    measured: Measured
    report: dict[str, Any]


def cached_clip(spec: ClipSpec) -> RenderedClip:
    """``spec`` rendered, once for each fingerprint."""
    folder = CLIPS / f"{spec.name}-{spec.fingerprint()}"
    clip = RenderedClip(folder / f"{spec.name}.mp4", folder / f"{spec.name}.json")
    if not clip.truth.exists():  # written last
        sys.stderr.write(f"rendering {spec.name}\n")
        clip = render_clip(spec, folder)
    return clip


def run_pipeline(video: Path) -> Run:
    """``captionacc process`` on ``video``, as a person calls it.

    Raises:
        BenchmarkError: the command failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "captions.json")
        command = [COMMAND, "process", video, "--json", "--format", "json", "-o", out]
        measured = measure(command, accepted=(0, _NO_CAPTIONS_EXIT_CODE))
        report = json.loads(measured.stdout.strip().splitlines()[-1])
        return Run(read_predictions(out), measured, report)


def run_baseline(name: str, clip: RenderedClip) -> Run:
    """One of the baselines in a process of its own, start-up included like everybody's.

    Raises:
        BenchmarkError: it failed.
    """
    script = Path(__file__).with_name("baselines.py")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "captions.json")
        command = [sys.executable, script, name, clip.video, clip.truth, out]
        measured = measure(command)
        return Run(read_predictions(out), measured, {})


def measure(command: Sequence[str | Path], accepted: tuple[int, ...] = (0,)) -> Measured:
    """Run ``command`` to its end and watch the memory of its process tree.

    Raises:
        BenchmarkError: it exits with another code than the accepted ones, or takes too long.
    """
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        began, cpu_began_s = time.perf_counter(), _children_cpu_s()
        process = subprocess.Popen(list(map(str, command)), stdout=stdout, stderr=stderr)  # noqa: S603  # our own commands
        peak = _watch(process, began + _LIMIT_S)
        wall_s, cpu_s = time.perf_counter() - began, _children_cpu_s() - cpu_began_s
        stdout.seek(0)
        stderr.seek(0)
        if process.returncode not in accepted:
            said = stderr.read()[-2000:]
            raise BenchmarkError(f"exit code {process.returncode}: {said}")
        return Measured(wall_s, cpu_s, peak / 1e6, process.returncode, stdout.read())


def write_result(name: str, result: dict[str, Any]) -> None:
    """Keep ``result`` as ``results/NAME.json`` and print it as the last line."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.flush()
    print(text)


def _watch(process: subprocess.Popen[Any], deadline: float) -> int:
    """Peak memory in bytes; the tree is ended at the deadline."""
    root = psutil.Process(process.pid)
    peak = 0
    while True:
        try:
            process.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            peak = max(peak, tree_memory(root))
            if time.perf_counter() > deadline:
                for member in reversed(process_tree(root)):
                    member.kill()
                process.wait()
                raise BenchmarkError(f"not done after {_LIMIT_S:.0f} s") from None
        else:
            return peak


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def tree_memory(root: psutil.Process) -> int:
    """Resident memory in bytes of a process and all below it; 0 once it is gone."""
    return sum(map(_memory, process_tree(root)))


def process_tree(root: psutil.Process) -> list[psutil.Process]:
    """A process and all below it; nothing once it is gone."""
    try:
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
