"""What is deployed on Modal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import modal

from captionacc.compute.backends.modal_failures import modal_failures

if TYPE_CHECKING:
    from captionacc.compute.backends.gpu_functions import GpuFunction


_ALSO_CALLED: Final = {"A10": "A10G"}  # one GPU, by the names of Modal's guide and of its client


def look_up(app: str, function: GpuFunction) -> tuple[str, int]:
    """The GPU and the time limit in seconds with which ``function`` is deployed. Blocks.

    Raises:
        MissingDependencyError: the token is refused, or the function is not deployed.
        ServiceUnavailableError: Modal does not answer.
    """
    with modal_failures(app):
        found = cast("Any", modal.Function.from_name(app, function.name))
        found.hydrate()
        info = found.info()
    gpu = info.gpus[0][0] if info.gpus else "no GPU"
    return _ALSO_CALLED.get(gpu, gpu), info.timeout
