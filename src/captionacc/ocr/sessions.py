"""The one owner of inference runtimes: providers, threads, memory and logging are decided here.

onnxruntime always works. OpenVINO is an optional package that computes the same models in half the
time or less on CPUs with bfloat16 instructions.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, cast

from captionacc.errors import MissingDependencyError, UsageError
from captionacc.settings import available_cores

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from captionacc.ocr.protocol import FloatMap
    from captionacc.settings import Device, OcrRuntime

_CUDA = "CUDAExecutionProvider"
_CPU = "CPUExecutionProvider"
# Trying every convolution algorithm for every new image size costs more than it saves.
_CUDA_PROVIDER = (
    _CUDA,
    {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested"},
)
_CUDA_BATCH_FACTOR = 16
_SILENT = 4
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How models run in this process.

    Attributes:
        threads: Threads that compute one inference together; 0 means one for each core.
        device: ``cuda`` or ``cpu``; ``auto`` takes CUDA where onnxruntime offers it.
        runtime: ``onnxruntime``, or ``openvino``, which knows no CUDA; ``auto`` takes OpenVINO
            for the CPU where it is installed.
    """

    threads: int = 0
    device: Device = "auto"
    runtime: OcrRuntime = "auto"


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
        MissingDependencyError: CUDA or OpenVINO was asked for and is not installed.
        UsageError: CUDA was asked for with OpenVINO.
    """
    with _lock:
        return _load(model, options, os.getpid())


@cache
def _load(model: Path, options: SessionOptions, _process: int) -> InferenceSession:
    if _wants_openvino(options):
        return _OpenVinoSession(model, options)
    return _OnnxSession(model, options)


def runs_side_by_side(options: SessionOptions) -> bool:
    """Whether a session computes several inferences at once, not one after the other."""
    return not _wants_openvino(options)


def _wants_openvino(options: SessionOptions) -> bool:
    if options.runtime == "auto":
        installed = find_spec("openvino") is not None
        return installed and not _uses_cuda(options.device)
    if options.runtime == "openvino" and options.device == "cuda":
        raise UsageError(
            "OpenVINO cannot use CUDA.", "Choose the runtime onnxruntime, or the device cpu."
        )
    return options.runtime == "openvino"


def _onnxruntime() -> Any:  # noqa: ANN401  # untyped library
    # On import the library would write a device id to the user's cache folder, and report home.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # noqa: PLC0415  # takes half a second, and not every command infers

    onnxruntime.set_default_logger_severity(_SILENT)
    return onnxruntime


def batch_factor(options: SessionOptions) -> int:
    """How many times as much as on a CPU one inference should take at once under ``options``.

    A GPU is hardly busy with what suits a CPU. The factor is a choice, not yet measured.

    Raises:
        MissingDependencyError: CUDA was asked for and cannot be used.
    """
    if _wants_openvino(options):
        return 1
    return _CUDA_BATCH_FACTOR if _uses_cuda(options.device) else 1


def _uses_cuda(device: Device) -> bool:
    """Whether onnxruntime runs on a GPU here.

    Raises:
        MissingDependencyError: it should and cannot.
    """
    if device == "cpu":
        return False
    available = _CUDA in _onnxruntime().get_available_providers()
    if device == "cuda" and not available:
        raise MissingDependencyError(
            "CUDA was asked for, but the installed onnxruntime cannot use a GPU.",
            "Run: .venv/bin/pip uninstall -y onnxruntime && .venv/bin/pip install onnxruntime-gpu",
        )
    return available


class _OnnxSession:
    """onnxruntime's session behind our protocol."""

    def __init__(self, model: Path, options: SessionOptions) -> None:
        ort = _onnxruntime()
        settings = ort.SessionOptions()
        settings.log_severity_level = _SILENT
        settings.intra_op_num_threads = options.threads
        settings.inter_op_num_threads = 1
        # Spinning threads take the cores from decoding and encoding, and from each other.
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Image sizes vary, so plans made for one of them are of no use for the next.
        settings.enable_mem_pattern = False
        providers = [_CUDA_PROVIDER, _CPU] if _uses_cuda(options.device) else [_CPU]
        if _CUDA_PROVIDER in providers:
            # CUDA's libraries come as Python packages, where the dynamic linker does not look.
            ort.preload_dlls()
        self._session = ort.InferenceSession(str(model), settings, providers=providers)
        # Where a library or the driver is missing, onnxruntime takes the CPU and says nothing.
        if options.device == "cuda" and _CUDA not in self._session.get_providers():
            raise MissingDependencyError(
                "CUDA was asked for, but the GPU cannot be used.",
                "See that the driver fits the CUDA libraries that onnxruntime-gpu asks for.",
            )
        self._input: str = self._session.get_inputs()[0].name

    @property
    def metadata(self) -> Mapping[str, str]:
        return cast("Mapping[str, str]", self._session.get_modelmeta().custom_metadata_map)

    def run(self, batch: FloatMap) -> FloatMap:
        return cast("FloatMap", self._session.run(None, {self._input: batch})[0])


class _OpenVinoSession:
    """OpenVINO's infer request behind our protocol; one at a time, as its buffers are large."""

    def __init__(self, model: Path, options: SessionOptions) -> None:
        openvino = _openvino()
        core = openvino.Core()
        network = core.read_model(model)
        # Precision is left to OpenVINO, which takes bfloat16 where the CPU computes in it.
        # Pinned threads would stand in the way of decoding and encoding on the same cores.
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": options.threads or available_cores(),
            "ENABLE_CPU_PINNING": False,
        }
        self._metadata = _openvino_metadata(network)
        self._request = core.compile_model(network, "CPU", settings).create_infer_request()
        self._lock = threading.Lock()

    @property
    def metadata(self) -> Mapping[str, str]:
        return self._metadata

    def run(self, batch: FloatMap) -> FloatMap:
        with self._lock:
            result = self._request.infer({0: batch}, share_inputs=True)
            return cast("FloatMap", result[0].copy())


def _openvino() -> Any:  # noqa: ANN401  # untyped library
    try:
        return import_module("openvino")
    except ImportError:
        raise MissingDependencyError(
            "The inference runtime OpenVINO is not installed.",
            "Run: .venv/bin/pip install openvino",
        ) from None


def _openvino_metadata(network: Any) -> dict[str, str]:  # noqa: ANN401  # untyped library
    if not network.has_rt_info(["framework"]):
        return {}
    entries = network.get_rt_info(["framework"]).value
    return {str(key): str(value) for key, value in entries.items()}
