"""What must be true when everything has come to rest: the invariants of the platform."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx
import psutil
from notes import read_calls, repeated
from place import LOOPBACK

from captionacc.model.ids import TenantId, VideoId
from captionacc.storage.access import S3Access
from captionacc.storage.keys import VideoKeys
from captionacc.storage.s3 import S3Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from people import Accepted
    from place import Place

KINDS: Final = ("lost", "duplicated", "stuck", "orphans", "repeated_compute")
_FLOW_RUN_STATES: Final = ["RUNNING", "PENDING", "SCHEDULED", "CANCELLING"]
_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that is not as it must be; ``kind`` is one of ``KINDS``."""

    kind: str
    what: str


class Invariants:
    """Looks at the platform at rest.

    Args:
        place: The platform.
        accepted: What it has promised.
    """

    def __init__(self, place: Place, accepted: Accepted) -> None:
        self._place = place
        self._accepted = accepted
        self._store = S3Store(
            S3Access(
                bucket="captionacc-dev",
                endpoint=f"http://{LOOPBACK}:{place.ports['S3']}",
                region="us-east-1",
                access_key_id=place.secret("s3_access_key_id"),
                secret_access_key=place.secret("s3_secret_access_key"),
            )
        )

    def active_runs(self) -> list[dict[str, Any]]:
        """Work that is not done."""
        return self._place.query(
            "select id, flow, state, attempt, phase, claimed_by, heartbeat_at, not_before"
            " from captionacc.processing_runs where state in ('queued', 'running')"
        )

    def violations(self) -> list[Violation]:
        """All of them."""
        checks = (
            ("lost", self._lost_triggers),
            ("duplicated", self._duplicates),
            ("stuck", self._stuck),
            ("stuck", self._unexplained),
            ("stuck", self._prefect),
            ("lost", self._captions),
            ("lost", self._objects),
            ("orphans", self._orphans),
            ("repeated_compute", self._repeated),
        )
        return [Violation(kind, what) for kind, check in checks for what in check()]

    def _lost_triggers(self) -> Iterator[str]:
        known = {
            str(row["id"]) for row in self._place.query("select id from captionacc.processing_runs")
        }
        started = self._place.query(
            "select distinct video_id from captionacc.processing_runs"
            " where flow = 'video-initial-processing'"
        )
        begun = {str(row["video_id"]) for row in started}
        for run_id, video_id in self._accepted.runs.items():
            if run_id not in known:
                yield f"run {run_id} of video {video_id} was accepted and is not in the ledger"
        for video_id in self._accepted.videos:
            if video_id not in begun and video_id not in self._accepted.deleted:
                yield f"video {video_id} was inserted and nothing was ever done"

    def _duplicates(self) -> Iterator[str]:
        for video_id in self._accepted.doubled:
            yield f"two webhooks of video {video_id} made two runs"
        yield from self._side_by_side()
        for row in self._place.query(
            "select video_id, count(*) from captionacc.crop_frames_versions"
            " where state = 'active' group by 1 having count(*) > 1"
        ):
            yield f"video {row['video_id']} has {row['count']} active versions"
        for row in self._place.query(
            "select id, flow from captionacc.processing_runs run"
            " where state = 'succeeded' and compute_call_id is not null"
            " and not exists (select from captionacc.usage where call_id = compute_call_id)"
        ):
            yield f"the compute call of {row['flow']} run {row['id']} was not accounted for"

    def _side_by_side(self) -> Iterator[str]:
        """From the events: was a second run of the same work ever active beside a first one?"""
        active: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        for row in self._place.query(
            "select payload from captionacc.events where kind = 'run' order by id"
        ):
            run = row["payload"]
            work = (run["video_id"], run["flow"], run["subject"])
            if run["state"] in {"queued", "running"}:
                active[work].add(run["id"])
                if len(active[work]) > 1:
                    yield f"runs {active[work]} of {work} were active at the same time"
            else:
                active[work].discard(run["id"])

    def _stuck(self) -> Iterator[str]:
        for row in self.active_runs():
            yield "{flow} run {id} is {state}, attempt {attempt}, phase {phase}".format(**row)
        for row in self._place.query(
            "select * from captionacc.video_database_state where lease_holder is not null"
        ):
            yield f"the lease on {row['database']} of {row['video_id']} is held: {row}"
        for row in self._place.query(
            "select * from captionacc.crop_frames_versions where state = 'processing'"
        ):
            yield f"version {row['version']} of video {row['video_id']} is still being made"
        for row in self._place.query(
            "select count(*) from supabase_functions.outbox where given_up_at is null"
        ):
            if row["count"]:
                yield f"{row['count']} webhooks were not delivered"

    def _unexplained(self) -> Iterator[str]:
        """Runs and videos that ended badly must say why, others must offer what comes next."""
        for row in self._place.query(
            "select id, flow, error from captionacc.processing_runs where state = 'failed'"
        ):
            if not all((row["error"] or {}).get(name) for name in ("code", "message", "hint")):
                yield f"{row['flow']} run {row['id']} failed without a reason: {row['error']}"
        for video in self._place.query(
            "select video.*, (select coalesce(jsonb_object_agg(flow, states), '{}') from"
            " (select flow, jsonb_agg(distinct state) as states from captionacc.processing_runs"
            " where video_id = video.id group by flow) as flows) as flows"
            " from captionacc.videos video where deleted_at is null"
        ):
            yield from _unexplained_stages(video)

    def _prefect(self) -> Iterator[str]:
        """What Prefect shows as under way is under way."""
        wanted = {"flow_runs": {"state": {"type": {"any_": _FLOW_RUN_STATES}}}, "limit": _PAGE}
        answer = httpx.post(
            f"{self._place.prefect_url}/flow_runs/filter", json=wanted, timeout=30
        ).raise_for_status()
        for flow_run in answer.json():
            yield (
                f"Prefect shows {flow_run['name']} as {flow_run['state_name']}"
                f" since {flow_run['state']['timestamp']} ({flow_run['idempotency_key']})"
            )

    def _captions(self) -> Iterator[str]:
        """What a person made of captions stands, and the others are read."""
        corrected: defaultdict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
        for (video_id, number), expected in self._accepted.captions.items():
            corrected[video_id][number] = expected
        for row in self._place.query(
            "select id::text, tenant_id::text, text_status from captionacc.videos"
            " where active_version is not null and deleted_at is null"
        ):
            captions = {one["id"]: one for one in self._list_captions(row)}
            for number, expected in corrected[row["id"]].items():
                found = captions.get(number, {})
                if any(found.get(name) != value for name, value in expected.items()):
                    yield f"caption {number} of {row['id']} is {found}, not {expected}"
            unread = sum(one["caption_ocr_status"] == "queued" for one in captions.values())
            if unread and row["text_status"] == "annotate":
                yield f"{unread} captions of {row['id']} are not read, and nothing reads them"
            yield from _overlaps(row["id"], list(captions.values()))

    def _list_captions(self, video: dict[str, Any]) -> list[dict[str, Any]]:
        path = f"{self._place.api_url}/v1/videos/{video['id']}/captions"
        answer = httpx.get(path, headers=self._place.authorization(video["tenant_id"]), timeout=30)
        return list(answer.raise_for_status().json()["captions"])

    def _objects(self) -> Iterator[str]:
        """What the active version and each video's layout consist of is in the store."""
        for row in self._place.query(
            "select id::text, tenant_id::text, active_version, layout_status"
            " from captionacc.videos where deleted_at is null"
        ):
            keys = VideoKeys(TenantId(row["tenant_id"]), VideoId(row["id"]))
            wanted = [keys.layout_db] if row["layout_status"] in {"annotate", "done"} else []
            if version := row["active_version"]:
                wanted += [keys.crop_chunk(version, 16, 0), keys.crop_manifest(version)]
                wanted += [keys.inference_results_db(version), keys.captions_db]
            for key in wanted:
                if self._store.head(key) is None:
                    yield f"{key} is missing"

    def _orphans(self) -> Iterator[str]:
        """Whoever has to do with the data folder comes from the supervisor that runs now."""
        supervisor = self._place.supervisor
        assert supervisor is not None  # noqa: S101  # it was started
        root = psutil.Process(supervisor.pid)
        family = {root.pid, *(one.pid for one in root.children(recursive=True))}
        for one in self._place.members():
            if one.pid not in family and one.is_running():
                yield f"process {one.pid} is nobody's: {one.info['cmdline']}"

    def _repeated(self) -> Iterator[str]:
        for call in repeated(read_calls(self._place.notes / "notes")):
            yield f"{call.key} of video {call.video_id} began again after it had been stored"


def _unexplained_stages(video: dict[str, Any]) -> Iterator[str]:
    flows: dict[str, list[str]] = video["flows"]
    has_reason = bool((video["error"] or {}).get("hint"))
    stages = [video[f"{name}_status"] for name in ("layout", "captions", "text")]
    if "error" in {video["status"], *stages} and not has_reason:
        yield f"video {video['id']} is {video['status']}, {stages} without a reason"
    if video["status"] == "processing":
        yield f"video {video['id']} is processing, and nothing processes it: {flows}"
    is_waiting = video["layout_status"] == "done" and "wait" in stages[1:]
    if is_waiting and "error" not in stages:
        yield f"video {video['id']} waits for nothing: {stages}, {flows}"


def _overlaps(video_id: str, captions: list[dict[str, Any]]) -> Iterator[str]:
    captions.sort(key=lambda one: one["start_pts_s"])
    for one, other in itertools.pairwise(captions):
        if one["end_pts_s"] > other["start_pts_s"]:
            yield f"captions {one['id']} and {other['id']} of {video_id} overlap"
