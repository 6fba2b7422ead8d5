"""The description of the API, with problems as what they are sent as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi

import captionacc
from captionacc.api.problems import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from fastapi.routing import APIRoute

_PROBLEM: Final = {"$ref": f"#/components/schemas/{Problem.__name__}"}
_DESCRIPTION: Final = """\
Videos with burned-in captions become exact, timed, corrected text.

Upload a video in parts; wait for `layout_status` to become `annotate`; approve the layout; wait
for the captions; export them. `GET /v1/events` tells each change as it happens.

Errors are `application/problem+json`: `code` is for programs, `detail` and `hint` for people.
"""
_TAGS: Final = {
    "session": "Sign-in.",
    "tenant": "What a tenant may use, and what holds its work.",
    "uploads": "From a file to a video.",
    "videos": "What there is, and where it stands.",
    "actions": "What a person asks for a video.",
    "captions": "The captions of a video, and subtitles.",
    "runs": "Pieces of work.",
    "databases": "What browsers share, and who may write.",
    "objects": "Frames, crops and videos in the object store.",
    "events": "Live changes.",
    "webhooks": "For the database.",
    "internal": "For flows.",
    "health": "For who operates this.",
}


def operation_id(route: APIRoute) -> str:
    """A route's function names the operation."""
    return route.name


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = get_openapi(
            title="CaptionA.cc",
            version=captionacc.__version__,
            description=_DESCRIPTION,
            routes=app.routes,
            tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        )
        for response in _responses(app.openapi_schema):
            for content in list(response.get("content", {}).values()):
                if content.get("schema") == _PROBLEM:  # FastAPI puts it under the route's own type
                    response["content"] = {MEDIA_TYPE: content}
    return app.openapi_schema


def _responses(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in description["paths"].values():
        for operation in path.values():
            yield from operation["responses"].values()
