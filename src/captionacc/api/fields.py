"""What clients may put into the fields of requests."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
_NO_PATH = r"^[^\x00-\x1f\x7f/\\]+$"

Title = Annotated[
    str,
    StringConstraints(max_length=500, min_length=1, pattern=_NO_CONTROLS),
    Field(description="How people call the video.", examples=["film.mp4"]),
]
Folder = Annotated[
    str,
    StringConstraints(max_length=500, pattern=_NO_CONTROLS),
    Field(description="Where the video is listed; empty for no folder.", examples=["season 1"]),
]
Search = Annotated[
    str,
    StringConstraints(max_length=500, min_length=1, pattern=_NO_CONTROLS),
    Field(description="A part of the title, in whatever case.", examples=["film"]),
]
Filename = Annotated[
    str,
    StringConstraints(max_length=500, pattern=_NO_PATH),
    Field(description="Name without folders; becomes the title.", examples=["film.mp4"]),
]
Fingerprint = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=_NO_CONTROLS),
    Field(description="By which the client knows the file again, to go on where it ended."),
]


class Request(BaseModel):
    """Base of all bodies: what is unknown is refused, so that a slip is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
