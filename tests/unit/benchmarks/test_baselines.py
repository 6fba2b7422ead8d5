"""The baselines' merging of readings, and their sampling."""

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

import baselines
from baselines import Reading
from captionacc.samples import TUNING, render_clip
from cues import PredictedCue, read_truth


def test_alike_neighbours_become_one_cue_with_the_commonest_text():
    """Readings a few characters apart are one caption; its text is the one seen longest."""
    readings = [
        Reading(0.0, 0.2, "Good mornin", 0.9),
        Reading(0.2, 0.4, "Good morning", 0.9),
        Reading(0.4, 0.6, "Good morning", 0.9),
        Reading(0.6, 0.8, "Over here!", 0.9),
    ]
    assert baselines._merged(readings) == [
        PredictedCue(0.0, 0.6, "Good morning"),
        PredictedCue(0.6, 0.8, "Over here!"),
    ]


def test_equal_readings_apart_stay_apart():
    """A gap ends a caption even if the same words come back."""
    readings = [Reading(0.0, 0.2, "Wait.", 0.9), Reading(0.6, 0.8, "Wait.", 0.9)]
    assert len(baselines._merged(readings)) == 2


def test_samples_are_the_frames_on_screen(tmp_path):
    """At 5 Hz of a 12 Hz clip each sample is the last frame that began by then."""
    spec = replace(TUNING["low_bitrate_360p"], fps=Fraction(12), duration_s=2.0)
    clip = render_clip(spec, tmp_path)
    shown = [(time_s, frame.time) for time_s, frame in baselines._sampled(clip.video, 5)]
    assert [time_s for time_s, _ in shown] == pytest.approx([index / 5 for index in range(10)])
    assert all(0 <= time_s - began < 1 / 12 + 1e-9 for time_s, began in shown)


def test_strip_is_the_band_of_the_frame(tmp_path):
    """The strip that is encoded holds the luma of the caption band and nothing else."""
    spec = replace(TUNING["low_bitrate_360p"], duration_s=1.0)
    clip = render_clip(spec, tmp_path)
    x, y, width, height = band = read_truth(clip.truth).crop
    with av.open(str(clip.video)) as container:
        frame = next(container.decode(video=0))
    strip = baselines._strip(frame, band)
    assert (strip.width, strip.height) == (width, height)
    whole = frame.to_ndarray(format="yuv420p")
    assert np.array_equal(
        strip.to_ndarray(format="yuv420p")[:height], whole[y : y + height, x : x + width]
    )


def test_similarity_is_one_for_equal_pictures_and_low_for_unlike_ones():
    """The skip test keeps equal pictures apart from changed ones."""
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 256, (40, 200), np.uint8)
    assert baselines._similarity(picture, picture) == pytest.approx(1.0, abs=1e-3)
    assert baselines._similarity(picture, picture[:, ::-1].copy()) < 0.5
