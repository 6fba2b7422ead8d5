"""Workers that have the work computed on Modal; the functions are canned, the SDK is real."""

import pytest

from captionacc.model.runs import FlowName

from .programs import HERE, wait_until

INITIAL = FlowName.VIDEO_INITIAL_PROCESSING
APP = "captionacc-workers"


@pytest.fixture(scope="module")
def cloud(modal_cloud, services_env, canned):
    """Modal with our app; its containers share nothing with the workers but the bucket."""
    modal_cloud.deploy(APP)
    modal_cloud.runner = "canned_compute:run_job"
    modal_cloud.container_env = services_env | {
        "PYTHONPATH": str(HERE / "canned"),
        "CANNED": str(canned.folder),
        "CAPTIONACC_CACHE_DIR": str(canned.folder / "container"),
    }
    return modal_cloud


@pytest.fixture(scope="module")
def start_modal_worker(start_ready_worker, cloud, canned):
    """Starts a worker that is as far from the others as one on another machine."""

    def start(host):
        return start_ready_worker(
            **cloud.environment,
            CAPTIONACC_COMPUTE="modal",
            CAPTIONACC_MODAL_APP=APP,
            CAPTIONACC_DATA_DIR=str(canned.folder / host),
            CAPTIONACC_CACHE_DIR=str(canned.folder / host / "cache"),
        )

    return start


def test_call_outlives_the_flow_that_began_it(ledger, canned, cloud, start_modal_worker):
    """After kill -9 of the flow the next attempt goes on with the call: the function ran once."""
    first = start_modal_worker("first")
    video_id = ledger.add_video()
    canned.behave(video_id, extract=["wait"])
    run_id = ledger.enqueue(INITIAL, video_id)
    wait_until(lambda: canned.calls(video_id), "the call")
    call_id = ledger.run(run_id)["compute_call_id"]
    first.kill()
    start_modal_worker("second")
    wait_until(
        lambda: (row := ledger.run(run_id))["attempt"] == 2 and row["phase"] == "probe",
        "the next attempt's look at the call",
    )
    canned.go(video_id)
    ended = ledger.wait_for_end(run_id)
    assert (ended["state"], ended["compute_call_id"]) == ("succeeded", call_id)
    assert [call.starts for call in cloud.calls_of(video_id)] == [1]
    assert canned.calls(video_id) == ["extract"]
    (used,) = ledger.query("select * from captionacc.usage where video_id = %s", video_id)
    assert (used["call_id"], used["resource"]) == (call_id, "T4")
    assert used["cost_usd"] > 0


def test_calls_run_side_by_side(ledger, canned, cloud):
    """Workers have as many calls computed at once as the flow's limit allows."""
    videos = [ledger.add_video() for _ in range(6)]
    for video_id in videos:
        canned.behave(video_id, extract=["wait"])
    run_ids = [ledger.enqueue(INITIAL, video_id) for video_id in videos]
    patience_s = 240  # five containers start, on a machine that may be busy
    wait_until(lambda: sum(map(bool, map(canned.calls, videos))) == 5, "five calls", patience_s)
    for video_id in videos:
        canned.go(video_id)
    assert {ledger.wait_for_end(run_id)["state"] for run_id in run_ids} == {"succeeded"}
    assert [len(cloud.calls_of(video_id)) for video_id in videos] == [1] * 6


def test_cancelled_run_ends_its_call(ledger, canned, cloud):
    """A person's cancellation ends the work where it is done, and what it took is noted."""
    video_id = ledger.add_video()
    canned.behave(video_id, extract=["wait"])
    run_id = ledger.enqueue(INITIAL, video_id)
    wait_until(lambda: ledger.run(run_id)["phase"] == "probe", "the call's report")
    ledger.query(
        "update captionacc.processing_runs set cancel_requested_at = now() where id = %s", run_id
    )
    assert ledger.wait_for_end(run_id)["state"] == "cancelled"
    (call,) = cloud.calls_of(video_id)
    wait_until(call.ended.is_set, "the end of the call")
    used = "select * from captionacc.usage where run_id = %s"
    wait_until(lambda: ledger.query(used, run_id), "what it took")
