"""Workers, Postgres and Prefect that die; work goes on, and is done once."""

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from captionacc.model.runs import FlowName

from .programs import wait_until

INITIAL, CROP, READ = FlowName


def test_killed_workers_runs_are_finished_by_another(
    ledger, canned, start_worker, start_ready_worker
):
    """What was under way is done again, what was computed is not, and nothing else is."""
    first = start_ready_worker()
    interrupted, computed = ledger.add_video(), ledger.add_video()
    canned.behave(interrupted, extract=["wait"])
    run_ids = [ledger.enqueue(INITIAL, interrupted)]
    wait_until(lambda: canned.calls(interrupted), "the call")
    start_worker()  # long before it is ready, the first one has begun this
    canned.behave(computed, extract=["kill"])
    run_ids.append(ledger.enqueue(INITIAL, computed))
    wait_until(lambda: not first.is_alive(), "the kill")
    keys = [ledger.run(run_id)["compute_job_key"] for run_id in run_ids]
    runs = [ledger.wait_for_end(run_id) for run_id in run_ids]
    assert [(run["state"], run["attempt"]) for run in runs] == [("succeeded", 2)] * 2
    assert [run["compute_job_key"] for run in runs] == keys
    assert canned.calls(interrupted) == ["extract"] * 2
    assert canned.calls(computed) == ["extract"]


def test_two_workers_and_two_apis_share_the_work(
    ledger, canned, start_ready_worker, api, second_api
):
    """Whoever accepts and claims them, each run is done once, no more at once than the limit."""
    start_ready_worker()  # beside the one that the test before has left
    videos = [ledger.add_video() for _ in range(20)]
    with ThreadPoolExecutor(8) as pool:
        told = [
            pool.submit(one.tell_of, video_id) for video_id in videos for one in (api, second_api)
        ]
    assert len({one.result() for one in told}) == 20
    most, claimants = 0, set()
    with ledger.connection() as connection:

        def is_done():
            nonlocal most
            rows = connection.execute(
                "select state, claimed_by from captionacc.processing_runs"
                " where video_id = any(%s::uuid[])",
                [videos],
            ).fetchall()
            most = max(most, sum(row["state"] == "running" for row in rows))
            claimants.update(row["claimed_by"] for row in rows)
            return all(row["state"] == "succeeded" for row in rows)

        wait_until(is_done, "the last run")
    assert 1 <= most <= 5
    assert [canned.calls(video_id) for video_id in videos] == [["extract"]] * 20
    claimants -= {None}
    assert len(claimants) == 2


def test_flow_runs_of_the_dead_are_settled_in_prefect(ledger, prefect_server):
    """What Prefect alone still shows as under way it is told the end of."""
    video_id = ledger.add_video()
    run = ledger.wait_for_end(ledger.enqueue(INITIAL, video_id))
    ended = str(run["prefect_flow_run_id"])
    wait_until(lambda: prefect_server.state(ended) == "COMPLETED", "the end of the flow run")
    unheard = {"state": {"type": "RUNNING", "name": "Running"}, "force": True}
    prefect_server.post(f"/flow_runs/{ended}/set_state", unheard)
    deployment = prefect_server.get("/deployments/name/video-initial-processing/captionacc")
    older_claim = {
        "parameters": {"video_id": video_id, "tenant_id": ledger.tenant_id},
        "state": {"type": "PENDING"},
        "idempotency_key": f"{run['id']}:{run['generation'] - 1}",
    }
    path = f"/deployments/{deployment['id']}/create_flow_run"
    lost = prefect_server.post(path, older_claim)["id"]
    for flow_run_id, state in ((ended, "COMPLETED"), (lost, "CRASHED")):
        wait_until(lambda at=(flow_run_id, state): prefect_server.state(at[0]) == at[1], state)


def ended_process():
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return process.pid


@pytest.mark.usefixtures("worker_env")
def test_reconciler_finds_what_was_missed(ledger):
    """A video without a run gets one, and a run without a sign of life is queued again."""
    forgotten, lost = ledger.add_video(age_s=60), ledger.add_video()
    ledger.query(
        "insert into captionacc.processing_runs (tenant_id, video_id, flow, idempotency_key,"
        " state, attempt, generation, claimed_by, heartbeat_at, max_attempts)"
        " values (%s, %s, 'video-initial-processing', 'lost', 'running', 1, 1, %s, now(), 3)",
        ledger.tenant_id,
        lost,
        f"{socket.gethostname()}:{ended_process()}",
    )
    for video_id, attempts in ((forgotten, 1), (lost, 2)):
        (run,) = wait_until(lambda video_id=video_id: ledger.runs(video_id), "the run")
        ended = ledger.wait_for_end(run["id"])
        assert (ended["state"], ended["attempt"]) == ("succeeded", attempts)


def test_restart_of_postgres(ledger, canned, postgres):
    """A run under way goes on in its first attempt when Postgres is back, and the next one too."""
    video_id = ledger.add_video()
    canned.behave(video_id, extract=["wait"])
    run_id = ledger.enqueue(INITIAL, video_id)
    wait_until(lambda: canned.calls(video_id), "the call")
    postgres.stop()
    postgres.start()
    postgres.wait_ready()
    next_run_id = ledger.enqueue(INITIAL, ledger.add_video())
    canned.go(video_id)
    ended = ledger.wait_for_end(run_id)
    assert (ended["state"], ended["attempt"]) == ("succeeded", 1)
    assert ledger.wait_for_end(next_run_id)["state"] == "succeeded"


def test_restart_of_prefect(ledger, canned, prefect_server):
    """What is queued while Prefect is away waits, without using up its attempts."""
    running, waiting = ledger.add_video(), ledger.add_video()
    canned.behave(running, extract=["wait"])
    running_id = ledger.enqueue(INITIAL, running)
    wait_until(lambda: canned.calls(running), "the call")
    prefect_server.stop()
    canned.go(running)
    waiting_id = ledger.enqueue(INITIAL, waiting)
    assert ledger.wait_for_end(running_id)["state"] == "succeeded"
    prefect_server.start()
    prefect_server.wait_ready()
    ended = ledger.wait_for_end(waiting_id, 120)
    assert (ended["state"], ended["attempt"]) == ("succeeded", 1)
    assert canned.calls(waiting) == ["extract"]
