"""The named sets of sample clips."""

from dataclasses import replace

from captionacc.samples import HELD_OUT, TUNING, demo_clip
from captionacc.samples.assets import FONT_NAMES, font_path, read_script

PAIRS = ("english", "long", "chinese", "bilingual", "european", "hard")


def test_held_out_shares_nothing_with_tuning():
    """Seeds, footage, fonts and texts of the held-out set are its own."""
    for name, tuning in TUNING.items():
        held_out = HELD_OUT[name]
        assert tuning.seed != held_out.seed
        assert not {cut.footage for cut in tuning.footage} & {
            cut.footage for cut in held_out.footage
        }
        assert {tuning.font, tuning.cjk_font}.isdisjoint({held_out.font, held_out.cjk_font})
        assert not set(tuning.texts) & set(held_out.texts)


def test_scripts_are_large_and_disjoint():
    """There are enough sentences, and no sentence serves both sets."""
    for name in PAIRS:
        assert not set(read_script(f"{name}_tuning")) & set(read_script(f"{name}_held_out"))
    english = read_script("english_tuning") + read_script("english_held_out")
    assert len(set(english)) >= 120
    assert len(set(read_script("chinese_tuning") + read_script("chinese_held_out"))) >= 60


def test_every_font_is_found():
    """Each named font is a file of an installed package."""
    assert all(font_path(name).is_file() for name in FONT_NAMES)


def test_fingerprint_changes_with_the_spec_only():
    """Equal specs have equal fingerprints; any other choice has another."""
    spec = demo_clip()
    assert spec.fingerprint() == demo_clip().fingerprint()
    assert spec.fingerprint() != replace(spec, crf=spec.crf + 1).fingerprint()
