"""The compute functions as the GPU cloud runs them: on what, for how long, and at what price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from captionacc.compute.backends.base import CallCost
from captionacc.compute.contracts import CropInferJob, ExtractJob, Job, MedianOcrJob
from captionacc.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Mapping

PRICES_OF: Final = date(2026, 8, 21)
"""The day of these list prices, preemptible, in no region of one's choice.

The price page itself was not read: all four are what others noted of it on that day.
"""

GPU_USD_PER_S: Final[Mapping[str, Decimal]] = {
    "T4": Decimal("0.000164"),
    "A10G": Decimal("0.000306"),
}
CPU_USD_PER_CORE_S: Final = Decimal("0.0000131")
MEMORY_USD_PER_GIB_S: Final = Decimal("0.00000222")


@dataclass(frozen=True, slots=True)
class GpuFunction:
    """One function as it is deployed.

    Attributes:
        name: Its name in the app.
        job_type: The jobs that it runs.
        gpu: The GPU of its container, ``A10G`` is also called ``A10`` by Modal.
        cores: Physical cores of its container.
        memory_mb: Memory that its container is given, in MiB.
        timeout_s: After how long an execution is ended.
        idle_s: How long its container waits for another job, which costs as much as working.
    """

    name: str
    job_type: type[Job]
    gpu: str
    cores: int
    memory_mb: int
    timeout_s: int
    idle_s: int

    @property
    def usd_per_s(self) -> Decimal:
        """What a second of its container costs."""
        memory_gib = Decimal(self.memory_mb) / 1024
        return (
            GPU_USD_PER_S[self.gpu]
            + self.cores * CPU_USD_PER_CORE_S
            + memory_gib * MEMORY_USD_PER_GIB_S
        )

    def cost(self, seconds: float) -> CallCost:
        """What ``seconds`` of it cost."""
        return CallCost(self.gpu, seconds, self.usd_per_s * Decimal(seconds))


# Decoding and encoding are done by the cores, and keep a GPU waiting if there are too few.
# Somebody who corrects boundaries asks for text again and again: median_ocr stays warm for longer.
EXTRACT: Final = GpuFunction("extract_frames_and_ocr", ExtractJob, "T4", 4, 4096, 30 * 60, 5)
CROP_AND_INFER: Final = GpuFunction("crop_and_infer", CropInferJob, "A10G", 4, 6144, 60 * 60, 5)
MEDIAN_OCR: Final = GpuFunction("median_ocr", MedianOcrJob, "T4", 2, 4096, 5 * 60, 60)

GPU_FUNCTIONS: Final = (EXTRACT, CROP_AND_INFER, MEDIAN_OCR)


def function_of(job: Job) -> GpuFunction:
    """The function that runs ``job``.

    Raises:
        InternalError: none does.
    """
    for function in GPU_FUNCTIONS:
        if isinstance(job, function.job_type):
            return function
    raise InternalError(f"No GPU function runs a {type(job).__name__}.")


def function_named(name: str) -> GpuFunction | None:
    """The function of that name."""
    return next((function for function in GPU_FUNCTIONS if function.name == name), None)
