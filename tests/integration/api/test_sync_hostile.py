"""What strangers and broken clients send is refused with a reason, and nobody else minds."""

import json
import random
import time
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from captionacc.sync.changes import Change, pack_id
from captionacc.sync.wire import encode_change

from .sockets import Client, hello_of, put_layout

TABLE, PK, CID, VAL, COL_VERSION, DB_VERSION, SITE, CL, SEQ = range(9)


@pytest.fixture
def video(world, member, object_store, tmp_path):
    """A video with a layout."""
    made = world.new_video(member.tenant_id)
    put_layout(object_store, tmp_path, made)
    return made


@pytest.fixture
def watcher(api, world, member, video):
    """Somebody else at the same layout, who must not notice anything."""
    colleague = world.new_member(member.tenant_id)
    with Client(api, colleague.token, video.id, wants="read") as client:
        client.hear("welcome")
        before = client.changes(is_last=True)
        yield client
        client.say("ping")
        client.hear("pong")
        with Client(api, colleague.token, video.id, wants="read") as again:
            assert {one[:4] for one in again.changes(is_last=True)} == {one[:4] for one in before}


@pytest.mark.parametrize(
    "first",
    [
        "",
        "x",
        "[]",
        "null",
        '"hello"',
        "{}",
        '{"v": 2, "type": "hello"}',
        '{"v": 1, "type": "hello"}',
        '{"v": 1, "type": "ping"}',
        '{"v": 1, "type": "changes", "batch": "b", "changes": []}',
        '{"v": 1, "type": "nothing"}',
        "[" * 100_000,
        '{"v": 1, "type": ' + "9" * 10_000 + "}",
        '{"v": NaN}',
        '{"v": 1, "type": "hello", "token": "\\ud800"}',
        b"hello",
    ],
    ids=range(16),
)
def test_what_is_no_hello(api, video, first):
    """Whatever comes first and is no hello ends the connection."""
    with Client(api, None, video.id) as client:
        client.socket.send(first)
        assert client.ended() == (4400, "bad_input")


@pytest.mark.parametrize(
    "wrong",
    [
        {"site_id": "AAAA"},
        {"site_id": "not base64"},
        {"connection": "tab"},
        {"seen": {"copy": "x", "db_version": -1}},
        {"seen": {"copy": "x", "db_version": 2**60}},
        {"wants": "everything"},
        {"token": 5},
    ],
    ids=str,
)
def test_hellos_that_are_wrong(api, member, video, wrong):
    """A field of the wrong kind ends the connection."""
    with Client(api, None, video.id) as client:
        client.say("hello", **hello_of(member.token, client.site_id) | wrong)
        assert client.ended() == (4400, "bad_input")


def test_who_may_not(api, world, member, video):
    """Without a token, with a wrong one, for another tenant's video, and for a missing database."""
    stranger = world.new_member()
    bare = world.new_video(member.tenant_id)
    for token, video_id, name, code in (
        ("", video.id, "layout", (4401, "unauthenticated")),
        (member.token + "x", video.id, "layout", (4401, "unauthenticated")),
        (stranger.token, video.id, "layout", (4404, "not_found")),
        (member.token, bare.id, "layout", (4404, "conflict")),
        (member.token, video.id, "captions", (4404, "conflict")),
    ):
        with Client(api, token, video_id, name) as client:
            assert client.ended() == code


def test_too_much(api, member, video, watcher):
    """Messages that are too large or too many end the connection with a code of their own."""
    assert watcher
    with Client(api, member.token, video.id) as client:
        client.hear("welcome")
        client.say("changes", batch="b", changes=["x" * (3 << 19)])
        assert client.ended() == (4413, "bad_input")
    with Client(api, member.token, video.id) as client:
        client.hear("welcome")
        with suppress(ConnectionClosed):
            client.socket.send("x" * 100_000_000)
        assert client.ended()[0] in {None, 1009}
    with Client(api, member.token, video.id) as client:
        client.hear("welcome")
        with suppress(ConnectionClosed):
            for _ in range(2000):
                client.say("ping")
        assert client.ended()[0] in {None, 4429}
    with Client(api, member.token, video.id) as client:
        batch = client.edit(*[client.change("boxes", 0, "label", "in", 2)] * 5001)
        assert client.hear("refused", batch=batch)["code"] == "bad_input"


def test_changes_that_are_none(api, member, video, watcher):
    """Other tables and columns, wrong types, strange keys and clocks are refused as they come."""
    assert watcher
    with Client(api, member.token, video.id) as client:
        client.hear("welcome")
        good = client.change("boxes", 0, "label", "in", 2)
        for changes in (
            [5],
            [[]],
            [encode_change(good)[:-1]],
            [encode_change(good._replace(table="sqlite_master"))],
            [encode_change(good._replace(table="sync_copy"))],
            [encode_change(good._replace(table="crsql_site_id"))],
            [encode_change(good._replace(table='boxes"; DROP TABLE boxes; --'))],
            [encode_change(good._replace(cid="predicted_label"))],
            [encode_change(good._replace(cid="id"))],
            [encode_change(good._replace(cid="-1", val=None))],
            [encode_change(good._replace(val="caption"))],
            [encode_change(good._replace(val=5))],
            [encode_change(good._replace(val=b"in"))],
            [encode_change(good._replace(cid="label_updated_at", val="x" * 100_000))],
            [encode_change(good._replace(pk=b""))],
            [encode_change(good._replace(pk=b"\x02\x09\x01\x09\x01"))],
            [encode_change(good._replace(pk=pack_id(99_999_999)))],
            [encode_change(good._replace(col_version=2**53 - 1))],
            [encode_change(good._replace(col_version=2**63 - 1))],
            [encode_change(good._replace(db_version=2**63 - 1))],
            [encode_change(good._replace(cl=2))],
            [encode_change(good._replace(cl=2**63 - 1))],
            [encode_change(good._replace(site_id=b"\0" * 16))],
            [encode_change(good._replace(site_id=b"\0" * 15))],
            [
                encode_change(
                    Change(
                        "layout_config",
                        pack_id(1),
                        "crop_top",
                        float("nan"),
                        2,
                        1,
                        client.site_id,
                        1,
                        0,
                    )
                )
            ],
            [encode_change(good), encode_change(good._replace(val=5))],
        ):
            batch = f"b{random.random()}"  # noqa: S311  # no secret
            client.say("changes", batch=batch, changes=changes)
            assert client.hear("refused", batch=batch)["code"] in {"bad_input", "forbidden"}


def test_noise(api, member, video, watcher):
    """Valid messages with random damage: each is answered, or ends the connection with a code."""
    assert watcher
    chance = random.Random(5)  # noqa: S311  # no secret
    codes, deadline = set(), time.monotonic() + 60
    for _ in range(12):
        with Client(api, member.token, video.id) as client:
            client.hear("welcome")
            good = client.change("boxes", 0, "label", "noise", 2)
            text = json.dumps(
                {"v": 1, "type": "changes", "batch": "b", "changes": [encode_change(good)]}
            )
            try:
                for _ in range(40):
                    client.socket.send(damaged(text, chance))
                    client.socket.recv(timeout=20)
            except ConnectionClosed:
                pass
            codes.add(client.ended() if client.socket.close_code else None)
        assert time.monotonic() < deadline
    assert codes <= {(4400, "bad_input"), (4400, None), None}


def damaged(text, chance):
    """The text with some characters exchanged, removed or doubled."""
    parts = list(text)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(parts))
        parts[place] = chance.choice(["", parts[place] * 2, chance.choice('{}[]",:09xn\\-. é\0')])
    return "".join(parts)
