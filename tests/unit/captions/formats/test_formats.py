"""Export formats, read back with pysubs2 and with ffmpeg's demuxers."""

import html
import io
import json
import math
from dataclasses import asdict

import av
import pysubs2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from captionacc.captions.formats import FORMATS, export
from captionacc.captions.formats.cues import JOINER, clean_text, cues_of
from captionacc.errors import UsageError
from captionacc.model.geometry import CropRegion
from captionacc.model.results import Caption, VideoProbe

VIDEO = VideoProbe(1280, 720, 7200.0, 25.0, "h264", 1_000_000, 0, has_vfr=False)
TIMED = ("srt", "vtt", "ass")
NASTY = [
    "plain",
    "two\nlines",
    "这",
    "42",
    "first\n42",
    "a --> b",
    "<i>slanted</i> < 3 <b",
    "Tom & Jerry &amp; &#65; &lt;",
    r"{\an8}top {braces} }{ {",
    r"C:\New\home \N \h \n {\p1}",
    "WEBVTT",
    "NOTE this",
    "[Events]",
    "Dialogue: 0,0:00:00.00,x",
    "- مرحبا\u200f!",
    "\ufeffmark\x00\x1f\u2028line\r\nend\ud800",
    "- Who?\n\n- \t Me. ",
]


def caption(start_s: float, end_s: float, text: str = "x") -> Caption:
    """A caption that was read with confidence."""
    return Caption(start_s, end_s, text, 0.96875)


def unescape(format_name: str, text: str) -> str:
    """Text as a reader of the format shows it."""
    if format_name == "vtt":
        return html.unescape(text)
    if format_name == "ass":
        text = text.replace(r"\N", "\n").replace(r"\{", "{")
    return text.replace(JOINER, "")


def read_with_ffmpeg(format_name: str, content: str) -> list[tuple[int, int, str]]:
    """Start and end in milliseconds and text of each cue."""
    demuxer = {"vtt": "webvtt"}.get(format_name, format_name)
    with av.open(io.BytesIO(content.encode()), format=demuxer) as container:
        cues: list[tuple[int, int, str]] = []
        for packet in container.demux():
            if packet.pts is None or packet.time_base is None:
                continue
            text = bytes(packet).decode()
            if format_name == "ass":
                text = text.split(",", 8)[8]
            start = round(packet.pts * packet.time_base * 1000)
            length = round(packet.duration * packet.time_base * 1000)
            cues.append((start, start + length, unescape(format_name, text)))
    return cues


def read_with_pysubs2(format_name: str, content: str) -> list[tuple[int, int, str]]:
    """Start and end in milliseconds and text of each cue."""
    more = {"keep_html_tags": True} if format_name != "ass" else {}
    parsed = pysubs2.SSAFile.from_string(content, format_=format_name, **more)
    return [
        (event.start, event.end, unescape(format_name, event.text.replace(r"\N", "\n")))
        for event in parsed
    ]


texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(
        st.sampled_from("ab 这字é<>/i&;{}\\Nhn-\n#42:,.é\u200f") | st.characters(), max_size=30
    ),
)
extents = st.tuples(st.floats(0, 35_000), st.floats(0, 4))
documents = st.lists(
    st.builds(lambda extent, text: caption(extent[0], sum(extent), text), extents, texts),
    max_size=8,
)


@pytest.mark.parametrize("format_name", TIMED)
@settings(max_examples=120, deadline=None)
@given(captions=documents)
@example(captions=[caption(2.0 * i, 2.0 * i + 1, text) for i, text in enumerate(NASTY)])
def test_two_readers_find_the_same_cues(format_name: str, captions: list[Caption]) -> None:
    """Times and text, whatever they hold, come back from ffmpeg's and pysubs2's readers."""
    expected = [
        (
            cue.start_ms,
            cue.end_ms,
            cue.text.replace(JOINER, "") if format_name != "vtt" else cue.text,
        )
        for cue in cues_of(captions, 10 if format_name == "ass" else 1)
    ]
    content = export(captions, format_name, VIDEO)
    if expected:
        assert read_with_ffmpeg(format_name, content) == expected
    if format_name == "vtt":  # where pysubs2 cannot tell a written \\N from a line break
        expected = [(start, end, text.replace(r"\N", "\n")) for start, end, text in expected]
    # pysubs2 takes a number on the last line of the file for the number of a next cue
    sentinel = caption(35_900, 35_910, "end")
    content = export([*captions, sentinel], format_name, VIDEO)
    assert read_with_pysubs2(format_name, content) == [*expected, (35_900_000, 35_910_000, "end")]


@pytest.mark.parametrize("format_name", TIMED)
@pytest.mark.parametrize(
    "text",
    [
        "00:00:01,000 --> 00:00:02,000",
        "7\n00:00:01.000 --> 00:00:02.000\nx",
        "Dialogue: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,x",
    ],
)
def test_text_that_looks_like_a_cue_stays_text(format_name: str, text: str) -> None:
    """A caption that shows a line of a subtitle file does not become a cue of its own."""
    content = export([caption(1, 2, text), caption(2, 3, "next")], format_name, VIDEO)
    assert read_with_ffmpeg(format_name, content) == [(1000, 2000, text), (2000, 3000, "next")]


@settings(max_examples=200, deadline=None)
@given(captions=documents, step_ms=st.sampled_from([1, 10]))
def test_cues_never_overlap_or_vanish(captions: list[Caption], step_ms: int) -> None:
    """Cues are in order, last at least one step, do not overlap, and none is lost."""
    cues = cues_of(captions, step_ms)
    assert len(cues) == sum(bool(clean_text(item.text)) for item in captions)
    end_ms = 0
    for cue in cues:
        assert end_ms <= cue.start_ms < cue.end_ms
        assert cue.start_ms % step_ms == cue.end_ms % step_ms == 0
        end_ms = cue.end_ms


@pytest.mark.parametrize("step_ms", [1, 10])
@given(
    rate=st.sampled_from([(24000, 1001), (25, 1), (30000, 1001), (50, 1), (60000, 1001)]),
    first=st.integers(0, 900_000),
    length=st.integers(1, 200),
)
def test_a_player_shows_a_cue_on_exactly_its_frames(
    step_ms: int, rate: tuple[int, int], first: int, length: int
) -> None:
    """Rounding moves no cue past a frame, even hours into a video of a fractional frame rate."""
    frame_s = rate[1] / rate[0]
    (cue,) = cues_of([caption(first * frame_s, (first + length) * frame_s)], step_ms)
    shown = [
        index
        for index in range(max(first - 2, 0), first + length + 3)
        if cue.start_ms <= index * frame_s * 1000 + 1e-3
        and index * frame_s * 1000 + 1e-3 < cue.end_ms
    ]
    assert shown == list(range(first, first + length))


def test_overlapping_captions_are_cut_at_the_next() -> None:
    """A caption ends where the next begins, and two that begin together follow each other."""
    cues = cues_of([caption(1, 5, "a"), caption(3, 4, "b"), caption(3, 6, "c")])
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in cues] == [
        (1000, 3000, "a"),
        (3000, 4000, "b"),
        (4000, 6000, "c"),
    ]


@pytest.mark.parametrize("format_name", list(FORMATS))
def test_no_captions_give_a_valid_file(format_name: str) -> None:
    """An empty list gives what the format has around its cues, and nothing else."""
    content = export([], format_name, VIDEO)
    if format_name == "vtt":
        assert content == "WEBVTT\n\n"
    elif format_name == "ass":
        assert "[Events]" in content
        assert pysubs2.SSAFile.from_string(content, format_="ass").events == []
    elif format_name == "json":
        assert json.loads(content)["captions"] == []
    else:
        assert content == ""


@pytest.mark.parametrize("format_name", list(FORMATS))
@given(captions=documents)
def test_every_file_is_plain_utf8(format_name: str, captions: list[Caption]) -> None:
    """No byte order mark, no carriage return, no NUL, and nothing that UTF-8 cannot hold."""
    data = export(captions, format_name, VIDEO).encode()
    assert b"\xef\xbb\xbf" not in data
    assert b"\r" not in data
    assert b"\0" not in data


def test_late_captions_have_their_hours() -> None:
    """Times after the first hour and the tenth are written in full."""
    late = [caption(36_610.5, 36_612.25)]
    assert "10:10:10,500 --> 10:10:12,250" in export(late, "srt", VIDEO)
    assert "10:10:10.500 --> 10:10:12.250" in export(late, "vtt", VIDEO)
    assert "1:01:01.04,1:01:02.00" in export([caption(3661.04, 3662)], "ass", VIDEO)


@pytest.mark.parametrize(("format_name", "hours"), [("ass", 10), ("srt", 100), ("vtt", 100)])
def test_times_beyond_the_format_are_refused(format_name: str, hours: int) -> None:
    """A time that the format has no digits for is an error, never a wrong time."""
    with pytest.raises(UsageError, match="hours"):
        export([caption(hours * 3600 - 1, hours * 3600)], format_name, VIDEO)


def test_an_unknown_format_is_refused() -> None:
    """The message lists the formats there are."""
    with pytest.raises(UsageError, match="srt, vtt, ass, txt, json"):
        export([], "doc", VIDEO)


def test_ass_is_in_the_pixels_of_the_video() -> None:
    """The style is in proportion to the frame and stands where the captions stood."""
    at_bottom = pysubs2.SSAFile.from_string(export([], "ass", VIDEO), format_="ass")
    top = CropRegion(0, 0.05, 1, 0.2)
    at_top = pysubs2.SSAFile.from_string(export([], "ass", VIDEO, top), format_="ass")
    assert (at_bottom.info["PlayResX"], at_bottom.info["PlayResY"]) == ("1280", "720")
    assert at_bottom.styles["Default"].alignment is pysubs2.Alignment.BOTTOM_CENTER
    assert at_top.styles["Default"].alignment is pysubs2.Alignment.TOP_CENTER
    assert at_bottom.styles["Default"].fontsize == 40


def test_txt_is_the_text_alone() -> None:
    """Line breaks are kept, and a blank line parts the captions."""
    captions = [caption(2, 3, "c"), caption(0, 1, "a\nb"), caption(1, 2, " ")]
    assert export(captions, "txt", VIDEO) == "a\nb\n\nc\n"


def test_json_holds_everything() -> None:
    """Video, times, text, confidence and flags of each caption, those without text too."""
    flagged = Caption(1 / 3, 2.0, "a\n这", 0.5, flags=("low_confidence",))
    content = json.loads(export([caption(3, 4, ""), flagged], "json", VIDEO))
    assert content["video"] == asdict(VIDEO)
    assert content["captions"][0] == {
        "index": 1,
        "start_s": 0.333333,
        "end_s": 2.0,
        "text": "a\n这",
        "confidence": 0.5,
        "flags": ["low_confidence"],
    }
    assert content["captions"][1]["text"] == ""
    assert math.isclose(content["captions"][1]["confidence"], 0.9688)
