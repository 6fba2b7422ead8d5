"""Whatever people do in two tabs, and whatever the network does: all see the same in the end."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from captionacc.databases import captions
from captionacc.sync.engine.database import SyncDatabase
from captionacc.sync.permissions import CLIENT_IDS
from captionacc.sync.wire import decode_change

from .pages import Browser, Network, PageError
from .sockets import Client
from .test_pages import COLUMNS, new_captions, rows, wait_for
from .world import SERVICE_TOKEN

MINE = [CLIENT_IDS.start + number for number in range(3)]
IDS = [1, 2, 3, *MINE]
TEXTS = [None, "", "déjà vu", "你好\n世界", "😀", "cut\0off", "x" * 300]
TIMES = [0, 1, 1.5, 0.1, 86_400.25]
STATES = ["predicted", "confirmed", "gap", "issue"]
STEPS = {
    "text": (IDS, TEXTS),
    "move": (IDS, TIMES),
    "judge": (IDS, STATES),
    "add": (MINE, TEXTS),
    "again": (IDS, TEXTS),
    "remove": (IDS,),
    "read": ([1, 2, 3], ["read", "read\nagain 字"]),
    "take": (),
    "cut": (),
    "down": (),
    "up": (),
    "deaf": (),
    "noisy": ([True, False], [True, False]),
}
WHO = (0, 1)


class Tabs:
    """Two tabs of one person with a network each, and the server seen by a third."""

    def __init__(self, api, browser, member, video) -> None:
        self._api, self._member, self._video = api, member, video
        self._networks = [Network(api.url).__enter__() for _ in WHO]
        self._pages = [browser.open(one.url, member.token, video.id) for one in self._networks]
        for page in self._pages:
            page.settled()

    def do(self, step, who, *values):
        """One step, if that tab can do it now."""
        page, network = self._pages[who], self._networks[who]
        match step:
            case "take":
                page.call("takeLease")
            case "cut":
                network.cut()
            case "down":
                network.go_down()
            case "up":
                network.recover()
            case "deaf":
                network.is_deaf = True
            case "noisy":
                network.doubles, network.swaps = values
            case "read":
                self._read(*values)
            case _:
                self._edit(page, step, *values)

    def _edit(self, page, step, row, *values):
        new = {"startFrameIndex": 1, "endFrameIndex": 2, "startPtsS": 0, "endPtsS": 0.2}
        add = [["insertCaption", {**new, "text": values[0]}, row]] if step != "remove" else []
        edits = {
            "text": [["updateCaption", row, {"text": values[0]}]] if values else [],
            "move": [["updateCaption", row, {"startPtsS": values[0]}]] if values else [],
            "judge": [["updateCaption", row, {"boundaryState": values[0]}]] if values else [],
            "add": add,
            "again": [["deleteCaption", row], *add],
            "remove": [["deleteCaption", row]],
        }
        try:
            page.write(*edits[step])
        except PageError as error:
            if "WriteRefused" not in str(error) and "UNIQUE" not in str(error):
                raise

    def _read(self, row, text):
        """A flow has read a caption."""
        results = [{"caption_id": row, "status": "completed", "text": text, "confidence": 0.5}]
        answer = self._api.http.patch(
            f"/v1/internal/videos/{self._video.id}/captions/ocr",
            json={"tenant_id": self._member.tenant_id, "results": results},
            headers={"Authorization": f"Bearer {SERVICE_TOKEN}"},
        )
        assert answer.status_code == 204, answer.text

    def settle(self):
        """All online until nothing is new."""
        for network in self._networks:
            network.recover()
            network.doubles = network.swaps = False
        for page in self._pages:
            page.settled()

    def check(self, folder):
        """Tabs and server have the same rows, with values of the same types."""
        first, second = self._pages
        wait_for(lambda: typed(rows(first)) == typed(rows(second)), True)  # noqa: FBT003
        for page in self._pages:
            page.settled()
        assert typed(rows(first)) == typed(rows(second)) == typed(self._server(folder))

    def _server(self, folder):
        """The rows of the server, from its changes alone."""
        with (
            SyncDatabase(Path(folder) / "mirror.db") as mirror,
            Client(self._api, self._member.token, self._video.id, "captions", wants="read") as peer,
        ):
            mirror.execute(captions.SCHEMA.tables[0])
            mirror.execute("SELECT crsql_as_crr('captions')")
            is_last = False
            while not is_last:
                message = peer.hear("changes")
                is_last = message["is_last"]
                mirror.apply(map(decode_change, message["changes"]))
                peer.say("ack", db_version=message["db_version"])
            return mirror.execute(f"SELECT {', '.join(COLUMNS)} FROM captions ORDER BY id")  # noqa: S608

    def close(self):
        """The tabs are closed."""
        for page in self._pages:
            page.close()
        for network in self._networks:
            network.__exit__(None, None, None)


def typed(found):
    """Rows that differ if a type does."""
    return [[(type(value), value) for value in row] for row in found]


def step_of(name):
    """A step with its tab and values."""
    return st.tuples(st.just(name), st.sampled_from(WHO), *map(st.sampled_from, STEPS[name]))


@pytest.fixture(scope="module")
def browser():
    """One browser for all tests of this file."""
    made = Browser()
    yield made
    made.close()


@pytest.fixture
def tabs(api, world, browser, object_store, tmp_path_factory):
    """Opens two tabs on a new video."""
    opened = []

    def open_tabs():
        member = world.new_member()
        folder = tmp_path_factory.mktemp("captions")
        video = new_captions(world, object_store, folder, member.tenant_id, 3)
        opened.append(Tabs(api, browser, member, video))
        return opened[-1]

    yield open_tabs
    for one in opened:
        one.close()


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.one_of(*map(step_of, STEPS)), min_size=5, max_size=40))
def test_tabs_converge(tabs, tmp_path_factory, steps):
    """Edits, removals and re-insertions meet over lost, doubled and swapped messages."""
    opened = tabs()
    for step in steps:
        opened.do(*step)
    opened.settle()
    opened.check(tmp_path_factory.mktemp("mirror"))


@pytest.mark.parametrize(
    "count", [400, pytest.param(5000, marks=pytest.mark.soak)], ids=["short", "long"]
)
def test_long_lives_converge(tabs, tmp_path_factory, count):
    """Many steps of the same two tabs, looked at again and again."""
    chance = random.Random(count)  # noqa: S311  # no secret
    opened = tabs()
    for number in range(1, count + 1):
        name = chance.choice(list(STEPS))
        opened.do(name, chance.choice(WHO), *map(chance.choice, STEPS[name]))
        if number % 100 == 0:
            opened.settle()
            opened.check(tmp_path_factory.mktemp("mirror"))
