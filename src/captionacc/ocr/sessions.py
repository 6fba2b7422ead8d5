"""The one owner of onnxruntime: providers, threads, memory and logging are decided here only."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, cast

from captionacc.errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from captionacc.ocr.protocol import FloatMap

Device: TypeAlias = Literal["auto", "cpu", "cuda"]

_CUDA = "CUDAExecutionProvider"
_CPU = "CPUExecutionProvider"
_SILENT = 4
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How models run in this process.

    Attributes:
        threads: Threads that compute one inference together; 0 means one for each core.
        device: ``cuda`` or ``cpu``; ``auto`` takes CUDA where onnxruntime offers it.
    """

    threads: int = 0
    device: Device = "auto"


class InferenceSession(Protocol):
    """A loaded model with one input and one output. May be called from several threads."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the model file says about itself."""
        ...

    def run(self, batch: FloatMap) -> FloatMap:
        """The model's output for ``batch``; shapes are the model's own."""
        ...


def load_session(model: Path, options: SessionOptions) -> InferenceSession:
    """The session for ``model``: loaded on first use, then shared by the whole process.

    A forked child loads its own, because an inherited one would wait for threads that only its
    parent has.

    Raises:
        MissingDependencyError: CUDA was asked for, and this onnxruntime does not have it.
    """
    with _lock:
        return _load(model, options, os.getpid())


@cache
def _load(model: Path, options: SessionOptions, _process: int) -> InferenceSession:
    return _OnnxSession(model, options)


class _OnnxSession:
    """onnxruntime's session behind our protocol; its library has no types."""

    def __init__(self, model: Path, options: SessionOptions) -> None:
        import onnxruntime  # noqa: PLC0415  # takes half a second, and not every command infers

        ort: Any = onnxruntime
        ort.set_default_logger_severity(_SILENT)
        providers = _providers(ort.get_available_providers(), options.device)
        self._session = ort.InferenceSession(
            str(model), sess_options=_configure(ort, options), providers=providers
        )
        self._input: str = self._session.get_inputs()[0].name

    @property
    def metadata(self) -> Mapping[str, str]:
        return cast("Mapping[str, str]", self._session.get_modelmeta().custom_metadata_map)

    def run(self, batch: FloatMap) -> FloatMap:
        return cast("FloatMap", self._session.run(None, {self._input: batch})[0])


def _configure(ort: Any, options: SessionOptions) -> Any:  # noqa: ANN401  # untyped library
    settings = ort.SessionOptions()
    settings.log_severity_level = _SILENT
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    # Image sizes vary, and the arena would keep the largest buffers of each size for ever.
    settings.enable_cpu_mem_arena = False
    settings.enable_mem_pattern = False
    return settings


def _providers(available: list[str], device: Device) -> list[str | tuple[str, dict[str, str]]]:
    if device == "cuda" and _CUDA not in available:
        raise MissingDependencyError(
            "CUDA was asked for, but the installed onnxruntime cannot use a GPU.",
            "Run: pip uninstall -y onnxruntime && pip install onnxruntime-gpu",
        )
    if device == "cpu" or _CUDA not in available:
        return [_CPU]
    # Trying every convolution algorithm for every new image size costs more than it saves.
    cuda = {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested"}
    return [(_CUDA, cuda), _CPU]
