"""How the cores are shared among pictures that are read at once."""

import pytest

from captionacc.compute.contracts import OcrOptions
from captionacc.compute.engines import reader_count, session_options


@pytest.mark.parametrize(
    ("runtime", "cores", "readers", "threads"),
    [("onnxruntime", 8, 2, 4), ("onnxruntime", 1, 1, 1), ("openvino", 8, 1, 8)],
)
def test_all_readers_together_use_the_cores(runtime, cores, readers, threads):
    """Two pictures are read at once where the runtime and the cores allow it."""
    options = OcrOptions(runtime=runtime, device="cpu", threads=cores)
    assert reader_count(options) == readers
    assert session_options(options).threads == threads
