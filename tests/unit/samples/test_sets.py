"""The named sets of sample clips."""

from dataclasses import replace

import pytest
from PIL import ImageFont

from captionacc.samples import HELD_OUT, SPEED, TUNING, demo_clip
from captionacc.samples.assets import FONT_NAMES, font_path, read_script
from captionacc.samples.lettering import has_cjk

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


@pytest.mark.parametrize("spec", [*TUNING.values(), *HELD_OUT.values(), *SPEED.values()])
def test_fonts_can_write_every_text(spec):
    """No caption and no overlay shows the box that stands for a missing glyph."""
    texts = [*spec.texts, *(overlay.text for overlay in spec.overlays)]
    for part in {line for text in texts for line in text.split("\n")}:
        path = font_path(spec.cjk_font if has_cjk(part) else spec.font)
        font = ImageFont.truetype(str(path), 30)
        missing = bytes(font.getmask("\U000f0000"))
        drawn = "".join(part.split())
        assert missing not in [bytes(font.getmask(character)) for character in drawn]
