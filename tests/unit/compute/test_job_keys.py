"""Job keys."""

from pathlib import Path

import pytest

from captionacc.compute.contracts import CropInferJob, OcrOptions
from captionacc.compute.job_keys import with_full_key
from captionacc.model.geometry import CropRegion
from captionacc.storage.location import StoreLocation


def key(path="/one", version=1, **options):
    """The key of a job that differs in this."""
    return with_full_key(
        CropInferJob(
            job_key="infer",
            store=StoreLocation(path=Path(path)),
            tenant_id="t",
            video_id="v",
            crop_region=CropRegion(0.1, 0.8, 0.9, 0.95),
            version=version,
            ocr=OcrOptions(**options),
        )
    ).job_key


def test_same_job_has_same_key():
    """The same question has the same key wherever its store is and however many cores it gets."""
    assert key() == key(path="/two", threads=7)
    assert key().startswith("infer-")


@pytest.mark.parametrize("difference", [{"version": 2}, {"language": "zh"}])
def test_another_question_has_another_key(difference):
    """What changes the result changes the key."""
    assert key(**difference) != key()
