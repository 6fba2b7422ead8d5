"""The three flows from a queued run to what it leaves behind, in one worker."""

import pytest

from captionacc.model.runs import FlowName

from .programs import wait_until

pytestmark = pytest.mark.usefixtures("worker")

INITIAL, CROP, READ = FlowName

REGION_OF_45 = [0.45, 0.8, 0.9, 0.95]
"""A crop region with 45 canned captions: a full batch and a small one."""


@pytest.fixture(scope="module")
def worker(api, start_ready_worker):
    """The one worker of these tests; all runs fit into its limits."""
    assert api.is_alive
    return start_ready_worker(CAPTIONACC_INITIAL_PROCESSING_LIMIT="20")


@pytest.fixture(scope="module")
def ready_video(ledger, worker):
    """Makes a video whose layout can be approved."""
    assert worker.is_alive()

    def make():
        video_id = ledger.add_video()
        run = ledger.wait_for_end(ledger.enqueue(INITIAL, video_id))
        assert run["state"] == "succeeded"
        return video_id

    return make


def test_upload_becomes_a_layout_to_review(ledger, canned, ready_video):
    """The first flow makes the video active, with what was found out about it."""
    video_id = ready_video()
    video = ledger.video(video_id)
    assert (video["status"], video["layout_status"]) == ("active", "annotate")
    assert (video["width"], video["height"], video["codec"]) == (640, 360, "h264")
    assert (video["duration_s"], video["frame_count"], video["has_vfr"]) == (10.0, 8, False)
    assert [video[f"crop_{edge}"] for edge in ("left", "top", "right", "bottom")] == [
        0.1, 0.8, 0.9, 0.95,
    ]  # fmt: skip
    assert canned.calls(video_id) == ["extract"]
    (run,) = ledger.runs(video_id)
    assert run["compute_job_key"].startswith("extract-")
    assert run["compute_call_id"]
    assert run["prefect_flow_run_id"]
    (used,) = ledger.query("select * from captionacc.usage where video_id = %s", video_id)
    assert (used["run_id"], used["resource"]) == (run["id"], "local")
    phases = wait_until(
        lambda: ledger.query(
            "select phase from captionacc.phase_durations where flow = %s group by 1", INITIAL
        ),
        "durations",
    )
    assert {row["phase"] for row in phases} >= {"queued", "dispatch", "start", "probe"}


def test_approved_layout_becomes_texts(ledger, canned, api, prefect_server, ready_video):
    """The second flow activates a version and has all its captions read, which the third does."""
    video_id = ready_video()
    run_id = ledger.enqueue(CROP, video_id, "v1", crop_region=REGION_OF_45, version=1)
    assert ledger.wait_for_end(run_id)["state"] == "succeeded"
    video = ledger.video(video_id)
    assert (video["captions_status"], video["caption_count"]) == ("annotate", 45)
    assert video["active_version"] == 1
    wait_until(lambda: ledger.video(video_id)["text_status"] == "annotate", "the last text")
    batches = ledger.runs(video_id, READ)
    assert sorted(len(run["parameters"]["caption_ids"]) for run in batches) == [5, 40]
    assert {run["state"] for run in batches} == {"succeeded"}
    assert sorted(canned.calls(video_id)) == ["extract", "infer", "read", "read"]
    captions = api.captions(video_id)
    assert {one["caption_ocr_status"] for one in captions} == {"completed"}
    assert [one["caption_ocr"] for one in captions] == [f"at {n} s" for n in range(45)]
    holders = ledger.query(
        "select from captionacc.video_database_state where video_id = %s and lease_holder <> ''",
        video_id,
    )
    assert holders == []
    for run in ledger.runs(video_id):
        assert prefect_server.state(run["prefect_flow_run_id"]) == "COMPLETED"


def test_second_approval_replaces_the_version(ledger, ready_video):
    """A later version takes the place of the one before when it is complete."""
    video_id = ready_video()
    for version, region in enumerate([[0.02, 0.8, 0.9, 0.95], [0.03, 0.8, 0.9, 0.95]], 1):
        run_id = ledger.enqueue(CROP, video_id, f"v{version}", crop_region=region, version=version)
        assert ledger.wait_for_end(run_id)["state"] == "succeeded"
    versions = ledger.query(
        "select version, state from captionacc.crop_frames_versions where video_id = %s"
        " order by version",
        video_id,
    )
    assert versions == [{"version": 1, "state": "superseded"}, {"version": 2, "state": "active"}]
    # Readings of the version before may end later than this one's activation.
    wait_until(lambda: ledger.video(video_id)["text_status"] == "annotate", "the last text")
    video = ledger.video(video_id)
    assert (video["active_version"], video["caption_count"]) == (2, 3)
    assert video["crop_left"] == pytest.approx(0.03)


def test_video_without_captions_needs_no_reading(ledger, ready_video):
    """A version without captions goes on to a person at once."""
    video_id = ready_video()
    run_id = ledger.enqueue(CROP, video_id, "v1", crop_region=[0, 0.8, 0.9, 0.95], version=1)
    assert ledger.wait_for_end(run_id)["state"] == "succeeded"
    video = ledger.video(video_id)
    assert (video["text_status"], video["caption_count"]) == ("annotate", 0)
    assert ledger.runs(video_id, READ) == []


def test_lease_of_a_person_is_waited_for(ledger, ready_video):
    """A run that finds the layout being edited waits, and that costs it no attempt."""
    video_id = ready_video()
    ledger.query(
        "insert into captionacc.video_database_state (video_id, database, tenant_id, lease_kind,"
        " lease_holder, lease_generation, lease_expires_at)"
        " values (%s, 'layout', %s, 'user', 'somebody', 1, now() + interval '3 seconds')",
        video_id,
        ledger.tenant_id,
    )
    run_id = ledger.enqueue(CROP, video_id, "v1", crop_region=[0.01, 0.8, 0.9, 0.95], version=1)
    run = ledger.wait_for_end(run_id)
    assert (run["state"], run["attempt"]) == ("succeeded", 1)
    assert run["generation"] > 1


@pytest.fixture(scope="module")
def troubled(ledger, canned, worker):
    """Runs of the first flow whose compute calls go wrong, by what goes wrong; all at once."""
    assert worker.is_alive()
    runs = {}
    for name, behaviours in {
        "bad_input": ["bad_input"],
        "transient": ["transient"],
        "always transient": ["transient"] * 3,
        "bug": ["bug"],
        "always bug": ["bug"] * 3,
    }.items():
        video_id = ledger.add_video()
        canned.behave(video_id, extract=behaviours)
        runs[name] = ledger.enqueue(INITIAL, video_id)
    return runs


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ("bad_input", ("failed", 1, "not_a_video")),
        ("transient", ("succeeded", 2, None)),
        ("bug", ("succeeded", 2, None)),
        ("always bug", ("failed", 2, "internal")),
        ("always transient", ("failed", 3, "store")),
    ],
)
def test_failure_is_tried_again_if_that_may_help(ledger, troubled, trouble, expected):
    """Bad input fails at once, a bug is tried once more, what passes three times in all."""
    run = ledger.wait_for_end(troubled[trouble])
    video = ledger.video(run["video_id"])
    code = video["error"] and video["error"]["code"]
    assert (run["state"], run["attempt"], code) == expected
    if code is None:
        assert video["status"] == "active"
    else:
        assert (video["status"], video["layout_status"]) == ("error", "error")
        assert video["error"]["run_id"] == str(run["id"])
        assert video["error"]["message"]


@pytest.mark.parametrize(("behaviour", "attempts"), [("unreadable:2", 1), ("deadly:2", 2)])
def test_one_unreadable_caption_spoils_no_other(  # noqa: PLR0917  # fixtures
    ledger, canned, api, ready_video, behaviour, attempts
):
    """A caption that the reader chokes on or dies of gets an error; all others are read."""
    video_id = ready_video()
    canned.behave(video_id, read=[behaviour] * 20)
    run_id = ledger.enqueue(CROP, video_id, "v1", crop_region=[0.06, 0.8, 0.9, 0.95], version=1)
    assert ledger.wait_for_end(run_id)["state"] == "succeeded"
    wait_until(lambda: ledger.video(video_id)["text_status"] == "annotate", "the last text")
    (run,) = ledger.runs(video_id, READ)
    assert (run["state"], run["attempt"]) == ("succeeded", attempts)
    statuses = [one["caption_ocr_status"] for one in api.captions(video_id)]
    assert statuses == ["completed", "completed", "error", *["completed"] * 3]


def test_cancelled_in_the_ledger(ledger, canned, prefect_server):
    """A running run that is asked to cancel ends, with its computation and its flow run."""
    video_id = ledger.add_video()
    canned.behave(video_id, extract=["wait"])
    run_id = ledger.enqueue(INITIAL, video_id)
    wait_until(lambda: canned.calls(video_id), "the call")
    ledger.catalog(lambda catalog: catalog.runs.request_cancel(run_id))
    run = ledger.wait_for_end(run_id)
    assert run["state"] == "cancelled"
    wait_until(
        lambda: prefect_server.state(run["prefect_flow_run_id"]) == "CANCELLED", "Prefect's word"
    )
    wait_until((canned.folder / f"{video_id}.ended").exists, "the end of the computation")


def test_cancelled_in_prefect(ledger, canned, prefect_server):
    """What is cancelled in Prefect is cancelled in the ledger."""
    video_id = ledger.add_video()
    canned.behave(video_id, extract=["wait"])
    run_id = ledger.enqueue(INITIAL, video_id)
    wait_until(lambda: canned.calls(video_id), "the call")
    flow_run_id = ledger.run(run_id)["prefect_flow_run_id"]
    prefect_server.cancel(flow_run_id)
    assert ledger.wait_for_end(run_id)["state"] == "cancelled"
    wait_until(lambda: prefect_server.state(flow_run_id) == "CANCELLED", "Prefect's word")


def test_ten_flows_wait_in_one_process(ledger, canned, worker):
    """Ten flows are under way and give signs of life while compute has two places."""
    videos = [ledger.add_video() for _ in range(10)]
    for video_id in videos:
        canned.behave(video_id, extract=["wait"])
    runs = [ledger.enqueue(INITIAL, video_id) for video_id in videos]

    def beating():
        rows = ledger.query(
            "select claimed_by from captionacc.processing_runs where id = any(%s::uuid[])"
            " and state = 'running' and heartbeat_at > started_at",
            runs,
        )
        return len(rows) == 10 and len({row["claimed_by"] for row in rows}) == 1

    wait_until(beating, "ten beating runs")
    for video_id in videos:
        canned.go(video_id)
    assert {ledger.wait_for_end(run_id)["state"] for run_id in runs} == {"succeeded"}
    assert worker.is_alive()


def test_started_in_prefect_adopts(ledger, prefect_server):
    """A flow run that a person starts has its row in the ledger, as any other."""
    video_id = ledger.add_video()
    flow_run_id = prefect_server.run_deployment(
        "video-initial-processing/captionacc",
        {"video_id": video_id, "tenant_id": ledger.tenant_id},
    )
    (run,) = wait_until(lambda: ledger.runs(video_id), "the row")
    assert ledger.wait_for_end(run["id"])["state"] == "succeeded"
    assert str(run["prefect_flow_run_id"]) == flow_run_id
    assert ledger.video(video_id)["status"] == "active"
