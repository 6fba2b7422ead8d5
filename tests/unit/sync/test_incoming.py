"""What clients may change, and what happens to everything else that they send."""

import contextlib
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from captionacc.databases import captions, layout
from captionacc.databases.layout import BOXES_PER_FRAME, LayoutBox, LayoutConfig, write_layout
from captionacc.databases.schema import new_database
from captionacc.errors import BadInputError, ForbiddenError
from captionacc.model.geometry import OcrBox
from captionacc.sync.changes import ROW, Change, pack_id
from captionacc.sync.incoming import accept
from captionacc.sync.permissions import CLIENT_IDS, CLIENT_MAY
from captionacc.sync.sharing import open_shared

SITE = b"\x11" * 16
NEW_ID = CLIENT_IDS.start + 7
BOX_ID = BOXES_PER_FRAME + 1


@pytest.fixture
def shared(tmp_path):
    """A layout and a caption database with some rows, shared."""
    boxes = [LayoutBox(1, 1, OcrBox("word", 0.9, 0.1, 0.2, 0.3, 0.4))]
    write_layout(tmp_path / "layout.db", LayoutConfig(1920, 1080, None), boxes)
    with new_database(tmp_path / "captions.db", captions.SCHEMA) as connection:
        connection.execute("INSERT INTO captions (id, caption_ocr) VALUES (1, 'read')")
    opened = {name: open_shared(tmp_path / f"{name}.db", name) for name in ("layout", "captions")}
    yield opened
    for database in opened.values():
        database.abandon()


def change(table, row_id, column, value, **differently):
    """A change as an honest client makes it."""
    honest = Change(table, pack_id(row_id), column, value, 2, 5, SITE, 1, 0)
    return honest._replace(**differently)


def caption(column, value, row_id=1, **differently):
    """A change of a caption."""
    return change("captions", row_id, column, value, **differently)


ALLOWED = [
    ("layout", change("boxes", BOX_ID, "label", "out")),
    ("layout", change("boxes", BOX_ID, "label", None)),
    ("layout", change("boxes", BOX_ID, "label_updated_at", "2026-11-24T09:00:00.000+00:00")),
    ("layout", change("layout_config", 1, "crop_left", 0.25)),
    ("layout", change("layout_config", 1, "anchor_type", "center")),
    ("layout", change("preferences", 1, "layout_approved", 1)),
    ("captions", caption("text", "你好\n😀")),
    ("captions", caption("text", "")),
    ("captions", caption("text_notes", None)),
    ("captions", caption("boundary_state", "gap")),
    ("captions", caption("start_frame_index", 12)),
    ("captions", caption("end_pts_s", 1.25)),
    ("captions", caption("text", "new", NEW_ID, col_version=1)),
    ("captions", caption("caption_ocr_status", "queued", NEW_ID, col_version=1)),
    ("captions", caption(ROW, None, col_version=2, cl=2)),
]
FORBIDDEN = [
    ("layout", change("boxes", BOX_ID, "text", "other")),
    ("layout", change("boxes", BOX_ID, "predicted_label", "in")),
    ("layout", change("boxes", BOX_ID + 1, "label", "in")),
    ("layout", change("boxes", BOX_ID, ROW, None, col_version=2, cl=2)),
    ("layout", change("boxes", BOX_ID, "label", "in", cl=3)),
    ("layout", change("layout_config", 2, "crop_left", 0.5)),
    ("layout", change("layout_config", 1, "frame_width", 5)),
    ("layout", change("database_metadata", 1, "schema_version", 5)),
    ("layout", change("captions", 1, "text", "x")),
    ("layout", change("sqlite_master", 1, "sql", "x")),
    ("layout", change("boxes__crsql_clock", 1, "col_version", 5)),
    ("layout", change("boxes' OR '1", 1, "label", "in")),
    ("captions", caption("caption_ocr", "made up")),
    ("captions", caption("caption_ocr", None)),
    ("captions", caption("caption_ocr_status", "queued")),
    ("captions", caption("caption_ocr_status", "completed", NEW_ID, col_version=1)),
    ("captions", caption("caption_ocr_status", "queued", NEW_ID, col_version=2)),
    ("captions", caption("id", 5)),
    ("captions", caption("nothing", 5)),
    ("captions", caption("text", "x", row_id=2)),
    ("captions", caption("text", "x", row_id=CLIENT_IDS.stop)),
    ("captions", caption("text", "x", site_id=b"\x22" * 16)),
]
WRONG = [
    ("layout", change("boxes", BOX_ID, "label", "maybe")),
    ("layout", change("boxes", BOX_ID, "label", 1)),
    ("layout", change("boxes", BOX_ID, "label", b"in")),
    ("layout", change("layout_config", 1, "crop_left", 1.5)),
    ("layout", change("layout_config", 1, "crop_left", float("nan"))),
    ("layout", change("layout_config", 1, "crop_left", float("inf"))),
    ("layout", change("layout_config", 1, "crop_left", 0)),
    ("layout", change("layout_config", 1, "updated_at", None)),
    ("layout", change("preferences", 1, "layout_approved", 2)),
    ("captions", caption("text", "x" * 5001)),
    ("captions", caption("start_frame_index", -1)),
    ("captions", caption("start_frame_index", 1.0)),
    ("captions", caption("start_pts_s", 1)),
    ("captions", caption("boundary_state", None)),
    ("captions", caption("text", "x", cl=2)),
    ("captions", caption(ROW, "x", col_version=2, cl=2)),
    ("captions", caption("text", "x", pk=b"")),
    ("captions", caption("text", "x", pk=b"\x01\x09")),
    ("captions", caption("text", "x", pk=b"\x02\x09\x01\x09\x01")),
    ("captions", caption("text", "x", pk=b"\x01\x0b\x01a")),
    ("captions", caption("text", "x", pk=b"\x01\x11\x00\x01")),
    ("captions", caption("text", "x", pk=b"\xff" * 1000)),
    *(
        ("captions", caption("text", "x", **{clock: value}))
        for clock in ("col_version", "cl")
        for value in (0, -1, 2**40, 2**63 - 1)
    ),
    *(("captions", caption("text", "x", db_version=value)) for value in (-1, 2**53, 2**63 - 1)),
    *(("captions", caption("text", "x", seq=value)) for value in (-1, 2**40)),
]


def rows(database):
    """Everything that is shared."""
    return {
        table: database.execute(f"SELECT * FROM {table} ORDER BY id")  # noqa: S608  # ours
        for table in sorted(database.shared_tables)
    }


@pytest.mark.parametrize(("name", "sent"), ALLOWED)
def test_own_columns_are_written(shared, name, sent):
    """A client writes what is a client's to write; sending it again changes nothing."""
    database = shared[name]
    before = rows(database)
    version = accept(database, name, [sent], SITE)
    after = rows(database)
    assert after != before or sent.val is None or sent.val == "queued"
    assert accept(database, name, [sent], SITE) == version
    assert rows(database) == after


@pytest.mark.parametrize(("name", "sent"), FORBIDDEN)
def test_what_is_not_a_clients_is_refused(shared, name, sent):
    """Other tables, rows and columns stay as they are, with whatever comes in the same batch."""
    database, before = shared[name], rows(shared[name])
    honest = next(one for other, one in ALLOWED if other == name)
    with pytest.raises(ForbiddenError):
        accept(database, name, [honest, sent], SITE)
    assert rows(database) == before


@pytest.mark.parametrize(("name", "sent"), WRONG)
def test_what_is_not_in_order_is_refused(shared, name, sent):
    """Strange keys, types, ranges and clocks never reach the engine."""
    database, before = shared[name], rows(shared[name])
    connection = database._connection
    with pytest.raises(BadInputError):
        accept(database, name, [sent], SITE)
    assert rows(database) == before
    assert database._connection is connection


def test_site_of_another_length_is_refused(shared):
    """CR-SQLite would keep any bytes as a site."""
    with pytest.raises(BadInputError):
        accept(shared["captions"], "captions", [], b"short")


HOSTILE = st.builds(
    Change,
    table=st.sampled_from(
        ["boxes", "layout_config", "preferences", "captions", "crsql_master", "", "T" * 999]
    ),
    pk=st.one_of(
        st.sampled_from([pack_id(1), pack_id(BOX_ID), pack_id(NEW_ID), b"", b"\x01"]),
        st.binary(max_size=12),
        st.integers(0, 2**64).map(pack_id),
    ),
    cid=st.one_of(
        st.sampled_from(
            [ROW, "id", "label", "crop_left", "layout_approved", "text", "caption_ocr"]
        ),
        st.text(max_size=5),
    ),
    val=st.one_of(
        st.none(),
        st.sampled_from([0, 1, "in", "gap", 0.5, -1.0, "queued"]),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
        st.text(max_size=5),
        st.binary(max_size=5),
    ),
    col_version=st.sampled_from([1, 2, 3, 0, -1, 2**31, 2**63 - 1]) | st.integers(),
    db_version=st.sampled_from([1, 2, 0, -1, 2**53, 2**63 - 1]) | st.integers(),
    site_id=st.sampled_from([SITE, SITE, SITE, b"", os.urandom(16)]) | st.binary(max_size=17),
    cl=st.sampled_from([1, 1, 1, 2, 3, 0, -1, 2**63 - 1]) | st.integers(),
    seq=st.sampled_from([0, 1, -1, 2**63 - 1]) | st.integers(),
)


@settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(name=st.sampled_from(["layout", "captions"]), sent=st.lists(HOSTILE, max_size=3))
def test_hostile_changes_do_no_harm(shared, name, sent):
    """Whatever is sent, the engine never traps and what is the server's stays as it was."""
    database = shared[name]
    connection = database._connection
    with contextlib.suppress(BadInputError, ForbiddenError):
        accept(database, name, sent, SITE)
    assert database._connection is connection
    if name == "layout":
        assert database.execute("SELECT id, text FROM boxes") == [(BOX_ID, "word")]
        assert database.execute("SELECT id, frame_width FROM layout_config") == [(1, 1920)]
    else:
        theirs = "SELECT count(*) FROM captions WHERE id > 1 AND caption_ocr IS NOT NULL"
        assert database.execute(theirs) == [(0,)]
        assert database.execute("SELECT caption_ocr FROM captions WHERE id = 1") in (
            [],
            [("read",)],
        )


def test_rules_name_real_columns(shared):
    """Every column that has a rule exists, and every other one is known to be the server's."""
    schemas = {"layout": layout.SCHEMA, "captions": captions.SCHEMA}
    for name, rules in CLIENT_MAY.items():
        assert set(rules) == set(schemas[name].table_names)
        for table, rule in rules.items():
            columns = {
                row[0]: row[1]
                for row in shared[name].execute(
                    "SELECT name, dflt_value FROM pragma_table_info(?)", (table,)
                )
            }
            assert set(rule.columns) < set(columns)
            if rule.is_growing:
                server_owned = set(columns) - set(rule.columns) - {"id"}
                assert set(rule.defaults) == server_owned
                for column, default in rule.defaults.items():
                    written = None if default is None else f"'{default}'"
                    assert columns[column] == written
