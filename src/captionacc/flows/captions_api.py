"""The API's internal endpoints: ``captions.db`` has one writer, and that is the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from captionacc.errors import (
    ConflictError,
    InternalError,
    NotFoundError,
    ServiceUnavailableError,
    UsageError,
    error_class,
)
from captionacc.model.ids import CaptionId  # noqa: TC001  # pydantic reads annotations at run time
from captionacc.model.results import CaptionExtent  # noqa: TC001  # as above
from captionacc.settings import get_settings, require

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from types import TracebackType

    from captionacc.databases.captions import CaptionOcr
    from captionacc.model.ids import RunId, TenantId, VideoId

# Building captions.db of a long video takes the API a while.
_TIMEOUT: Final = httpx.Timeout(120.0, connect=10.0)
# With growing pauses, about a quarter of a minute: a restart of the API uses up no attempt.
_CONNECT_RETRIES: Final = 6
_STATUS_CLASSES: Final = {404: NotFoundError, 409: ConflictError, 422: UsageError}
_TOO_MANY: Final = 429

_Body = TypeVar("_Body", bound=BaseModel)


class BuiltCaptions(BaseModel, frozen=True):
    """What building or merging ``captions.db`` left to do.

    Attributes:
        caption_ids: The captions to be read.
        caption_count: All captions in it.
    """

    caption_ids: tuple[CaptionId, ...]
    caption_count: int


class _Placed(BaseModel, frozen=True):
    """A caption and where it is."""

    caption_id: CaptionId
    extent: CaptionExtent


class _Extents(BaseModel, frozen=True):
    captions: tuple[_Placed, ...]


class CaptionsApi:
    """A client with the service token; use it as an async context manager."""

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        transport = httpx.AsyncHTTPTransport(retries=_CONNECT_RETRIES)
        self._client = client or httpx.AsyncClient(timeout=_TIMEOUT, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def build(
        self, tenant_id: TenantId, video_id: VideoId, version: int, run_id: RunId
    ) -> BuiltCaptions:
        """Have ``captions.db`` built from the inference results of ``version``, or merged.

        Raises:
            ServiceUnavailableError: the API cannot be reached, or failed.
            CaptionAccError: what the API says is wrong.
        """
        body = {"tenant_id": tenant_id, "version": version, "run_id": run_id}
        return _parse(BuiltCaptions, await self._call("POST", video_id, body=body))

    async def extents(
        self, tenant_id: TenantId, video_id: VideoId, caption_ids: Collection[CaptionId]
    ) -> dict[CaptionId, CaptionExtent]:
        """Where these captions are; those that are gone meanwhile are left out.

        Raises:
            ServiceUnavailableError: the API cannot be reached, or failed.
            CaptionAccError: what the API says is wrong.
        """
        query = {"tenant_id": tenant_id, "ids": ",".join(map(str, caption_ids))}
        found = _parse(_Extents, await self._call("GET", video_id, params=query))
        return {one.caption_id: one.extent for one in found.captions}

    async def store_ocr(
        self, tenant_id: TenantId, video_id: VideoId, results: Iterable[CaptionOcr]
    ) -> None:
        """Put what became of reading captions into ``captions.db``.

        Raises:
            ServiceUnavailableError: the API cannot be reached, or failed.
            CaptionAccError: what the API says is wrong.
        """
        body = {"tenant_id": tenant_id, "results": [asdict(one) for one in results]}
        await self._call("PATCH", video_id, "/ocr", body=body)

    async def _call(
        self,
        method: str,
        video_id: VideoId,
        path: str = "",
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        url = f"{require('api_url').rstrip('/')}/v1/internal/videos/{video_id}/captions{path}"
        headers = {"Authorization": f"Bearer {require('service_token')}"}
        try:
            response = await self._client.request(
                method, url, headers=headers, params=params, json=body
            )
        except httpx.HTTPError as error:
            raise ServiceUnavailableError(
                f"The API at {get_settings().api_url} did not answer: {type(error).__name__}.",
                "It is tried again; see whether the API runs.",
            ) from error
        _raise_for_problem(response)
        return response


def _raise_for_problem(response: httpx.Response) -> None:
    if response.is_success:
        return
    is_passing = response.is_server_error or response.status_code == _TOO_MANY
    fallback = (
        ServiceUnavailableError
        if is_passing
        else _STATUS_CLASSES.get(response.status_code, InternalError)
    )
    problem = _Problem.of(response)
    told = problem.detail or f"The API answered {response.status_code}."
    raise error_class(problem.code, fallback)(told, problem.hint)


class _Problem(BaseModel, frozen=True):
    """The part of a ``problem+json`` body that we need."""

    code: str = ""
    detail: str = ""
    hint: str = ""

    @classmethod
    def of(cls, response: httpx.Response) -> Self:
        try:
            return cls.model_validate_json(response.content)
        except ValidationError:
            return cls()  # not one of ours, such as a proxy's page


def _parse(kind: type[_Body], response: httpx.Response) -> _Body:
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise InternalError(f"The API's answer is no {kind.__name__}: {error}") from error
