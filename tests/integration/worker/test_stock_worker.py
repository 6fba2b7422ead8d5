"""Prefect's own process worker runs our flows too."""

import subprocess
import sys

from .programs import CAPTIONACC, Program, wait_until


def test_stock_process_worker(ledger, canned, worker_env, prefect_server):
    """Registered in a pool of its kind, a flow runs there, and ends when it is cancelled there."""
    prefect_server.wait_ready()
    registered = subprocess.run(  # our own program
        [CAPTIONACC, "worker", "--register-only", "--pool", "stock"],
        env=worker_env,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert registered.stdout.split() == [
        "video-initial-processing/stock",
        "crop-and-infer/stock",
        "median-ocr/stock",
    ]
    env = worker_env | {"PREFECT_API_URL": prefect_server.api_url}
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "stock"]
    stock = Program([*command, "--type", "process"], env, canned.folder / "stock.log")
    try:
        check_runs_and_cancels(ledger, canned, prefect_server)
    finally:
        stock.stop()


def check_runs_and_cancels(ledger, canned, prefect_server):
    """One run to its end, and one that is cancelled in the middle."""
    finished, cancelled = ledger.add_video(), ledger.add_video()
    canned.behave(cancelled, extract=["wait"])
    flow_runs = {
        video_id: prefect_server.run_deployment(
            "video-initial-processing/stock",
            {"video_id": video_id, "tenant_id": ledger.tenant_id},
        )
        for video_id in (finished, cancelled)
    }
    wait_until(lambda: canned.calls(cancelled), "the call", 120)
    prefect_server.cancel(flow_runs[cancelled])
    (run,) = wait_until(lambda: ledger.runs(finished), "the row", 120)
    assert ledger.wait_for_end(run["id"], 120)["state"] == "succeeded"
    assert ledger.video(finished)["status"] == "active"
    assert prefect_server.state(flow_runs[finished]) in {"RUNNING", "COMPLETED"}
    (run,) = ledger.runs(cancelled)
    assert ledger.wait_for_end(run["id"], 120)["state"] == "cancelled"
