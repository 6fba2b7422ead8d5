"""Server-sent events are read as the standard has it, however the bytes arrive."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from captionacc.cli.sse import ServerEvent, parse_events

STREAM = (
    ": hello\r\n\r\n"
    'id: 7-1\r\nevent: run\r\ndata: {"text": "a\u2028b\x85c"}\r\n\r\n'
    ": heartbeat\n\n"
    "data: one\ndata: two\n\n"
    "id: 9-3\nevent: video\n\n"
    "event: captions\ndata:x\nretry: 10\nnonsense\n\n"
    "data: cut off"
).encode()
EVENTS = [
    ServerEvent("run", '{"text": "a\u2028b\x85c"}', "7-1"),
    ServerEvent("message", "one\ntwo", "7-1"),
    ServerEvent("captions", "x", "9-3"),
]


@given(st.lists(st.integers(1, len(STREAM) - 1), unique=True).map(sorted))
def test_pieces_of_any_size(cuts):
    """Names, ids and several lines of data arrive whole; comments and cut off events do not."""
    edges = [0, *cuts, len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]
    assert list(parse_events(pieces)) == EVENTS


def test_last_id_of_an_earlier_stream():
    """An event without an id has the one before it, also across streams."""
    assert list(parse_events([b"data: x\n\n"], "4-4")) == [ServerEvent("message", "x", "4-4")]
