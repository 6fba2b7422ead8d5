"""What counts as use of the process, and what does not."""

import asyncio

import pytest

from captionacc.api.activity import Activity, Attendance


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self):
        """The time."""
        return self.now_s


@pytest.fixture
def clock():
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def activity(clock):
    """Nothing has been of use since 5 s ago."""
    made = Activity(clock)
    clock.now_s += 5
    return made


def test_is_not_idle_during_a_use(activity, clock):
    """However long a use lasts, idle time is counted from its end."""
    activity.enter("requests")
    clock.now_s += 1000
    assert activity.idle_s == 0
    assert activity.uses == {"requests": 1}
    activity.leave("requests")
    activity.touch()
    assert activity.idle_s == 0
    clock.now_s += 3
    assert activity.idle_s == 3
    assert not activity.uses


def test_uses_of_one_kind_are_counted(activity, clock):
    """One request that ends does not hide another that goes on."""
    for _ in range(2):
        activity.enter("requests")
    activity.leave("requests")
    clock.now_s += 9
    assert activity.idle_s == 0


def _pass(activity, scope, message):
    """What is in use while ``message`` is the answer."""
    seen = []

    async def answer(_scope, _receive, send):
        seen.append(dict(activity.uses))
        await send(message)

    async def send(sent):
        assert sent is message

    asyncio.run(Attendance(answer, activity)(scope, None, send))
    return seen[0]


def _request(activity, path, status):
    message = {"type": "http.response.start", "status": status}
    return _pass(activity, {"type": "http", "path": path}, message)


@pytest.mark.parametrize("status", [200, 201, 304, 503])
def test_request_is_a_use(activity, status):
    """A request counts while it is answered, and the idle time begins anew."""
    assert _request(activity, "/v1/videos", status) == {"requests": 1}
    assert activity.idle_s == 0


@pytest.mark.parametrize("status", [401, 403, 404, 429])
def test_refused_request_is_a_use_until_it_is_answered(activity, status):
    """Strangers who try all doors do not keep the process up, and are answered all the same."""
    assert _request(activity, "/v1/videos", status) == {"requests": 1}
    assert activity.idle_s == 5


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_machines_that_look_are_no_use(activity, path):
    """Health checks and metrics come for ever, so they do not count."""
    assert _request(activity, path, 200) == {}
    assert activity.idle_s == 5


@pytest.mark.parametrize(("code", "idle_s"), [(1000, 0), (1012, 0), (4401, 5), (4403, 5)])
def test_socket_is_a_use_unless_it_is_refused(activity, code, idle_s):
    """A WebSocket counts as long as it is open; one without a valid token leaves no trace."""
    closing = {"type": "websocket.close", "code": code}
    assert _pass(activity, {"type": "websocket", "path": "/sync"}, closing) == {"sockets": 1}
    assert activity.idle_s == idle_s


def test_failing_request_is_left(activity):
    """A bug does not keep the process up for ever."""

    async def fail(_scope, _receive, _send):
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        asyncio.run(Attendance(fail, activity)({"type": "http", "path": "/"}, None, None))
    assert not activity.uses
