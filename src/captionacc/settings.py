"""One settings model, read from environment variables with the prefix ``CAPTIONACC_``.

What each setting means for the person who runs the program is in ``docs/operations.md``.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from captionacc.errors import UsageError

ENV_PREFIX = "CAPTIONACC_"

Device = Literal["auto", "cpu", "cuda"]
OcrEngineName = Literal["rapidocr", "tesseract"]
OcrRuntime = Literal["auto", "onnxruntime", "openvino"]

_HINT = "Correct the variable or unset it; docs/operations.md lists every setting."


def available_cores() -> int:
    """Cores that this process may run on, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1


def default_cache_dir() -> Path:
    """``captionacc`` in the user's cache folder, as the XDG base directory specification has it.

    Raises:
        UsageError: the user has no home folder.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if base.is_absolute():
        return base / "captionacc"
    try:
        return Path.home() / ".cache" / "captionacc"
    except RuntimeError:
        raise UsageError(
            "This user has no home folder for the cache.",
            f"Set {ENV_PREFIX}CACHE_DIR to a folder that can be written.",
        ) from None


def _expanded(value: Any) -> Any:  # noqa: ANN401 - a validator gets what the caller gave
    if not isinstance(value, str | Path):
        return value
    try:
        return Path(value).expanduser()
    except RuntimeError as error:  # "~somebody" names nobody
        raise ValueError(str(error)) from None


ExpandedPath = Annotated[Path, BeforeValidator(_expanded)]


class Settings(BaseSettings):
    """What may differ between two machines; everything else is a constant next to its use.

    Attributes:
        threads: Cores that one compute process may use for decoding, encoding and OCR.
        worker_memory_mb: Memory limit of a compute process in MiB; none if unset.
        device: Where OCR runs; ``auto`` takes CUDA if the runtime offers it.
        ocr_engine: The engine that reads captions.
        ocr_runtime: What runs the default engine's models; ``auto`` takes the fastest installed.
        language: The captions' language: an ISO 639 code such as ``en``, or Tesseract's name.
        tessdata_dir: Folder with Tesseract's language data; the library's own default if unset.
        cache_dir: Folder for what can be computed again.
        work_dir: Folder for partial work, which a later run resumes.
        layout_interval_s: Seconds between the full frames that the layout is found from.
    """

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, env_ignore_empty=True, frozen=True)

    threads: int = Field(default_factory=available_cores, ge=1, le=512)
    worker_memory_mb: int | None = Field(default=None, ge=512)
    device: Device = "auto"
    ocr_engine: OcrEngineName = "rapidocr"
    ocr_runtime: OcrRuntime = "auto"
    language: str | None = Field(default=None, pattern=r"^[A-Za-z]{2,8}([-_+][A-Za-z0-9]{1,8})*$")
    tessdata_dir: ExpandedPath | None = None
    cache_dir: ExpandedPath = Field(default_factory=default_cache_dir)
    work_dir: ExpandedPath = Field(default_factory=lambda data: data["cache_dir"] / "work")
    layout_interval_s: float = Field(default=10.0, ge=0.5, le=600)


def variable_name(field: str) -> str:
    """The environment variable that sets ``field``."""
    return f"{ENV_PREFIX}{field.upper()}"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        UsageError: a variable holds a value that cannot work, or names no setting.
    """
    _reject_unknown_variables()
    try:
        return Settings()
    except ValidationError as error:
        raise UsageError(_describe(error), _HINT) from None


def _reject_unknown_variables() -> None:
    known = [variable_name(field) for field in Settings.model_fields]
    for name in sorted(os.environ):
        if name.startswith(ENV_PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1)
            guess = f" Did you mean {near[0]}?" if near else ""
            raise UsageError(f"{name} is not a setting.{guess}", _HINT)


def _describe(error: ValidationError) -> str:
    """One sentence for each variable; defaults that only follow from a wrong one are left out."""
    return " ".join(
        f"{variable_name(str(detail['loc'][0]))}={detail['input']} cannot work: {detail['msg']}."
        for detail in error.errors()
        if detail["type"] != "default_factory_not_called"
    )
