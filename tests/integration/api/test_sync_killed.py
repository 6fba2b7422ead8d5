"""Acknowledged edits survive any number of kills of the server, and everybody converges."""

import random
from pathlib import Path

import pytest

from captionacc.databases.layout import read_boxes
from captionacc.storage.s3 import S3Store
from captionacc.sync.opening import read_stored
from captionacc.sync.places import Place

from . import sync_killed
from .scene import access_of
from .sockets import put_layout


@pytest.fixture
def kill(new_api, world, object_store, tmp_path):
    """Kills the API so many times while three people edit."""

    def run(kills):
        people, places = [], []
        for _ in range(3):
            member = world.new_member()
            video = world.new_video(member.tenant_id)
            put_layout(object_store, tmp_path, video)
            colleague = world.new_member(member.tenant_id)
            people.append((member.token, colleague.token, video.id))
            places.append(Place(member.tenant_id, video.id, "layout"))
        api = new_api()
        peers = tmp_path / "peers"
        peers.mkdir()
        with api:

            def again():
                if not api.service.is_alive:
                    api.restart()
                return api

            _, pairs = sync_killed.kill_during_edits(
                again,
                people,
                kills,
                peers,
                random.Random(kills),  # noqa: S311  # no secret
            )
        sync_killed.check(pairs)
        sync_killed.check_files(Path(api.folder))
        store = S3Store(access_of(object_store))
        for place, (editor, _) in zip(places, pairs, strict=True):
            read_stored(store, place, tmp_path / "x.gz", tmp_path / "x.db")
            stored = [
                (one.row_id, one.label, one.label_updated_at)
                for one in read_boxes(tmp_path / "x.db")
            ]
            assert stored == [tuple(row) for row in editor.rows]
        return pairs

    return run


def test_a_few_kills(kill):
    """The server dies three times while three people edit."""
    kill(3)


@pytest.mark.soak
def test_a_hundred_kills(kill, capsys):
    """The same a hundred times and more."""
    pairs = kill(110)
    edits = sum(next(editor.counter) for editor, _ in pairs)
    reconnects = sum(peer.reconnects for pair in pairs for peer in pair)
    with capsys.disabled():
        print(f"110 kills, {edits} edits, {reconnects} connections lost")  # noqa: T201
