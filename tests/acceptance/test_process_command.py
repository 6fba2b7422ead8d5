"""``captionacc process`` as a person runs it: subtitles come out, whole and in every format."""

import json
import shutil
from array import array

import pysubs2
import pytest

from captionacc.cli.truth import read_truth

pytestmark = pytest.mark.slow

KEYS = {
    "video",
    "duration_s",
    "width",
    "height",
    "fps",
    "crop_region",
    "captions",
    "elapsed_s",
    "realtime_factor",
    "stages",
    "outputs",
}


def test_every_format_from_one_computation(command, clips, tmp_path):
    """Each format holds the captions; a second run on kept work only writes another file."""
    video, keep = clips["plain"].video, tmp_path / "keep"
    cues, fps = read_truth(clips["plain"].truth)
    for name in ("srt", "vtt", "ass"):
        path = tmp_path / f"out.{name}"
        done = command.run("process", video, "-o", path, "--keep", keep)
        assert done.code == 0, done.err
        assert done.out == ""
        events = pysubs2.load(str(path)).events
        assert [event.plaintext for event in events] == [cue.text for cue in cues]
        for event, cue in zip(events, cues, strict=True):
            assert abs(event.start / 1000 - cue.start_s) < 1.5 / fps
            assert abs(event.end / 1000 - cue.end_s) < 1.5 / fps
        assert ("read frames" in done.err) == (name == "srt")
    txt = command.run("process", video, "-o", "-", "--format", "txt", "--keep", keep)
    assert txt.out.split("\n")[0] == cues[0].text
    as_json = command.run("process", video, "-o", "-", "--format", "json", "--keep", keep, "-q")
    assert [one["text"] for one in json.loads(as_json.out)["captions"]] == [c.text for c in cues]
    assert as_json.err == ""
    names = {path.name for path in keep.rglob("*") if path.is_file()}
    assert {
        "layout.db.gz",
        "ocr-server.db.gz",
        "inference_results_v1.db.gz",
        "manifest.json",
        "native_pts.f64",
    } < names
    native_pts_s = array("d", next(keep.rglob("native_pts.f64")).read_bytes())
    assert list(native_pts_s) == sorted(set(native_pts_s))
    captions = json.loads(as_json.out)["captions"]
    assert all(one[edge] in native_pts_s for one in captions for edge in ("start_s", "end_s"))
    assert command.leftovers() == []


def test_several_files_with_json(command, clips, odd_videos, tmp_path):
    """Good files are processed though others fail; each good one is one JSON line as contracted."""
    good = [clips["rotated"].video, clips["variable"].video]
    done = command.run(
        "process", good[0], odd_videos["text_file"], good[1], "--json", "-o", tmp_path
    )
    assert done.code == 3
    assert "text_file.mp4 is not a readable video" in done.err
    reports = [json.loads(line) for line in done.out.splitlines()]
    assert [report["video"] for report in reports] == [str(path) for path in good]
    for report, clip in zip(reports, (clips["rotated"], clips["variable"]), strict=True):
        assert set(report) == KEYS
        cues, _ = read_truth(clip.truth)
        assert [one["text"] for one in report["captions"]] == [cue.text for cue in cues]
        for one, cue in zip(report["captions"], cues, strict=True):
            assert abs(one["start_s"] - cue.start_s) < 0.07
            assert abs(one["end_s"] - cue.end_s) < 0.07
        assert len(report["crop_region"]) == 4
        assert report["realtime_factor"] > 0
        assert sum(report["stages"].values()) <= report["elapsed_s"] + 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rotated.srt", "variable.srt"]
    assert command.leftovers() == []


def test_default_output_and_crop(command, plain, tmp_path):
    """Without -o the subtitles lie beside the video; a region given by hand is used as it is."""
    video = tmp_path / "film.mp4"
    shutil.copy(plain, video)
    done = command.run("process", video, "--crop", "0,0.75,1,1", "--json")
    assert done.code == 0, done.err
    report = json.loads(done.out)
    assert report["crop_region"] == [0, 0.75, 1, 1]
    assert report["outputs"] == {"subtitles": str(tmp_path / "film.srt")}
    assert len(pysubs2.load(str(tmp_path / "film.srt")).events) == 3


def test_wrong_crop_is_wrong_usage(command, plain):
    """A region that is none ends with 2 and an example, before any work."""
    done = command.run("process", plain, "--crop", "0.9,0,0.1,1")
    assert done.code == 2
    assert "0.05,0.78,0.95,0.97" in done.err
