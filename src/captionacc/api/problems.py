"""Errors as ``application/problem+json`` (RFC 9457): of our tree, of the framework, and bugs.

Routes raise errors of our tree; for a status that no error of ours stands for (413, 415, 429) they
raise Starlette's ``HTTPException``.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from captionacc.errors import (
    BadInputError,
    CancelledError,
    CaptionAccError,
    CatalogError,
    ConflictError,
    ForbiddenError,
    InternalError,
    MissingDependencyError,
    NotFoundError,
    ObjectNotFoundError,
    ServiceUnavailableError,
    StaleRunError,
    StoreError,
    TransientError,
    UnauthenticatedError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fastapi import FastAPI, Request

MEDIA_TYPE: Final = "application/problem+json"

_log = logging.getLogger(__name__)

_STATUSES: Final[tuple[tuple[type[CaptionAccError], HTTPStatus], ...]] = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (ObjectNotFoundError, HTTPStatus.NOT_FOUND),
    (ConflictError, HTTPStatus.CONFLICT),
    (StaleRunError, HTTPStatus.CONFLICT),
    (CancelledError, HTTPStatus.CONFLICT),
    (UnauthenticatedError, HTTPStatus.UNAUTHORIZED),
    (ForbiddenError, HTTPStatus.FORBIDDEN),
    (UsageError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (BadInputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (TransientError, HTTPStatus.SERVICE_UNAVAILABLE),
    (MissingDependencyError, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""The first class that fits gives the status; none fits a bug."""

_CODES: Final = {
    HTTPStatus.UNAUTHORIZED: UnauthenticatedError.code,
    HTTPStatus.FORBIDDEN: ForbiddenError.code,
    HTTPStatus.NOT_FOUND: NotFoundError.code,
    HTTPStatus.CONFLICT: ConflictError.code,
    HTTPStatus.TOO_MANY_REQUESTS: ServiceUnavailableError.code,
    HTTPStatus.SERVICE_UNAVAILABLE: ServiceUnavailableError.code,
}
_HINTS: Final = {
    HTTPStatus.NOT_FOUND: "See /openapi.json for what there is.",
    HTTPStatus.METHOD_NOT_ALLOWED: "See /openapi.json for the methods that there are.",
    HTTPStatus.TOO_MANY_REQUESTS: "Wait a little, then try again.",
}
_SHOWN: Final = 10

_SEE_LOG: Final = "Try again; the server's log tells the reason."
_TOLD: Final = {
    CatalogError.code: ("The database does not answer.", _SEE_LOG),
    StoreError.code: ("The object store does not answer.", _SEE_LOG),
}
"""Instead of messages that name hosts, ports and buckets."""

_DESCRIPTIONS: Final = {
    401: "No valid token.",
    403: "The token, or where the request comes from, does not allow this.",
    404: "No such thing, or it belongs to another tenant.",
    409: "Not in a state that allows this, or somebody else holds the lease.",
    413: "The body, or the file that it announces, is too large.",
    415: "The body is not JSON.",
    422: "The request is not valid; the hint says what is.",
    429: "Too many requests at once.",
    500: "A bug of ours; the log holds the traceback under the request's id.",
    503: "A service that this needs is not reachable or not ready; try again.",
}


class InvalidField(BaseModel, frozen=True):
    """What is wrong with one part of a request."""

    where: str = Field(description="Path of the part.", examples=["body.size_bytes"])
    message: str


class Problem(BaseModel, frozen=True):
    """Why a request failed (RFC 9457)."""

    type: str = Field(default="about:blank", description="Always `about:blank`: see `code`.")
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(examples=[404])
    code: str = Field(description="Stable name of the failure.", examples=["not_found"])
    detail: str = Field(description="What happened, for a person.", examples=["No such video."])
    hint: str = Field(default="", description="What to do next, for a person; may be empty.")
    request_id: str | None = Field(default=None, description="What the log calls this request.")
    errors: tuple[InvalidField, ...] | None = Field(
        default=None, description="For an invalid request: what is wrong with it."
    )


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What FastAPI's ``responses=`` needs to document these problems, and 500."""
    return {
        status: {"model": Problem, "description": _DESCRIPTIONS[status]}
        for status in (*statuses, 500)
    }


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The problem as a response."""
    given = dict(headers or {})
    if problem.status == HTTPStatus.UNAUTHORIZED:
        given.setdefault("WWW-Authenticate", "Bearer")
    return JSONResponse(
        problem.model_dump(exclude_none=True), problem.status, given, media_type=MEDIA_TYPE
    )


def problem_of(error: CaptionAccError) -> Problem:
    """The problem that an error of ours stands for."""
    kinds = (status for kind, status in _STATUSES if isinstance(error, kind))
    status = next(kinds, HTTPStatus.INTERNAL_SERVER_ERROR)
    detail, hint = _TOLD.get(error.code, (error.message, error.hint))
    return Problem(title=status.phrase, status=status, code=error.code, detail=detail, hint=hint)


def problem_of_status(status: int, detail: str = "", hint: str = "") -> Problem:
    """A problem for which our tree has no error."""
    known = HTTPStatus(status)
    return Problem(
        title=known.phrase,
        status=status,
        code=_CODES.get(known, UsageError.code),
        detail=detail or known.phrase,
        hint=hint or _HINTS.get(known, ""),
    )


def bug(request_id: str) -> Problem:
    """What a client is told of a bug: nothing of its inside."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(
        title=status.phrase,
        status=status,
        code=InternalError.code,
        detail="Something failed that should not have.",
        hint="Report it with the request's id.",
        request_id=request_id,
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Let the application answer with problems; bugs are left to the outermost middleware."""
    app.add_exception_handler(CaptionAccError, _on_our_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)


async def _on_our_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CaptionAccError)  # noqa: S101  # what it is registered for
    problem = problem_of(error)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        raise error
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        _log.warning("%s %s: %s", request.method, request.url.path, error)
        return problem_response(problem, {"Retry-After": "1"})
    return problem_response(problem)


async def _on_invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # what it is registered for
    return problem_response(invalid_request(error.errors()))


def invalid_request(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """The problem that pydantic's findings stand for; what was sent is not sent back."""
    found = tuple(
        InvalidField(where=".".join(map(str, one["loc"])), message=one["msg"])
        for one, _ in zip(errors, range(_SHOWN), strict=False)
    )
    told = "; ".join(f"{one.where}: {one.message}" for one in found)
    problem = problem_of(UsageError(f"The request is not valid: {told}.", "See /openapi.json."))
    return problem.model_copy(update={"errors": found})


async def _on_http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # what it is registered for
    # 400 is FastAPI's only for a body that cannot be parsed, such as JSON nested too deeply.
    is_unparsable = error.status_code == HTTPStatus.BAD_REQUEST
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_unparsable else error.status_code
    return problem_response(problem_of_status(status, error.detail), error.headers)
