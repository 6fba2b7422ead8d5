"""Where and how models run."""

import threading
from importlib.util import find_spec

import numpy as np
import pytest

from captionacc.errors import MissingDependencyError, UsageError
from captionacc.ocr.models import DETECTION_MODEL, RECOGNITION_MODEL, model_path
from captionacc.ocr.sessions import SessionOptions, batch_factor, load_session

RUNTIMES = ["onnxruntime", *(["openvino"] if find_spec("openvino") else [])]
ONE_THREAD = SessionOptions(threads=1, device="cpu", runtime="onnxruntime")
STRIP = np.zeros((1, 3, 32, 64), np.float32)


def test_a_session_is_shared():
    """Threads that ask at the same time get one session: models are loaded once."""
    found = []
    path = model_path(DETECTION_MODEL)
    threads = [
        threading.Thread(target=lambda: found.append(load_session(path, ONE_THREAD)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(session) for session in found}) == 1


def test_options_make_sessions_of_their_own():
    """A caller that asks for other threads does not get a session made for somebody else."""
    path = model_path(DETECTION_MODEL)
    other = SessionOptions(threads=2, device="cpu", runtime="onnxruntime")
    assert load_session(path, ONE_THREAD) is not load_session(path, other)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_runtimes_agree(runtime):
    """Every installed runtime gives the detector's map, and the dictionary of the recogniser."""
    options = SessionOptions(threads=1, device="cpu", runtime=runtime)
    result = load_session(model_path(DETECTION_MODEL), options).run(STRIP)
    expected = load_session(model_path(DETECTION_MODEL), ONE_THREAD).run(STRIP)
    np.testing.assert_allclose(result, expected, atol=0.05)
    metadata = load_session(model_path(RECOGNITION_MODEL), options).metadata
    assert len(metadata["character"].splitlines()) == 18708


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_one_session_serves_several_threads(runtime):
    """Inferences at the same time do not disturb each other's results."""
    session = load_session(
        model_path(DETECTION_MODEL), SessionOptions(threads=1, device="cpu", runtime=runtime)
    )
    inputs = [np.full((1, 3, 32, 64 + 32 * k), k / 4 - 0.5, np.float32) for k in range(4)]
    expected = [session.run(batch) for batch in inputs]
    got = [None] * 4

    def infer(k):
        for _ in range(5):
            got[k] = session.run(inputs[k])

    threads = [threading.Thread(target=infer, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result, wanted in zip(got, expected, strict=True):
        np.testing.assert_allclose(result, wanted, atol=1e-3)


def test_cuda_that_is_missing_is_an_error():
    """Who asks for a GPU is told how to get one to work, instead of waiting for a CPU."""
    options = SessionOptions(device="cuda", runtime="onnxruntime")
    with pytest.raises(MissingDependencyError, match="pip install onnxruntime-gpu"):
        load_session(model_path(DETECTION_MODEL), options)


def test_openvino_knows_no_cuda():
    """Two wishes that exclude each other are refused."""
    with pytest.raises(UsageError, match="OpenVINO cannot use CUDA"):
        load_session(model_path(DETECTION_MODEL), SessionOptions(device="cuda", runtime="openvino"))


def test_missing_model_is_an_error():
    """A model file that is not there is never downloaded; the message says how to install it."""
    with pytest.raises(MissingDependencyError, match="pip install"):
        model_path("no-such-model.onnx")


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_batches_are_small_on_a_cpu(runtime):
    """Without a GPU more lines at once would only cost memory."""
    assert batch_factor(SessionOptions(device="cpu", runtime=runtime)) == 1
