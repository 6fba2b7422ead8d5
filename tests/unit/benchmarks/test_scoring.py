"""The scorer: matching, texts, boundaries."""

from __future__ import annotations

import json

import pytest

from cues import PredictedCue, TrueCue, Truth, read_predictions, read_truth
from scoring import NOTHING, match, normalised, score

PTS_S = tuple(index / 25 for index in range(501))


def truth_of(*cues, fades=False, pts_s=PTS_S):
    """Truth of ``(start, end, text)`` cues, at 25 frames per second."""
    return Truth(tuple(TrueCue(*cue, fades=fades) for cue in cues), pts_s, (0, 0, 8, 8))


def perfect(truth):
    """Predictions equal to the truth."""
    return [
        PredictedCue(truth.pts_s[cue.start], truth.pts_s[cue.end], cue.text) for cue in truth.cues
    ]


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("  one\ntwo \t three ", "one two three"),
        ("你好\uff0c\n世界 ok", "你好,世界ok"),
        ("\uff37\uff41\uff49\uff54…", "Wait..."),
        ("Déjà vu?", "Déjà vu?"),
        ("ﬁn", "fin"),
    ],
)
def test_normalised(written, compared):
    """White space and compatibility forms fold; case, accents and punctuation stay."""
    assert normalised(written) == compared


def test_perfect_predictions_score_perfectly():
    """Predictions equal to the truth have no error of any kind."""
    truth = truth_of((10, 40, "One."), (40, 60, "Two.\nThree."))
    summary = score(truth, perfect(truth)).summary()
    assert (summary["matched"], summary["missed"], summary["extra"]) == (2, 0, 0)
    assert (summary["exact"], summary["cer"]) == (1.0, 0.0)
    assert summary["start_within_1_frame"] == summary["end_within_1_frame"] == 1.0


def test_missed_cue_counts_all_its_characters():
    """A missed cue is an error of its whole length in the character error rate."""
    truth = truth_of((10, 40, "abcd"), (50, 60, "efghij"))
    result = score(truth, perfect(truth)[:1])
    assert (result.missed, result.character_errors, result.characters) == (1, 6, 10)


def test_extra_cue_is_counted_and_changes_nothing_else():
    """A prediction over an empty screen is extra."""
    truth = truth_of((10, 40, "abcd"))
    result = score(truth, [*perfect(truth), PredictedCue(10.0, 11.0, "noise")])
    assert (result.extra, result.missed, result.character_errors) == (1, 0, 0)


def test_split_cue_gives_one_match_and_one_extra():
    """A cue predicted in two pieces matches once, with the longer piece."""
    truth = truth_of((0, 50, "one long caption"))
    pieces = [
        PredictedCue(0.0, 1.4, "one long caption"),
        PredictedCue(1.4, 2.0, "one long caption"),
    ]
    assert match(truth, pieces) == {0: 0}
    assert score(truth, pieces).extra == 1


def test_unlike_text_does_not_match():
    """Overlap alone is no match: the cue is missed and the prediction extra."""
    result = score(truth_of((0, 50, "Good morning")), [PredictedCue(0.0, 2.0, "CYCLE REPAIRS")])
    assert (result.missed, result.extra) == (1, 1)


def test_one_wrong_character_of_a_one_character_cue_still_matches():
    """The shortest cues may be read wrong and are not missed for that."""
    result = score(truth_of((0, 20, "好")), [PredictedCue(0.0, 0.8, "妤")])
    assert (result.missed, result.exact, result.character_errors) == (0, 0, 1)


def test_near_identical_neighbours_merged_into_one_miss_one():
    """One prediction over two cues matches one of them only."""
    truth = truth_of((0, 20, "You came."), (20, 40, "You came?"))
    result = score(truth, [PredictedCue(0.0, 1.6, "You came.")])
    assert (result.matched, result.missed, result.extra) == (1, 1, 0)


def test_errors_are_counted_in_native_frames_of_a_variable_rate():
    """An offset is as many frames as are shown in that time, not a multiple of a mean."""
    pts_s = (0.0, 0.1, 0.2, 0.3, 0.32, 0.34, 0.36, 0.5, 0.6)
    truth = truth_of((1, 3, "late"), pts_s=pts_s)
    found = [PredictedCue(0.1, 0.36, "late")]
    start, end = score(truth, found).boundaries
    assert (start.error_frames, end.error_frames) == (0, 3)


@pytest.mark.parametrize(("offset_s", "good"), [(0.1, 1.0), (-0.1, 1.0), (0.12, 0.0)])
def test_fades_are_judged_by_time(offset_s, good):
    """A fading boundary may be a tenth of a second off, in either direction."""
    truth = truth_of((100, 200, "slow"), fades=True)
    found = [PredictedCue(4.0 + offset_s, 8.0 + offset_s, "slow")]
    summary = score(truth, found).summary()
    assert summary["fades_within_100_ms"] == good
    assert summary["cuts_within_1_frame"] is None


def test_scores_add_up_over_clips():
    """The sum of scores has the counts of both, so that shares are over all cues."""
    truth = truth_of((0, 50, "abc"))
    total = sum((score(truth, perfect(truth)), score(truth, [])), NOTHING)
    assert (total.truth, total.matched, total.missed) == (2, 1, 1)
    assert total.summary()["exact"] == 0.5


def test_no_captions_and_none_found_is_no_error():
    """A clip without captions has no shares and no misses."""
    summary = score(truth_of(), []).summary()
    assert (summary["missed"], summary["extra"], summary["cer"]) == (0, 0, None)


def test_reads_our_json_and_srt_alike(tmp_path):
    """Captions read from both exports have the same times and texts."""
    entry = {"start_s": 1.5, "end_s": 3.25, "text": "Two\nlines"}
    (tmp_path / "a.json").write_text(json.dumps({"captions": [entry]}))
    (tmp_path / "b.json").write_text(json.dumps([entry]))
    (tmp_path / "c.srt").write_text("1\n00:00:01,500 --> 00:00:03,250\nTwo\nlines\n")
    expected = [PredictedCue(1.5, 3.25, "Two\nlines")]
    assert [read_predictions(tmp_path / f"{name}") for name in ("a.json", "b.json", "c.srt")] == [
        expected
    ] * 3


@pytest.mark.parametrize("fades", [True, False])
def test_truth_without_times_has_a_constant_rate(tmp_path, fades):
    """A truth file with only fps, crop and cues is read; the caller says whether cues fade."""
    path = tmp_path / "truth.json"
    cue = {"start": 5, "end": 10, "text": "x"}
    path.write_text(json.dumps({"fps": 50, "crop": [0, 1, 2, 3], "cues": [cue]}))
    truth = read_truth(path, fades=fades)
    assert truth.pts_s[10] == pytest.approx(0.2)
    assert truth.cues[0].fades is fades
