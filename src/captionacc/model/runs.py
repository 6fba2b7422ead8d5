"""Pieces of work as the ledger has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  # pydantic reads fields at run time
from enum import StrEnum
from typing import Any, Final

from captionacc.model.ids import RunId, TenantId, VideoId  # noqa: TC001  # as above

WORK_POOL: Final = "captionacc"
"""The Prefect work pool, and the name of the flows' deployments in it."""


class FlowName(StrEnum):
    """The flows, and the Prefect deployments of the same names."""

    VIDEO_INITIAL_PROCESSING = "video-initial-processing"
    CROP_AND_INFER = "crop-and-infer"
    MEDIAN_OCR = "median-ocr"


class RunState(StrEnum):
    """``queued`` and ``running`` are active, the others final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RunError:
    """Why a run failed, for a person; ``code`` is that of an error in our tree."""

    code: str
    message: str
    hint: str
    run_id: RunId


@dataclass(frozen=True, slots=True)
class Run:
    """One row of the ledger at one moment.

    Attributes:
        subject: Which part of the video; of a flow, video and subject one run is active at most.
        parameters: The flow's parameters beside video and tenant.
        attempt: How often it was claimed; 0 before the first time.
        generation: Fencing token: grows with each claim, and who holds an older one is refused.
        claimed_by: Which process holds it.
        progress: 0-1 within ``phase``.
        compute_job_key: The computation that was begun, recorded before it was submitted.
        compute_call_id: Its call, once there is one.
        not_before: When it may be claimed at the earliest.
        heartbeat_at: Its last sign of life.
    """

    id: RunId
    tenant_id: TenantId
    video_id: VideoId
    flow: FlowName
    subject: str
    idempotency_key: str
    parameters: dict[str, Any]
    priority: int
    state: RunState
    attempt: int
    max_attempts: int
    generation: int
    claimed_by: str | None
    phase: str | None
    progress: float
    prefect_flow_run_id: str | None
    compute_job_key: str | None
    compute_call_id: str | None
    error: RunError | None
    cancel_requested_at: datetime | None
    not_before: datetime
    created_at: datetime
    claimed_at: datetime | None
    started_at: datetime | None
    heartbeat_at: datetime | None
    finished_at: datetime | None

    @property
    def is_active(self) -> bool:
        """Whether it waits or is under way."""
        return self.state in {RunState.QUEUED, RunState.RUNNING}
