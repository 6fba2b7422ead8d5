"""From a job's OCR options to engines and detectors, each loaded once in a process."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from captionacc.ocr.factory import create_engine
from captionacc.ocr.languages import check_language, looks_unwritable
from captionacc.ocr.sessions import SessionOptions, runs_side_by_side
from captionacc.settings import available_cores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.compute.contracts import OcrOptions
    from captionacc.model.geometry import OcrBox
    from captionacc.ocr.protocol import OcrEngine


_MAX_READERS: Final = 2
"""Each holds the memory of an inference of its own."""


@lru_cache(maxsize=4)
def engine_for(options: OcrOptions) -> OcrEngine:
    """The engine that ``options`` ask for, kept for the next job.

    Raises:
        UsageError: the engine cannot write the language, or it is not known.
        MissingDependencyError: a library, model or language data is not installed.
    """
    return create_engine(
        options.engine, session_options(options), options.language, options.tessdata_dir
    )


def reader_count(options: OcrOptions) -> int:
    """How many pictures to read at once.

    Two inferences of one thread each take less time than one after the other of two threads each.
    """
    model = SessionOptions(device=options.device, runtime=options.runtime)
    return min(_cores(options), _MAX_READERS) if runs_side_by_side(model) else 1


def session_options(options: OcrOptions) -> SessionOptions:
    """How models run under ``options``, so that all readers together use the cores."""
    threads = _cores(options) // reader_count(options)
    return SessionOptions(threads, options.device, options.runtime)


def _cores(options: OcrOptions) -> int:
    return options.threads or available_cores()


def language_warnings(options: OcrOptions, engine: OcrEngine) -> tuple[str, ...]:
    """What the person should know about the engine and the language asked for."""
    if options.language is None:
        return ()
    message = check_language(engine, options.language).message
    return (message,) if message else ()


def script_warnings(engine: OcrEngine, boxes: Sequence[OcrBox], aspect: float) -> tuple[str, ...]:
    """What the person should know if the captions' script seems unknown to the engine.

    Args:
        engine: What read them.
        boxes: Lines of captions.
        aspect: Width by height, in pixels, of the frame that the boxes are normalised in.
    """
    if not looks_unwritable(boxes, aspect):
        return ()
    message = (
        f"The captions look as if {engine.name} did not know their script. Name their language"
        " with --language, and try --engine tesseract."
    )
    return (message,)
