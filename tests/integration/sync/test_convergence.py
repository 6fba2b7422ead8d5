"""Whatever people do, offline and at once, and whatever the network does: all see the same."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peers import COLUMNS, Server

IDS = st.integers(1, 6)
VALUES = {
    "number": st.none() | st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 2, 2**53 + 1]),
    "share": st.none() | st.floats(allow_nan=False) | st.sampled_from([2.0, 0.5, 1e300]),
    "text": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    "content": st.none() | st.binary(max_size=8),
}
WHO = st.integers(0, 2)
CLIENT = st.integers(1, 2)
EDITS = st.one_of(
    st.tuples(st.just("put"), WHO, IDS, st.tuples(*VALUES.values())),
    *(st.tuples(st.just(name), WHO, IDS, values) for name, values in VALUES.items()),
    st.tuples(st.just("remove"), WHO, IDS),
    st.tuples(st.just("send"), CLIENT, st.booleans(), st.randoms(use_true_random=False)),
    st.tuples(st.just("receive"), CLIENT, st.booleans(), st.randoms(use_true_random=False)),
)
PUT = (
    "INSERT INTO notes VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
    " number = excluded.number, share = excluded.share, text = excluded.text,"
    " content = excluded.content"
)


class Network:
    """A server with two clients; each remembers how far it got, unless that is lost."""

    def __init__(self, server, browsers):
        self.peers = (server, *browsers)
        self.places = {}

    def move(self, source, target, *, is_lost=False, chance=None):
        """Bring what is new, shuffled and twice if by chance; forget that it was if it is lost."""
        giver, taker = self.peers[source], self.peers[target]
        changes, reached = giver.since(self.places.get((source, target), 0), taker.site_id)
        batches = [changes[start : start + 5] for start in range(0, len(changes), 5)]
        if chance is not None:
            batches += batches[::2]
            chance.shuffle(batches)
        for batch in batches:
            taker.apply(batch)
        if not is_lost:
            self.places[source, target] = reached
        return len(changes)

    def do(self, edit):
        """One step."""
        match edit:
            case "put", who, row_id, values:
                self.peers[who].execute(PUT, (row_id, *values))
            case "remove", who, row_id:
                self.peers[who].execute("DELETE FROM notes WHERE id = ?", (row_id,))
            case "send", client, is_lost, chance:
                self.move(client, 0, is_lost=is_lost, chance=chance)
            case "receive", client, is_lost, chance:
                self.move(0, client, is_lost=is_lost, chance=chance)
            case column, who, row_id, value:
                update = f"UPDATE notes SET {column} = ? WHERE id = ?"  # noqa: S608  # ours
                self.peers[who].execute(update, (value, row_id))

    def settle(self):
        """All online until nothing is new."""
        for client in (1, 2, 1):
            self.move(client, 0)
            self.move(0, client)

    def check(self):
        """All have the same rows, with values of the same types."""
        states = [peer.rows() for peer in self.peers]
        typed = [[[(type(one), one) for one in row] for row in state] for state in states]
        assert typed[0] == typed[1] == typed[2]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(EDITS, min_size=5, max_size=60))
def test_all_converge(browsers, tmp_path_factory, edits):
    """Edits, removals and re-insertions meet over lost, doubled and shuffled batches."""
    network = new_network(browsers, tmp_path_factory)
    for edit in edits:
        network.do(edit)
    network.settle()
    network.check()
    network.peers[0].database.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_long_lives_converge(browsers, tmp_path_factory, seed):
    """A thousand steps of the same three databases, looked at again and again."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    network = new_network(browsers, tmp_path_factory)
    for step in range(1000):
        network.do(any_edit(chance))
        if step % 100 == 99:
            network.settle()
            network.check()
    assert network.peers[0].database.execute("PRAGMA integrity_check") == [("ok",)]
    network.peers[0].database.close()


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (("share", 2.0), ("share", 3.5)),
        (("number", 1_700_000_000_005), ("number", 1_700_000_000_000)),
        (("number", -(2**63)), ("number", 2**63 - 1)),
        (("text", ""), ("text", None)),
        (("content", b""), ("content", b"\0")),
    ],
)
def test_two_write_the_same_field(browsers, tmp_path_factory, mine, theirs):
    """Of two that write one field at the same time, one wins, and for everybody the same one."""
    network = new_network(browsers, tmp_path_factory)
    network.do(("put", 0, 1, (1, 1.0, "x", b"x")))
    network.settle()
    network.do((mine[0], 1, 1, mine[1]))
    network.do((theirs[0], 0, 1, theirs[1]))
    network.settle()
    network.check()
    assert network.peers[0].rows()[0][COLUMNS.index(mine[0])] in (mine[1], theirs[1])
    network.peers[0].database.close()


def new_network(browsers, tmp_path_factory):
    """Three empty databases."""
    for browser in browsers:
        browser.open()
    return Network(Server(tmp_path_factory.mktemp("server") / "notes.db"), browsers)


def any_edit(chance):
    """One step by chance; hypothesis would need to keep them all to shrink them."""
    row_id, who, client = chance.randint(1, 12), chance.randint(0, 2), chance.randint(1, 2)
    values = {
        "number": chance.choice([None, 0, 2, -1, 2**31, 2**53 + 1, -(2**63), 2**63 - 1]),
        "share": chance.choice([None, 2.0, -0.5, 1e300, float("inf"), 5e-324]),
        "text": chance.choice([None, "", "déjà", "你好\0", "😀", "x" * 300]),
        "content": chance.choice([None, b"", b"\0", bytes(range(256))]),
    }
    kind = chance.choice(["put", "remove", "send", "receive", *VALUES, *VALUES])
    match kind:
        case "put":
            return (kind, who, row_id, tuple(values.values()))
        case "remove":
            return (kind, who, row_id)
        case "send" | "receive":
            return (kind, client, chance.random() < 0.3, chance)
        case _:
            return (kind, who, row_id, values[kind])
