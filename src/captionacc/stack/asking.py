"""Short questions to services on the loopback address, past any proxy."""

from __future__ import annotations

import json
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any, Final

from captionacc.stack.ports import LOOPBACK

_ANSWER_S: Final = 5.0


def answers_ok(port: int, path: str) -> bool:
    """Whether a GET of ``path`` is answered with 200."""
    return _ask(port, "GET", path, None) is not None


def ask(port: int, path: str, question: object) -> Any:  # noqa: ANN401  # JSON
    """What a POST of JSON to ``path`` is answered, if that is 200, else ``None``."""
    answer = _ask(port, "POST", path, json.dumps(question))
    return None if answer is None else json.loads(answer)


def _ask(port: int, method: str, path: str, body: str | None) -> bytes | None:
    headers = {"Content-Type": "application/json"} if body else {}
    try:
        with closing(HTTPConnection(LOOPBACK, port, timeout=_ANSWER_S)) as connection:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.read() if response.status == HTTPStatus.OK else None
    except (OSError, HTTPException):
        return None
