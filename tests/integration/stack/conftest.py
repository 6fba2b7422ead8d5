"""A data folder for stacks that are started with the real command."""

import shutil
import tempfile
from pathlib import Path

import pytest

from .standing import Place, wait_until


@pytest.fixture(scope="module")
def place():
    """A data folder that the module's tests share, one after the other."""
    # A closed folder in a long path, as root's home may be.
    root = Path(tempfile.mkdtemp(prefix="captionacc-up-"))
    folder = root / ("long" * 20) / "data"
    place = Place(folder)
    yield place
    for process in place.started:
        process.kill()
        process.communicate()
    wait_until(lambda: not place.leftovers(), "the end of all processes")
    shutil.rmtree(root)
