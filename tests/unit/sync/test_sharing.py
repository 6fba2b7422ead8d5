"""Per-video databases become shared ones and stay what they are."""

from dataclasses import replace

import pytest

from captionacc.databases import captions
from captionacc.databases.caption_table import load
from captionacc.databases.layout import (
    BoxLabel,
    LayoutBox,
    LayoutConfig,
    read_boxes,
    read_config,
    write_layout,
)
from captionacc.databases.packing import pack, unpack
from captionacc.databases.schema import new_database
from captionacc.errors import InternalError, UnreadableDatabaseError
from captionacc.model.geometry import CropRegion, OcrBox
from captionacc.sync import sharing
from captionacc.sync.sharing import open_shared

CONFIG = LayoutConfig(1920, 1080, CropRegion(0.1, 0.7, 0.9, 0.95))
BOXES = tuple(
    LayoutBox(frame, index, OcrBox(f"word {index}", 0.9, 0.1, 0.2, 0.3, 0.4), BoxLabel.IN, 0.8)
    for frame in range(20)
    for index in range(5)
)


@pytest.fixture
def layout_file(tmp_path):
    """A layout database as the first flow writes it."""
    write_layout(tmp_path / "layout.db", CONFIG, BOXES)
    return tmp_path / "layout.db"


@pytest.fixture
def old_captions(tmp_path):
    """A caption database of the first version, with one caption."""
    first = replace(captions.SCHEMA, version=1, tables=captions.SCHEMA.tables[:1], migrations={})
    with new_database(tmp_path / "captions.db", first) as connection:
        connection.execute("INSERT INTO captions (id, text) VALUES (4, 'kept')")
    return tmp_path / "captions.db"


def test_rows_become_changes(layout_file):
    """A file that was never shared keeps its rows, and a peer gets all of them."""
    with open_shared(layout_file, "layout") as database:
        assert database.shared_tables == {"boxes", "layout_config", "preferences"}
        keys = {(one.table, one.pk) for one in database.changes_since(0, limit=10**6).changes}
        assert len(keys) == len(BOXES) + 2
    assert read_boxes(layout_file) == BOXES
    assert read_config(layout_file) == CONFIG


def test_opened_again_nothing_is_new(layout_file):
    """Sharing happens once; the site and the changes stay."""
    with open_shared(layout_file, "layout") as database:
        site, version = database.site_id, database.db_version
    with open_shared(layout_file, "layout") as database:
        assert (database.site_id, database.db_version) == (site, version)


def test_others_read_what_was_written(layout_file):
    """Our readers, who know nothing of CR-SQLite, see what was changed while it was shared."""
    with open_shared(layout_file, "layout") as database:
        database.execute("UPDATE boxes SET label = 'out' WHERE id = 10001")
    labelled = [box for box in read_boxes(layout_file) if box.label is not None]
    assert [(box.frame_index, box.box_index, box.label) for box in labelled] == [
        (1, 1, BoxLabel.OUT)
    ]


def test_packed_and_unpacked_it_is_the_same_site(layout_file, tmp_path):
    """The way through the store changes nothing."""
    with open_shared(layout_file, "layout") as database:
        database.execute("UPDATE boxes SET label = 'out' WHERE id = 10001")
        site, version = database.site_id, database.db_version
    pack(layout_file, tmp_path / "layout.db.gz")
    unpack(tmp_path / "layout.db.gz", tmp_path / "again.db")
    with open_shared(tmp_path / "again.db", "layout") as database:
        assert (database.site_id, database.db_version) == (site, version)


def test_old_file_is_brought_forward(old_captions):
    """A file of an older version is migrated, then shared."""
    with open_shared(old_captions, "captions") as database:
        assert database.execute(
            "SELECT schema_version, next_caption_id FROM database_metadata"
        ) == [(captions.SCHEMA.version, 5)]
        assert [one.text for one in load(database)] == ["kept"]


def test_old_shared_file_is_brought_forward(old_captions, monkeypatch):
    """So is one that was shared before the version changed, with columns that travel."""
    first = replace(captions.SCHEMA, version=1, tables=captions.SCHEMA.tables[:1], migrations={})
    with monkeypatch.context() as old:
        old.setattr(sharing, "SCHEMAS", {"captions": first})
        with open_shared(old_captions, "captions") as database:
            site, version = database.site_id, database.db_version
    third = replace(
        captions.SCHEMA,
        version=3,
        migrations={
            **captions.SCHEMA.migrations,
            2: ("ALTER TABLE captions ADD COLUMN speaker TEXT",),
        },
    )
    monkeypatch.setattr(sharing, "SCHEMAS", {"captions": third})
    with open_shared(old_captions, "captions") as database:
        assert database.site_id == site
        assert database.execute("SELECT schema_version FROM database_metadata") == [(3,)]
        database.execute("UPDATE captions SET speaker = 'she' WHERE id = 4")
        sent = database.changes_since(version).changes
        assert ("speaker", "she") in {(one.cid, one.val) for one in sent}
        assert database.execute("SELECT text FROM captions") == [("kept",)]


def test_failed_migration_leaves_the_old_version(old_captions, monkeypatch):
    """A migration is whole or not at all."""
    broken = replace(
        captions.SCHEMA, migrations={1: ("ALTER TABLE captions ADD COLUMN a TEXT", "NONSENSE")}
    )
    with monkeypatch.context() as new:
        new.setattr(sharing, "SCHEMAS", {"captions": broken})
        with pytest.raises(Exception, match="NONSENSE"):
            open_shared(old_captions, "captions")
        new.setattr(sharing, "SCHEMAS", {"captions": replace(captions.SCHEMA, migrations={})})
        with pytest.raises(InternalError, match="no migration"):
            open_shared(old_captions, "captions")
    with open_shared(old_captions, "captions") as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(captions)")]
    assert "a" not in columns


def test_file_of_a_newer_program_is_refused(layout_file, monkeypatch):
    """An old program leaves a new file alone."""
    newer = replace(sharing.SCHEMAS["layout"], version=2, migrations={1: ()})
    with monkeypatch.context() as new:
        new.setattr(sharing, "SCHEMAS", {"layout": newer})
        open_shared(layout_file, "layout").close()
    with pytest.raises(UnreadableDatabaseError, match="knows 1"):
        open_shared(layout_file, "layout")
    with pytest.raises(UnreadableDatabaseError):
        read_boxes(layout_file)


def test_what_is_no_such_database_is_refused(layout_file, tmp_path):
    """A missing file, another kind, no database at all."""
    (tmp_path / "text.db").write_text("no database\n" * 500)
    for path, name in (
        (tmp_path / "missing.db", "layout"),
        (layout_file, "captions"),
        (tmp_path / "text.db", "layout"),
    ):
        with pytest.raises(UnreadableDatabaseError):
            open_shared(path, name)
    assert not (tmp_path / "missing.db").exists()
    assert read_boxes(layout_file) == BOXES
