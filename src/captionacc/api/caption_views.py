"""Captions as clients see and change them; the fields are the columns of captions.db."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import Field, StringConstraints, model_validator

from captionacc.api.fields import Request
from captionacc.api.views import View
from captionacc.databases.captions import BoundaryState, OcrStatus  # noqa: TC001  # pydantic's
from captionacc.databases.corrections import UNSET, Correction, Words
from captionacc.errors import UsageError
from captionacc.model.ids import CaptionId  # noqa: TC001  # as above
from captionacc.model.results import CaptionExtent
from captionacc.model.timing import first_sample_from

if TYPE_CHECKING:
    from captionacc.databases.captions import StoredCaption

_CROP_FRAME_HZ: Final = 10.0
_BEYOND_END_S: Final = 0.5
"""How much later than the container says a video may still show something."""

Seconds = Annotated[float, Field(ge=0, lt=1e6, allow_inf_nan=False)]
Text = Annotated[str, StringConstraints(max_length=5000)]
Notes = Annotated[str, StringConstraints(max_length=5000)]
TextStatus = Annotated[
    str, StringConstraints(max_length=50), Field(description="What you think of the text.")
]


class CaptionView(View):
    """A caption; its extent is half-open, in crop frames (10 Hz) and in seconds."""

    id: CaptionId
    start_frame_index: int
    end_frame_index: int
    start_pts_s: float
    end_pts_s: float
    boundary_state: BoundaryState
    boundary_pending: bool = Field(description="Whether its boundaries await a person.")
    boundary_confidence: float = Field(ge=0, le=1)
    text: str | None = Field(description="What a person wrote.")
    text_pending: bool = Field(description="Whether its text awaits a person.")
    text_status: str | None
    text_notes: str | None
    caption_ocr: str | None = Field(
        description="What was read; from an earlier reading unless the status is `completed`."
    )
    caption_ocr_confidence: float | None
    caption_ocr_status: OcrStatus
    caption_ocr_error: str | None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, caption: StoredCaption) -> Self:
        """The view of a caption."""
        extent, ocr = caption.extent, caption.ocr
        return cls(
            id=caption.id,
            start_frame_index=extent.start_index,
            end_frame_index=extent.end_index,
            start_pts_s=extent.start_pts_s,
            end_pts_s=extent.end_pts_s,
            boundary_state=caption.boundary_state,
            boundary_pending=caption.boundary_pending,
            boundary_confidence=extent.confidence,
            text=caption.text,
            text_pending=caption.text_pending,
            text_status=caption.text_status,
            text_notes=caption.text_notes,
            caption_ocr=ocr.text,
            caption_ocr_confidence=ocr.confidence,
            caption_ocr_status=ocr.status,
            caption_ocr_error=ocr.error,
            created_at=caption.created_at,
            updated_at=caption.updated_at,
        )


class CaptionList(View):
    """All captions of a video in order of time."""

    captions: tuple[CaptionView, ...]


class CaptionAnswer(View):
    """A caption as it is now."""

    caption: CaptionView
    run_id: str | None = Field(description="The work that reads it, if it has to be read.")


class Boundaries(Request):
    """Where a caption is; left out if it is right."""

    start_s: Seconds | None = Field(default=None, description="Of the first frame that shows it.")
    end_s: Seconds | None = Field(default=None, description="Of the first frame after it.")

    @model_validator(mode="after")
    def _are_both_or_none(self) -> Self:
        if (self.start_s is None) != (self.end_s is None):
            raise ValueError("give both start_s and end_s, or neither")
        return self

    def extent(self, duration_s: float | None) -> CaptionExtent | None:
        """The extent in a video of this duration, if one is given.

        Raises:
            UsageError: it is empty, or not within the video.
        """
        if self.start_s is None or self.end_s is None:
            return None
        return make_extent(self.start_s, self.end_s, duration_s)


class CaptionChange(Boundaries):
    """What is to be different; what is left out stays, and null takes away."""

    boundary_state: BoundaryState | None = None
    text: Text | None = None
    text_status: TextStatus | None = None
    text_notes: Notes | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("give at least one field")
        return self

    def correction(self, duration_s: float | None) -> Correction:
        """The correction of a caption in a video of this duration.

        Raises:
            UsageError: the extent is empty, or not within the video.
        """
        return Correction(
            extent=self.extent(duration_s),
            boundary_state=self.boundary_state,
            text=self._words("text"),
            text_status=self._words("text_status"),
            text_notes=self._words("text_notes"),
        )

    def _words(self, field: str) -> Words:
        return getattr(self, field) if field in self.model_fields_set else UNSET


class NewCaption(Request):
    """A caption that was overlooked."""

    start_s: Seconds = Field(description="Of the first frame that shows it.")
    end_s: Seconds = Field(description="Of the first frame after it.")
    text: Text | None = None


def make_extent(start_s: float, end_s: float, duration_s: float | None) -> CaptionExtent:
    """An extent that a person gave, over the 10 Hz crop frames.

    Raises:
        UsageError: it is empty, or not within the video.
    """
    if end_s <= start_s:
        raise UsageError("A caption ends after it starts.", "Give an end_s above start_s.")
    if duration_s is not None and end_s > duration_s + _BEYOND_END_S:
        raise UsageError(
            f"The caption would end at {end_s:.3f} s, after the video.",
            f"The video ends at {duration_s:.3f} s.",
        )
    start = first_sample_from(start_s, _CROP_FRAME_HZ)
    end = max(first_sample_from(end_s, _CROP_FRAME_HZ), start + 1)
    return CaptionExtent(start, end, start_s, end_s, confidence=1.0)
