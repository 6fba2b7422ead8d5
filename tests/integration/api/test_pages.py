"""The sync library of the web page, in Node, before the real API."""

import re
import time

import pytest

from captionacc.databases import captions
from captionacc.databases.packing import pack
from captionacc.databases.schema import new_database
from captionacc.storage.keys import VideoKeys
from captionacc.storage.s3 import S3Store

from .pages import Browser, Network, PageError
from .scene import REGION, access_of
from .world import claims, sign

COLUMNS = re.findall(r"^ +(\w+) (?:INTEGER|REAL|TEXT)", captions.SCHEMA.tables[0], re.MULTILINE)
NEW = {"startFrameIndex": 5, "endFrameIndex": 9, "startPtsS": 0.5, "endPtsS": 1, "text": "new"}


def put_captions(object_store, folder, video, count):
    """A file of captions in the store, as if the flows had made it."""
    folder.mkdir(exist_ok=True)
    path, packed = folder / "captions.db", folder / "captions.db.gz"
    with new_database(path, captions.SCHEMA) as connection:
        connection.executemany(
            "INSERT INTO captions (id, start_frame_index, end_frame_index, start_pts_s, end_pts_s,"
            " caption_ocr) VALUES (?1, ?1 * 36, ?1 * 36 + 20, ?1 * 3.6, ?1 * 3.6 + 2, ?2)",
            [(number, f"line {number}\n第{number}行 😀") for number in range(1, count + 1)],
        )
        connection.execute("UPDATE database_metadata SET next_caption_id = ?", (count + 1,))
    pack(path, packed)
    key = VideoKeys(video.tenant_id, video.id).captions_db
    S3Store(access_of(object_store)).put_file(key, packed)


def new_captions(world, object_store, folder, tenant_id, count):
    """A video with so many captions."""
    video = world.new_video(tenant_id)
    put_captions(object_store, folder, video, count)

    async def activate(catalog):
        await catalog.versions.ensure(video.id, tenant_id, 1, REGION)
        await catalog.versions.activate(video.id, 1, 600)

    world.ask(activate)
    return video


@pytest.fixture(scope="module")
def browser():
    """One browser for all tests of this file."""
    made = Browser()
    yield made
    made.close()


@pytest.fixture
def video(world, member, object_store, tmp_path):
    """A video with ten captions."""
    return new_captions(world, object_store, tmp_path, member.tenant_id, 10)


@pytest.fixture
def network(api):
    """A way to the API that can fail."""
    with Network(api.url) as made:
        yield made


@pytest.fixture
def opened(browser, network, member, video):
    """Opens pages on the video, over the network; they are closed in the end."""
    pages = []

    def open_page(token=member.token, url=network.url, **options):
        pages.append(browser.open(url, token, video.id, **options))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


@pytest.fixture
def replace(object_store, video, tmp_path):
    """Puts another database in the place of the stored one, with so many captions."""
    return lambda count: put_captions(object_store, tmp_path / "other", video, count)


def rows(page):
    """All captions with their types."""
    return page.rows("captions", COLUMNS)


def texts(page):
    """What people wrote, by id."""
    return {row["id"]: row["text"] for row in page.query("allCaptions") if row["text"] is not None}


def wait_for(question, answer, seconds=60):
    """Wait until the question has this answer."""
    deadline = time.monotonic() + seconds
    while (found := question()) != answer:
        assert time.monotonic() < deadline, f"{found} instead of {answer}"
        time.sleep(0.02)


def test_a_page_shows_and_edits(opened):
    """What one page corrects, adds and removes is in the other, and looks as it should."""
    mine = opened().settled()
    other = opened(wants="read").settled()
    assert rows(mine) == rows(other)
    assert len(rows(mine)) == 10
    mine.write(
        ["updateCaption", 1, {"text": "déjà 😀", "boundaryState": "confirmed", "startPtsS": 4}],
        ["deleteCaption", 2],
        ["insertCaption", NEW],
    )
    assert {"déjà 😀", "new"} <= set(texts(mine).values())
    mine.settled()
    wait_for(lambda: rows(other), rows(mine))
    (first,) = other.query("captionById", 1)
    assert (first["text"], first["startPtsS"], first["boundaryState"]) == (
        "déjà 😀",
        4,
        "confirmed",
    )
    assert first["captionOcr"] == "line 1\n第1行 😀"
    assert first["boundaryPending"] is True
    assert (*other.query("captionById", 2),) == ()


def test_subscriptions_follow(opened):
    """A page is told of what another writes, and keeps the rows that have not changed."""
    mine, other = opened().settled(), opened(wants="read").settled()
    other.ask("subscribe", name="allCaptions")
    wait_for(lambda: len(other.ask("told")), 1)
    mine.write(["updateCaption", 3, {"text": "third"}])
    wait_for(lambda: len(other.ask("told")), 2)
    told = other.ask("told")[-1]
    assert (len(told["rows"]), told["same"]) == (10, 9)


def test_a_failed_edit_leaves_nothing(opened):
    """A transaction that fails in the middle changes nothing, here or elsewhere."""
    mine = opened().settled()
    before = rows(mine)
    with pytest.raises(PageError, match="no such column: absent"):
        mine.write(
            ["updateCaption", 1, {"text": "half"}],
            ["execute", "UPDATE captions SET text = absent", []],
        )
    assert rows(mine) == before
    assert mine.state["unsaved"] == 0


def test_edits_wait_while_offline(opened, network):
    """Without a network edits are seen here, and by the others once it is back."""
    mine, other = opened().settled(), opened(wants="read").settled()
    network.go_down()
    mine.until(connection="offline")
    for number in range(30):
        mine.write(["updateCaption", number % 3 + 1, {"text": f"edit {number}"}])
    assert texts(mine) == {1: "edit 27", 2: "edit 28", 3: "edit 29"}
    assert mine.state["unsaved"] == 30
    network.recover()
    mine.settled()
    wait_for(lambda: texts(other), texts(mine))


def test_unsaved_edits_survive_a_reload(opened, network):
    """What was not saved when the page was left is shown and saved by the next page."""
    mine = opened(storage="persistent", user="me").settled()
    other = opened(wants="read").settled()
    mine.write(["updateCaption", 1, {"text": "saved"}])
    mine.settled()
    network.go_down()
    mine.until(connection="offline")
    mine.write(["updateCaption", 2, {"text": "not saved"}])
    mine.close()
    again = opened(storage="persistent", user="me")
    assert again.state["unsaved"] == 1
    assert texts(again) == {1: "saved", 2: "not saved"}
    network.recover()
    again.settled()
    wait_for(lambda: texts(other), {1: "saved", 2: "not saved"})
    assert rows(again) == rows(other)


def test_tabs_have_copies_of_their_own(opened):
    """Two tabs of a browser, each with a store, see each other's edits; nobody else gets these."""
    first = opened(storage="persistent", user="me").settled()
    second = opened(storage="persistent", user="me").settled()
    first.until(reason="transferred")
    second.write(["updateCaption", 1, {"text": "second"}])
    second.settled()
    wait_for(lambda: texts(first), {1: "second"})
    assert first.state["isPersistent"]
    assert second.state["isPersistent"]


def test_a_refused_edit_is_undone(opened):
    """An edit that the server refuses disappears and is told; those beside it stay."""
    mine = opened().settled()
    before = rows(mine)[3]
    mine.write(["execute", "UPDATE captions SET caption_ocr = 'mine' WHERE id = 4", []])
    mine.write(["updateCaption", 5, {"text": "good"}])
    mine.until(problem="forbidden").settled()
    wait_for(lambda: rows(mine)[3], before)
    assert texts(mine) == {5: "good"}
    assert "caption_ocr" in mine.state["problem"]["message"]
    mine.call("dismissProblem")
    mine.write(["updateCaption", 4, {"text": "also good"}])
    mine.settled()
    assert mine.state["problem"] is None


def test_a_refused_edit_does_not_come_back(opened, network):
    """A page that is left before the refused edit was undone has it no more when it is opened."""
    mine = opened(storage="persistent", user="me").settled()
    mine.write(["execute", "UPDATE captions SET caption_ocr = 'mine' WHERE id = 4", []])
    mine.until(problem="forbidden")
    network.go_down()
    mine.close()
    network.recover()
    again = opened(storage="persistent", user="me").settled()
    assert again.query("captionById", 4)[0]["captionOcr"] != "mine"


def test_the_lease_moves_between_tabs(opened):
    """The tab that was opened last writes; the one before is told why not, and can take it back."""
    first = opened().settled().until(mayWrite=True)
    second = opened().settled().until(mayWrite=True)
    first.until(reason="transferred")
    with pytest.raises(PageError, match="WriteRefused"):
        first.write(["updateCaption", 1, {"text": "too late"}])
    assert texts(first) == {}
    first.call("takeLease")
    first.until(mayWrite=True)
    second.until(reason="transferred")
    first.write(["updateCaption", 1, {"text": "mine again"}])
    first.settled()
    wait_for(lambda: texts(second), {1: "mine again"})


def test_a_lost_connection_does_not_move_the_lease_back(opened, network):
    """A tab that has lost the lease to another does not take it when it connects again."""
    first = opened().settled()
    second = opened().settled().until(mayWrite=True)
    first.until(reason="transferred")
    network.cut()
    first.until(connection="offline")
    second.until(connection="online", mayWrite=True)
    first.settled().until(mayWrite=False)
    second.write(["updateCaption", 1, {"text": "still mine"}])
    second.settled()


def test_another_person_waits_for_the_lease(opened, world, member):
    """A colleague is told who holds it, and gets it when it is given back."""
    colleague = world.new_member(member.tenant_id)
    mine = opened().settled().until(mayWrite=True)
    theirs = opened(token=colleague.token).settled().until(reason="held_by_other")
    assert theirs.state["lease"]["holder"]["kind"] == "user"
    assert not theirs.state["lease"]["holder"]["isSelf"]
    mine.write(["updateCaption", 1, {"text": "before"}])
    mine.call("releaseLease")
    mine.until(mayWrite=False, unsaved=0)
    theirs.until(mayWrite=True)
    theirs.write(["updateCaption", 1, {"text": "after"}])
    theirs.settled()
    wait_for(lambda: texts(mine), {1: "after"})


def test_a_token_is_renewed(opened, member):
    """A page sends a fresh token before the old one ends, and notices nothing."""
    brief = sign(claims(member.user_id, member.tenant_id, exp=int(time.time()) + 6))
    mine = opened(token=[brief, member.token]).settled()
    deadline = time.time() + 7
    while time.time() < deadline:
        assert mine.state["connection"] == "online"
        time.sleep(0.1)
    mine.write(["updateCaption", 1, {"text": "still here"}])
    mine.settled()


def test_an_expired_token_is_replaced(opened, member):
    """A page that comes with an old token tries again with a new one, once."""
    old = sign(claims(member.user_id, member.tenant_id, exp=int(time.time()) - 600))
    opened(token=[old, member.token]).settled()
    mine = opened(token=[old, old]).until(connection="closed")
    assert mine.state["problem"]["code"] == "unauthenticated"


def test_a_video_of_others(opened, world):
    """Somebody of another tenant gets nothing, and a reason."""
    stranger = opened(token=world.new_member().token).until(connection="closed")
    assert stranger.state["problem"]["code"] == "not_found"
    with pytest.raises(PageError, match="closed"):
        rows(stranger)


def test_a_replaced_copy(opened, api, network, replace):
    """When the database was replaced, its pages follow; an edit of the old one is lost and told."""
    mine = opened(storage="persistent", user="me").settled()
    network.go_down()
    mine.until(connection="offline")
    mine.write(["updateCaption", 1, {"text": "of the old one"}])
    replace(3)
    other = opened(url=api.url).settled().until(mayWrite=True)
    other.write(["updateCaption", 2, {"text": "makes the server look"}])
    other.call("releaseLease")
    wait_for(lambda: len(rows(other)), 3)
    network.recover()
    mine.until(problem="copy_replaced").settled()
    assert rows(mine) == rows(other)
    mine.until(mayWrite=True).write(["updateCaption", 1, {"text": "of the new one"}])
    mine.settled()
    wait_for(lambda: texts(other), {1: "of the new one"})
