"""What the commands read from the API's answers; whatever else an answer holds is ignored."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ProblemView(_View):
    """Why a run failed."""

    code: str
    message: str
    hint: str = ""
    run_id: str | None = None


class WorkView(_View):
    """What is being done for a video; ``held_by`` says why it waits."""

    flow: str
    state: str
    phase: str | None = None
    progress: float = 0.0
    attempt: int = 0
    error: ProblemView | None = None
    created_at: str | None = None
    heartbeat_at: str | None = None
    held_by: str | None = None


class VideoView(_View):
    """A video; ``crop_region`` is ``None`` where no captions were found."""

    id: str
    title: str
    status: str
    layout_status: str
    captions_status: str
    text_status: str
    created_at: str
    folder: str = ""
    error: ProblemView | None = None
    duration_s: float | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    caption_count: int | None = None
    active_version: int | None = None
    crop_region: tuple[float, float, float, float] | None = None
    work: WorkView | None = None

    @property
    def held_by(self) -> str | None:
        """Why its work waits, if it need."""
        return None if self.work is None else self.work.held_by


class RunView(_View):
    """One piece of work, as the ledger has it; ``progress`` is 0-1."""

    id: str
    video_id: str
    flow: str
    subject: str
    state: str
    created_at: str
    attempt: int = 0
    phase: str | None = None
    progress: float = 0.0
    error: ProblemView | None = None
    prefect_flow_run_id: str | None = None
    started_at: str | None = None
    finished_at: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether it waits or is under way."""
        return self.state in {"queued", "running"}


class PartView(_View):
    """A part that has arrived."""

    number: int


class UploadView(_View):
    """A multipart upload; ``parts`` are those that have arrived."""

    id: str
    video_id: str
    part_size_bytes: int
    parts: tuple[PartView, ...] = ()
