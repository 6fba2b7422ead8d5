"""The model files, which the rapidocr package brings with it. Nothing is ever downloaded."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from captionacc.errors import MissingDependencyError

DETECTION_MODEL = "PP-OCRv6_det_small.onnx"
RECOGNITION_MODEL = "PP-OCRv6_rec_small.onnx"


def model_path(name: str) -> Path:
    """The file of model ``name`` inside the installed rapidocr package, which is not imported.

    Raises:
        MissingDependencyError: the package or the file is missing.
    """
    spec = find_spec("rapidocr")
    folders = [] if spec is None else list(spec.submodule_search_locations or [])
    for folder in folders:
        path = Path(folder) / "models" / name
        if path.is_file():
            return path
    raise MissingDependencyError(
        f"The text recognition model {name} is not installed.",
        "Run: .venv/bin/pip install --force-reinstall rapidocr==3.10.0",
    )
