"""From a response that tells of a problem to the error of ours that it stands for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from captionacc.errors import (
    CaptionAccError,
    ConflictError,
    ForbiddenError,
    InternalError,
    NotFoundError,
    ServiceUnavailableError,
    UnauthenticatedError,
    UsageError,
    error_class,
)

if TYPE_CHECKING:
    import httpx

_BY_STATUS: Final[dict[int, type[CaptionAccError]]] = {
    401: UnauthenticatedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    429: ServiceUnavailableError,
    502: ServiceUnavailableError,
    503: ServiceUnavailableError,
    504: ServiceUnavailableError,
}


def raise_for_problem(response: httpx.Response) -> None:
    """Nothing for a success; the body of any other response must have been read.

    Raises:
        CaptionAccError: the one that the problem's code names, else one that fits the status.
    """
    if response.is_success:
        return
    problem = _problem(response)
    status = response.status_code
    fallback = _BY_STATUS.get(status, InternalError if response.is_server_error else UsageError)
    told = str(problem.get("detail") or problem.get("title") or f"The API answered {status}.")
    raise error_class(str(problem.get("code", "")), fallback)(told, str(problem.get("hint") or ""))


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except json.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}
