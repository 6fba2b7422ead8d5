"""What a browser really sends passes the server's checks."""

import pytest

from captionacc.databases import captions
from captionacc.databases.schema import new_database
from captionacc.sync.incoming import accept
from captionacc.sync.permissions import CLIENT_IDS
from captionacc.sync.sharing import open_shared

NEW_ID = CLIENT_IDS.start + 12345
SCHEMA = (captions.SCHEMA.tables[0], "SELECT crsql_as_crr('captions')")
EDITS = (
    ("UPDATE captions SET text = ?, text_pending = 0 WHERE id = 1", ("你好\n世界",)),
    ("UPDATE captions SET start_pts_s = ?, boundary_state = 'confirmed' WHERE id = 1", (2.0,)),
    ("INSERT INTO captions (id, start_frame_index, end_frame_index) VALUES (?, 5, 9)", (NEW_ID,)),
    ("UPDATE captions SET text = 'new' WHERE id = ?", (NEW_ID,)),
    ("DELETE FROM captions WHERE id = ?", (2,)),
    ("DELETE FROM captions WHERE id = ?", (NEW_ID,)),
    ("INSERT INTO captions (id, text) VALUES (?, 'again')", (NEW_ID,)),
)


@pytest.fixture
def database(tmp_path):
    """The server's captions of a video."""
    path = tmp_path / "captions.db"
    with new_database(path, captions.SCHEMA) as connection:
        connection.executemany("INSERT INTO captions (id) VALUES (?)", [(1,), (2,), (3,)])
    with open_shared(path, "captions") as opened:
        yield opened


def test_edits_are_accepted(browsers, database):
    """Corrections, new captions and removals of a real browser arrive, one after the other."""
    browser, _ = browsers
    browser.open(SCHEMA)
    place, seen = 0, 0
    browser.apply(database.changes_since(0).changes)
    for sql, values in EDITS:
        browser.execute(sql, values)
        changes, place = browser.since(place, database.site_id)
        assert changes
        accept(database, "captions", changes, browser.site_id)
        page = database.changes_since(seen, exclude=browser.site_id)
        seen = page.db_version
        browser.apply(page.changes)
    mine = database.execute("SELECT id, text, boundary_state FROM captions ORDER BY id")
    assert mine == [
        (1, "你好\n世界", "confirmed"),
        (3, None, "predicted"),
        (NEW_ID, "again", "predicted"),
    ]


def test_server_writes_reach_the_browser(browsers, database):
    """What is read by OCR, also in a caption that a browser has made, is there for the browser."""
    browser, _ = browsers
    browser.open(SCHEMA)
    browser.execute("INSERT INTO captions (id, text) VALUES (?, 'mine')", (NEW_ID,))
    changes, _ = browser.since(0, database.site_id)
    accept(database, "captions", changes, browser.site_id)
    database.execute(
        "UPDATE captions SET caption_ocr = 'read', caption_ocr_status = 'completed' WHERE id = ?",
        (NEW_ID,),
    )
    accept(database, "captions", changes, browser.site_id)  # sent again, as after a lost answer
    browser.apply(database.changes_since(0, exclude=browser.site_id).changes)
    found = browser.rows("captions", ("id", "text", "caption_ocr", "caption_ocr_status"))
    assert found[-1] == (NEW_ID, "mine", "read", "completed")
