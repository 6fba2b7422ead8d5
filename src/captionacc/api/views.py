"""What the API answers with; the shapes are stable, new fields may come."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  # pydantic reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from captionacc.model.geometry import CropRegion
from captionacc.model.runs import FlowName, Run, RunState
from captionacc.model.videos import (  # noqa: TC001  # as above
    DatabaseName,
    DatabaseState,
    StageStatus,
    Video,
    VideoStatus,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from captionacc.catalog.holds import Hold

Edge = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Region = Annotated[
    tuple[Edge, Edge, Edge, Edge],
    BeforeValidator(lambda given: given.as_tuple() if isinstance(given, CropRegion) else given),
    Field(
        description="Left, top, right and bottom edge as fractions of the frame as it is shown.",
        examples=[[0.05, 0.78, 0.95, 0.97]],
    ),
]


class View(BaseModel):
    """Base of all answers; made from the domain's types by their attributes."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class ErrorView(View):
    """Why a run failed."""

    code: str = Field(description="Stable name of the failure.", examples=["not_a_video"])
    message: str = Field(description="What happened, for a person.")
    hint: str = Field(description="What to do next, for a person; may be empty.")
    run_id: str


class VideoView(View):
    """A video; what its first processing finds out is null until then."""

    id: str
    title: str
    folder: str
    size_bytes: int
    status: VideoStatus
    layout_status: StageStatus
    captions_status: StageStatus
    text_status: StageStatus
    error: ErrorView | None = Field(description="Of the last run that failed.")
    width: int | None
    height: int | None
    duration_s: float | None
    fps: float | None
    codec: str | None
    bitrate: int | None
    rotation: int | None = Field(description="Degrees, already applied in width and height.")
    has_vfr: bool | None = Field(description="Whether the frame rate varies.")
    frame_count: int | None = Field(description="Sampled full frames.")
    caption_count: int | None
    crop_region: Region | None = Field(
        description="Where the captions are: predicted, later approved; null if none were found."
    )
    active_version: int | None = Field(description="The crop-frames version that is shown.")
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = Field(
        default=None, description="Told by events, and by the list of deleted videos."
    )
    purge_at: datetime | None = Field(
        default=None,
        description="From when on a deleted video is removed for good; told by the list of them.",
    )

    @classmethod
    def of(cls, video: Video) -> Self:
        """The view of a video."""
        return cls.model_validate(video)


class WorkView(View):
    """What is being done for a video now, or waits for its turn."""

    run_id: str
    flow: FlowName
    state: RunState
    phase: str | None
    progress: float = Field(ge=0, le=1, description="Within the phase.")
    held_by: str | None = Field(
        default=None, description="Why it waits, for a person; null if it need not."
    )
    attempt: int | None = Field(default=None, description="How often it was begun.")
    error: ErrorView | None = Field(
        default=None, description="Why the attempt before this one failed."
    )
    created_at: datetime | None = Field(default=None, description="When it was asked for.")
    heartbeat_at: datetime | None = Field(default=None, description="Its last sign of life.")


class VideoWithWork(VideoView):
    """A video and the work that is under way for it."""

    work: WorkView | None = Field(default=None, description="Null if there is none.")
    thumbnail_url: str | None = Field(
        default=None, description="A small picture from its middle, for a quarter of an hour."
    )

    @classmethod
    def of_both(
        cls,
        video: Video,
        active: Iterable[Run],
        holds: Sequence[Hold] = (),
        thumbnail_url: str | None = None,
    ) -> Self:
        """The view of a video.

        Args:
            video: The video.
            active: All active runs.
            holds: What holds the tenant's queue.
            thumbnail_url: Where its picture is.
        """
        runs = (run for run in active if run.video_id == video.id)
        # The first flow first, and of its runs one that is under way.
        first = min(runs, key=lambda run: (_FLOWS.index(run.flow), run.state), default=None)
        more = {"work": _work(first, holds), "thumbnail_url": thumbnail_url}
        return cls.of(video).model_copy(update=more)


_FLOWS = tuple(FlowName)


def _work(run: Run | None, holds: Sequence[Hold]) -> WorkView | None:
    if run is None:
        return None
    reasons = (hold.reason for hold in holds if hold.holds(run))
    return WorkView(
        run_id=run.id,
        flow=run.flow,
        state=run.state,
        phase=run.phase,
        progress=run.progress,
        held_by=next(reasons, None),
        attempt=run.attempt,
        error=None if run.error is None else ErrorView.model_validate(run.error),
        created_at=run.created_at,
        heartbeat_at=run.heartbeat_at,
    )


class VideoList(View):
    """A page of videos, the newest first."""

    videos: tuple[VideoWithWork, ...]
    next: str | None = Field(description="`before` of the next page; null on the last one.")


class FolderView(View):
    """A folder; the empty name stands for the videos in none."""

    name: str
    video_count: int


class FolderList(View):
    """All folders by name."""

    folders: tuple[FolderView, ...]


class RunView(View):
    """A piece of work, as the ledger has it."""

    id: str
    video_id: str
    flow: FlowName
    subject: str = Field(description="Which part of the video.", examples=["v1"])
    state: RunState
    attempt: int = Field(description="How often it was begun.")
    max_attempts: int
    phase: str | None
    progress: float = Field(ge=0, le=1, description="Within the phase.")
    error: ErrorView | None
    prefect_flow_run_id: str | None
    cancel_requested_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, run: Run) -> Self:
        """The view of a run."""
        return cls.model_validate(run)


class RunList(View):
    """Runs of a video, the newest first."""

    runs: tuple[RunView, ...]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> Self:
        """The view of runs."""
        return cls(runs=tuple(map(RunView.of, runs)))


class Accepted(View):
    """The work that was asked for; it may be under way or over already."""

    run_id: str = Field(examples=["5f0c4b1e-6a0b-4c33-9d3c-0f6d6a2d1a11"])


class LeaseView(View):
    """Who may write a database."""

    kind: str = Field(description="`user` or `run`.")
    holder: str = Field(description="The user's or the run's id.")
    generation: int = Field(description="Fencing token: grows with each new holder.")
    expires_at: datetime
    is_mine: bool


class DatabaseView(View):
    """A per-video database's stored copy, and who may write it."""

    database: DatabaseName
    version: int = Field(description="Counts the stored copies.")
    etag: str | None
    lease: LeaseView | None

    @classmethod
    def of(cls, state: DatabaseState, user_id: str, now: datetime) -> Self:
        """The view of a state; a lease that has expired is none."""
        lease = None
        if state.lease_expires_at is not None and state.lease_expires_at > now:
            lease = LeaseView(
                kind=state.lease_kind or "",
                holder=state.lease_holder or "",
                generation=state.lease_generation,
                expires_at=state.lease_expires_at,
                is_mine=(state.lease_kind, state.lease_holder) == ("user", user_id),
            )
        return cls(database=state.database, version=state.version, etag=state.etag, lease=lease)
