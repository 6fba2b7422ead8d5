"""Sends a file to the object store in presigned parts, several at once, and again on failure."""

from __future__ import annotations

import os
import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import httpx

from captionacc.cli.source import read_part
from captionacc.errors import CancelledError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from captionacc.cli.source import Part, Source

_AT_ONCE: Final = 4
_ATTEMPTS: Final = 6
_FIRST_PAUSE_S: Final = 0.5
_URLS_AT_ONCE: Final = 64
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)


class Transfer:
    """One file on its way.

    Args:
        source: The file.
        sign: Gives a presigned URL for each of the part numbers.
        sent: Told of each piece that left, in bytes; negative when a part has to be sent again.
            It is called from several threads.
    """

    def __init__(
        self,
        source: Source,
        sign: Callable[[Sequence[int]], dict[int, str]],
        sent: Callable[[int], None],
    ) -> None:
        self._source = source
        self._sign = sign
        self._sent = sent
        self._stop = threading.Event()
        self._signing = threading.Lock()

    def run(self, parts: Sequence[Part]) -> None:
        """Send these parts.

        Raises:
            StoreError: a part was refused again and again, or the store cannot be reached.
            BadInputError: the file has become shorter.
            CaptionAccError: the parts could not be signed.
        """
        with (
            _opened(self._source) as descriptor,
            httpx.Client(timeout=_TIMEOUT) as http,
            ThreadPoolExecutor(_AT_ONCE) as pool,
        ):
            try:
                for batch in _batches(parts):
                    urls = self._sign([part.number for part in batch])
                    pending = [
                        pool.submit(self._send, http, descriptor, part, urls[part.number])
                        for part in batch
                    ]
                    for done in wait(pending, return_when=FIRST_EXCEPTION).done:
                        done.result()
            except BaseException:
                self._stop.set()  # so that the pool's end does not wait for all the others
                raise

    def _send(self, http: httpx.Client, descriptor: int, part: Part, url: str) -> None:
        problem = ""
        for attempt in range(_ATTEMPTS):
            if attempt and self._stop.wait(_FIRST_PAUSE_S * 2 ** (attempt - 1)):
                raise CancelledError("The upload was interrupted.")
            response = self._put(http, descriptor, part, url)
            if isinstance(response, httpx.Response):
                if response.is_success:
                    return
                problem = f"the object store answered {response.status_code}"
                if response.status_code == HTTPStatus.FORBIDDEN:  # the URL has expired
                    url = self._sign_again(part)
            else:
                problem = response
        raise StoreError(
            f"Part {part.number} of {self._source.path.name} could not be sent: {problem}.",
            "Run the same command again: what has arrived is kept.",
        )

    def _put(
        self, http: httpx.Client, descriptor: int, part: Part, url: str
    ) -> httpx.Response | str:
        """The store's answer, or in words why there is none."""
        left = 0

        def count(size: int) -> None:
            nonlocal left
            left += size
            self._sent(size)

        content = read_part(descriptor, part, count, self._stop)
        try:
            # With its length given the body is streamed, not sent in HTTP's own chunks.
            headers = {"Content-Length": str(part.size)}
            response = http.put(url, content=content, headers=headers)
        except httpx.TransportError as error:
            self._sent(-left)
            return str(error) or type(error).__name__
        if not response.is_success:
            self._sent(-left)
        return response

    def _sign_again(self, part: Part) -> str:
        with self._signing:
            return self._sign([part.number])[part.number]


@contextmanager
def _opened(source: Source) -> Generator[int]:
    descriptor = os.open(source.path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _batches(parts: Sequence[Part]) -> Iterable[Sequence[Part]]:
    for start in range(0, len(parts), _URLS_AT_ONCE):
        yield parts[start : start + _URLS_AT_ONCE]
