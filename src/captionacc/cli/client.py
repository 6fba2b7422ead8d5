"""The API as the commands see it: where it is, the session, and answers or errors of ours."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Self

import httpx

from captionacc.cli.problems import raise_for_problem
from captionacc.cli.sse import parse_events
from captionacc.cli.stack_state import read_stack_state
from captionacc.errors import MissingDependencyError, ServiceUnavailableError
from captionacc.settings import get_settings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from types import TracebackType

    from captionacc.cli.sse import ServerEvent

_TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)
_SILENCE_S: Final = 60.0
"""Longer than any pause between two heartbeats of the event stream."""

_START: Final = "Start it with `captionacc up`, or name a running one with --api-url."


def find_api(api_url: str | None) -> str:
    """Where the API is: as given, as set, or where the running stack has written it.

    Raises:
        MissingDependencyError: no stack runs here.
    """
    settings = get_settings()
    given = api_url or settings.api_url
    if given is not None:
        return given.rstrip("/")
    stack = read_stack_state(settings.data_dir)
    if stack is None:
        raise MissingDependencyError("No running CaptionA.cc was found on this machine.", _START)
    return stack.api_url.rstrip("/")


class _LocalSession(httpx.Auth):
    """Signs in as clients on this machine may, at the first request and when a token expires."""

    def __init__(self, url: str) -> None:
        self._request = httpx.Request("POST", f"{url}/v1/session")
        self._token = ""

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        if not self._token:
            yield from self._sign_in()
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            yield from self._sign_in()
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _sign_in(self) -> Generator[httpx.Request, httpx.Response, None]:
        response = yield self._request
        response.read()
        raise_for_problem(response)
        self._token = str(response.json()["access_token"])


class Client:
    """A signed-in client of the API; close it, or use it as a context manager."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT, auth=_LocalSession(url))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all connections."""
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:  # noqa: ANN401  # JSON
        """The JSON answer to a GET; parameters that are ``None`` are left out.

        Raises:
            CaptionAccError: what the API's problem stands for.
        """
        given = {name: value for name, value in params.items() if value is not None}
        return self.request("GET", path, params=given).json()

    def post(self, path: str, body: object = None) -> Any:  # noqa: ANN401  # JSON
        """The JSON answer to a POST.

        Raises:
            CaptionAccError: what the API's problem stands for.
        """
        return self.request("POST", path, json=body).json()

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401  # httpx's
        """A successful response.

        Raises:
            MissingDependencyError: nothing answers.
            CaptionAccError: what the API's problem stands for.
        """
        with _told(self.url):
            response = self._http.request(method, path, **options)
        raise_for_problem(response)
        return response

    @contextmanager
    def events(self, last_id: str = "") -> Generator[Iterator[ServerEvent]]:
        """The tenant's live events after ``last_id``; the stream is open when the block begins.

        Raises:
            MissingDependencyError: nothing answers.
            ServiceUnavailableError: the stream broke; open it again with the last event's id.
            CaptionAccError: what the API's problem stands for.
        """
        headers = {"Last-Event-ID": last_id} if last_id else {}
        timeout = httpx.Timeout(_SILENCE_S, connect=5.0)
        with (
            _told(self.url),
            self._http.stream("GET", "/v1/events", headers=headers, timeout=timeout) as response,
        ):
            if response.is_error:
                response.read()
                raise_for_problem(response)
            yield parse_events(response.iter_bytes(), last_id)


def connect(api_url: str | None) -> Client:
    """A client of the API that ``find_api`` finds.

    Raises:
        MissingDependencyError: there is none, or it does not answer.
    """
    return Client(find_api(api_url))


@contextmanager
def _told(url: str) -> Generator[None]:
    """Turns the transport's errors into ours."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise MissingDependencyError(f"Nothing answers at {url}.", _START) from None
    except (httpx.UnsupportedProtocol, httpx.InvalidURL):
        raise MissingDependencyError(
            f"{url!r} is no address of an API.", "Give one such as http://127.0.0.1:8710."
        ) from None
    except httpx.TransportError as error:
        raise ServiceUnavailableError(
            f"The connection to {url} broke: {error or type(error).__name__}.", "Try again."
        ) from error
