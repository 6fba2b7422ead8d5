"""The backend that the settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captionacc.compute.backends.local import LocalBackend
from captionacc.compute.backends.process import WorkerOptions
from captionacc.errors import MissingDependencyError

if TYPE_CHECKING:
    from captionacc.compute.backends.base import ComputeBackend
    from captionacc.settings import Settings


def make_backend(settings: Settings) -> ComputeBackend:
    """Processes of this machine, or functions in the cloud.

    Raises:
        MissingDependencyError: the cloud's package is not installed.
    """
    if settings.compute == "local":
        options = WorkerOptions(memory_limit_mb=settings.worker_memory_mb)
        return LocalBackend(settings.compute_workers, options)
    try:
        from captionacc.compute.backends.modal import ModalBackend  # noqa: PLC0415  # optional
    except ImportError as error:
        raise MissingDependencyError(
            f"CAPTIONACC_COMPUTE is modal, and Modal's package is not installed: {error}.",
            "Run: .venv/bin/pip install --require-hashes -r requirements/modal.txt",
        ) from error
    return ModalBackend(settings.modal_app)
