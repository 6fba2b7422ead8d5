"""Captions are found in time, to the native frame."""

from dataclasses import replace

import pytest

from captionacc.model.layout import Anchor


def test_cuts_are_located_to_the_native_frame(clip) -> None:
    """Captions that come and go at once begin and end at exactly the frames that show them."""
    video = clip(130).caption("Where have you been?", 13, 58).caption("At home.", 71, 102)
    assert video.spans() == [(13, 58), (71, 102)]


@pytest.mark.parametrize("phase", range(1, 5))
def test_native_frames_count_between_samples(clip, phase) -> None:
    """A change is found at its frame wherever that lies between two crop frames."""
    first, end = 15 + phase, 45 - phase
    assert clip(60).caption("Nobody knows", first, end).spans() == [(first, end)]


def test_fades_belong_to_the_caption(clip) -> None:
    """A caption lasts from the first to the last frame that shows it at all."""
    ((start, end),) = clip(110).caption("Slowly, slowly", 20, 84, fade=7).spans()
    assert abs(start - 20) <= 2
    assert abs(end - 84) <= 2


def test_captions_back_to_back_are_told_apart(clip) -> None:
    """Where one caption replaces another, one ends with the frame at which the next begins."""
    video = clip(110).caption("What is that?", 10, 42).caption("It is a bird", 42, 71)
    video.caption("Are you sure?", 71, 98)
    assert video.spans() == [(10, 42), (42, 71), (71, 98)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I can see the boat", "I can see the coat"),
        ("You are right.", "You are right?"),
        ("Number 41 is next", "Number 42 is next"),
    ],
)
def test_one_letter_makes_another_caption(clip, one, other) -> None:
    """Neighbours that differ in one character are two captions, cut at the right frame."""
    video = clip(90).caption(one, 8, 43).caption(other, 43, 80)
    assert video.spans() == [(8, 43), (43, 80)]


def test_a_scene_cut_behind_a_caption_does_not_split_it(clip) -> None:
    """The same words before and after a scene cut are one caption."""
    assert clip(90).caption("It stands still", 10, 80).cut(41).spans() == [(10, 80)]


def test_a_scene_cut_does_not_hide_the_boundary_beside_it(clip) -> None:
    """A caption that begins just after a scene cut begins at its own first frame."""
    assert clip(80).caption("A new place", 33, 70).cut(30).spans() == [(33, 70)]


@pytest.mark.parametrize("first", [20, 21, 22, 23, 24])
def test_a_caption_of_eight_frames_is_found(clip, first) -> None:
    """0.3 seconds are enough, wherever they lie between crop frames."""
    assert clip(55).caption("Stop it!", first, first + 8).spans() == [(first, first + 8)]


def test_two_lines_are_one_caption(clip) -> None:
    """Lines that come and go together make one caption."""
    assert clip(80).caption("I went to the\nmarket today", 14, 66).spans() == [(14, 66)]


def test_a_line_added_to_a_standing_caption_begins_another(clip) -> None:
    """What a viewer reads changes when a second line comes up or goes, so does the caption."""
    video = clip(110).caption("Who is there?", 10, 100, middle=(320, 70))
    video.caption("Only the wind", 52, 80, middle=(320, 28))
    assert video.spans() == [(10, 52), (52, 80), (80, 100)]


def test_a_line_may_be_added_at_a_low_frame_rate(clip) -> None:
    """Where several crop frames show one native frame, a line added is found all the same."""
    video = clip(40, 5.0, speed=8.0).caption("Who is there?", 3, 33, middle=(320, 70))
    video.caption("Only the wind", 18, 33, middle=(320, 28))
    first, second = video.spans()
    assert (first[0], second[1]) == (3, 33)
    assert first[1] == second[0]
    assert abs(second[0] - 18) <= 2


def test_words_that_go_begin_another_caption(clip) -> None:
    """A caption that is the beginning of the one before it begins where the rest goes."""
    video = clip(100).caption("Wait for me here", 10, 52, middle=(160, 48))
    video.caption("Wait", 52, 90, middle=(85, 48))
    video.layout = replace(video.layout, anchor=Anchor.NONE)
    assert video.spans() == [(10, 52), (52, 90)]


def test_a_caption_elsewhere_in_the_band_is_another(clip) -> None:
    """Captions may change between the upper and the lower line."""
    video = clip(60).caption("Up here", 10, 30, middle=(320, 26))
    assert video.caption("Down here", 30, 50, middle=(320, 70)).spans() == [(10, 30), (30, 50)]


def test_a_blink_does_not_make_two_captions(clip) -> None:
    """The same words again after a fraction of a second are the same caption."""
    assert clip(70).caption("Here I am", 10, 30).caption("Here I am", 33, 60).spans() == [(10, 60)]


def test_captions_may_fade_into_each_other(clip) -> None:
    """A cross-fade is cut somewhere inside of it, once."""
    video = clip(110).caption("Out with the old", 10, 55, fade=5)
    first, second = video.caption("And in with the new", 50, 100, fade=5).spans()
    assert first[1] == second[0]
    assert 49 <= second[0] <= 56


def test_a_still_picture_behind_is_no_hindrance(clip) -> None:
    """Where nothing moves but captions, they are found at their frames."""
    assert clip(100, speed=0.0).caption("Still picture", 33, 71).spans() == [(33, 71)]


def test_captions_may_touch_both_ends_of_the_video(clip) -> None:
    """A caption may stand in the very first frame, and one in the very last."""
    video = clip(100).caption("From the beginning", 0, 31).caption("To the end", 60, 100)
    assert video.spans() == [(0, 31), (60, 100)]


def test_one_caption_may_last_the_whole_video(clip) -> None:
    """A caption that never changes is found as one."""
    assert clip(60).caption("Always here", 0, 60).cut(30).spans() == [(0, 60)]


def test_a_video_without_captions_has_none(clip) -> None:
    """Moving pictures and scene cuts alone make no caption."""
    found = clip(60).cut(20, 41).search()
    assert found.extents == ()
    assert found.sample_count == 24


def test_no_frames_make_no_captions(finder) -> None:
    """A video without frames has no samples, captions or pairs."""
    found = finder.finish(0.0)
    assert (found.extents, found.sample_count, list(found.pairs())) == ((), 0, [])


@pytest.mark.parametrize("count", [1, 2])
def test_a_video_of_few_frames_can_show_a_caption(clip, count) -> None:
    """A picture with a caption and hardly any length is a caption as long as the video."""
    assert clip(count).caption("One picture", 0, count).spans() == [(0, count)]
    assert clip(count).spans() == []


@pytest.mark.parametrize("fps", [1.0, 5.0, 12.5, 60.0])
def test_any_frame_rate_is_located_to_its_own_frames(clip, fps) -> None:
    """Slow videos, whose frames are several crop frames each, and fast ones are exact too."""
    rate = max(1, round(fps / 5))
    video = clip(26 * rate, fps, speed=50 / fps)
    video.caption("Any speed at all", 6 * rate + 1, 14 * rate)
    video.caption("will do for me", 14 * rate, 21 * rate)
    assert video.spans() == [(6 * rate + 1, 14 * rate), (14 * rate, 21 * rate)]


def test_the_detector_runs_only_where_something_changes(clip) -> None:
    """Looking for text is dear: a standing picture is not searched again and again."""
    found = clip(150, speed=0.0).caption("Still picture", 33, 121).search()
    assert len(found.extents) == 1
    assert found.detections < found.sample_count / 5


def test_pairs_tell_of_every_crop_frame(clip) -> None:
    """Between neighbouring crop frames there is one judgement each, which follows the captions."""
    found = clip(100).caption("First of two", 20, 45).caption("And the second", 45, 75).search()
    labels = [pair.predicted_label for pair in found.pairs()]
    assert len(labels) == found.sample_count - 1
    expected = ["empty_empty"] * 7 + ["empty_to_caption"] + ["same"] * 9 + ["different"]
    expected += ["same"] * 11 + ["caption_to_empty"] + ["empty_empty"] * 9
    assert labels == expected
