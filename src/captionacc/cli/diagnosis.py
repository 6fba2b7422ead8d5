"""Looks at this machine with the eyes of the pipeline."""

from __future__ import annotations

import json
import platform
import shutil
import sys
from typing import TYPE_CHECKING, Final, TypedDict

from rich.console import Console
from rich.table import Table

import captionacc
from captionacc.cli.platform_check import check_platform, existing, installed
from captionacc.errors import CaptionAccError, MissingDependencyError
from captionacc.ocr.factory import create_engine
from captionacc.ocr.language_table import LANGUAGES
from captionacc.ocr.languages import Coverage, check_language
from captionacc.ocr.models import DETECTION_MODEL, RECOGNITION_MODEL, model_path
from captionacc.settings import get_settings

if TYPE_CHECKING:
    from captionacc.cli.platform_check import PlatformReport
    from captionacc.settings import Settings

_LIBRARIES: Final = ("av", "onnxruntime", "rapidocr", "opencv-python-headless", "numpy", "obstore")
_OPTIONAL: Final = ("openvino", "tesserocr")


class Diagnosis(TypedDict):
    """What ``doctor --json`` prints.

    ``engines`` maps an engine to the codes of the languages that it can write; ``missing`` holds
    a sentence with the command that helps for each thing that every video needs, ``services`` what
    only the platform needs.
    """

    version: str
    python: str
    platform: str
    libraries: dict[str, str | None]
    models: dict[str, str | None]
    engines: dict[str, list[str]]
    threads: int
    cache_dir: str
    work_dir: str
    free_disk_gb: float
    missing: list[str]
    services: PlatformReport


def run_doctor(*, as_json: bool) -> int:
    """Print the diagnosis; returns the exit code."""
    found = diagnose(get_settings())
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        _show(found)
    return MissingDependencyError.exit_code if found["missing"] else 0


def diagnose(settings: Settings) -> Diagnosis:
    """Look at libraries, models, engines, threads and disk."""
    missing: list[str] = []
    libraries = {name: installed(name) for name in (*_LIBRARIES, *_OPTIONAL)}
    missing += [
        f"Run: .venv/bin/pip install {name}" for name in _LIBRARIES if libraries[name] is None
    ]
    return Diagnosis(
        version=captionacc.__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        libraries=libraries,
        models={name: _model(name, missing) for name in (DETECTION_MODEL, RECOGNITION_MODEL)},
        engines={} if missing else _engines(settings),
        threads=settings.threads,
        cache_dir=str(settings.cache_dir),
        work_dir=str(settings.work_dir),
        free_disk_gb=round(shutil.disk_usage(existing(settings.work_dir)).free / 1e9, 1),
        missing=missing,
        services=check_platform(settings),
    )


def _model(name: str, missing: list[str]) -> str | None:
    try:
        return str(model_path(name))
    except MissingDependencyError as error:
        missing.append(str(error))
        return None


def _engines(settings: Settings) -> dict[str, list[str]]:
    """The languages that each engine can write here; Tesseract needs data for each."""
    rapidocr = create_engine("rapidocr")
    return {
        "rapidocr": [
            language.code
            for language in LANGUAGES
            if check_language(rapidocr, language.code).coverage is not Coverage.NONE
        ],
        "tesseract": [
            language.code for language in LANGUAGES if _has_tesseract(language.code, settings)
        ],
    }


def _has_tesseract(code: str, settings: Settings) -> bool:
    try:
        create_engine("tesseract", language=code, tessdata_dir=settings.tessdata_dir)
    except CaptionAccError:
        return False
    return True


def _show(found: Diagnosis) -> None:
    table = Table(show_header=False, box=None)
    table.add_row("captionacc", f"{found['version']} on Python {found['python']}")
    table.add_row("platform", found["platform"])
    for name, number in found["libraries"].items():
        table.add_row(name, number or "not installed")
    for name, path in found["models"].items():
        table.add_row("model", f"{name}: {'present' if path else 'missing'}")
    for name, codes in found["engines"].items():
        table.add_row(f"engine {name}", " ".join(codes) or "no language data")
    table.add_row("threads", str(found["threads"]))
    table.add_row("work folder", f"{found['work_dir']} ({found['free_disk_gb']} GB free)")
    _add_services(table, found["services"])
    console = Console()
    console.print(table)
    lines = [*found["missing"], *found["services"]["problems"]]
    for line in lines or ["Everything that is needed is here."]:
        console.print(line, markup=False, highlight=False)


def _add_services(table: Table, services: PlatformReport) -> None:
    for name, number in services["packages"].items():
        table.add_row(name, number or "not installed")
    table.add_row("data folder", services["data_dir"])
    stack = services["stack"]
    if stack is None:
        table.add_row("running stack", "none; captionacc up starts one")
    else:
        state = "not ready" if stack["unready"] else "ready"
        table.add_row("running stack", f"{state}: {stack['api_url']}")
        table.add_row("Prefect's UI", stack["prefect_url"])
