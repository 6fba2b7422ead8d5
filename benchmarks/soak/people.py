"""Those who use the platform meanwhile, each with one video after the other.

Whoever gets no answer asks again, until the answer says yes or no. What was accepted is written
down, and must be true in the end.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx
import psycopg
from place import LIMIT_S, SoakError

if TYPE_CHECKING:
    import random
    import threading

    from place import Place

VIDEO: Final = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(2000)
_LATER: Final = {408, 425, 429, 500, 502, 503, 504}
_PAUSE_S: Final = 0.3
_ACTIVE: Final = {"queued", "running"}
_MOST_RETRIES: Final = 4


class GaveUp(Exception):  # noqa: N818  # it is no error: the soak is over
    """Nobody waits any more."""


@dataclass
class Accepted:
    """What the platform has said yes to.

    Attributes:
        videos: Those that were inserted, with their tenants.
        runs: All runs that were promised, with their videos.
        captions: Of a video and caption, what a person has made of it.
        deleted: Videos that were deleted.
        cancelled: Runs that were asked to end.
        doubled: Webhooks whose second delivery returned another run.
        did: How often what was done.
    """

    videos: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    captions: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    doubled: list[str] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)


class Person:
    """A member of a tenant, who works until the soak is over.

    Args:
        place: The platform.
        tenant_id: Whose member.
        chance: Decides what the person does.
        accepted: Where promises are written down; shared by all.
        over: Set when nothing new is to be begun.
    """

    def __init__(
        self,
        place: Place,
        tenant_id: str,
        chance: random.Random,
        accepted: Accepted,
        over: threading.Event,
    ) -> None:
        self._place = place
        self._tenant_id = tenant_id
        self._chance = chance
        self._accepted = accepted
        self._over = over
        self._retries = 0
        self._secret = place.secret("webhook_secret")
        self._http = httpx.Client(
            base_url=place.api_url, timeout=20, headers=place.authorization(tenant_id)
        )

    def work(self) -> None:
        """One video after the other."""
        while not self._over.is_set():
            with suppress(GaveUp):
                self._see_through()

    def _see_through(self) -> None:
        self._retries = 0
        video_id = self._upload() if self._is_chosen(0.4) else self.insert()
        if self._is_chosen(0.1):
            self._cancel_something(video_id)
        self._wait(video_id, "layout_status")
        self.approve(video_id)
        if self._is_chosen(0.3):  # at once another one
            self._pause(1.0)
            self.approve(video_id)
        if self._is_chosen(0.15):
            self._cancel_something(video_id)
        self._wait(video_id, "text_status")
        self._correct(video_id)
        if self._is_chosen(0.5):
            self.approve(video_id)
            self._correct(video_id)
            self._wait(video_id, "text_status")
        if self._is_chosen(0.1):
            self._delete(video_id)

    def _is_chosen(self, probability: float) -> bool:
        return self._chance.random() < probability

    def _pause(self, longest_s: float) -> None:
        self._over.wait(self._chance.uniform(0, longest_s))

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401  # JSON
        """The first definite answer."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                answer = self._http.request(method, path, **options)
                if answer.status_code not in _LATER:
                    return answer
            time.sleep(_PAUSE_S)
        raise SoakError(f"{method} {path} got no answer")

    def _upload(self) -> str:
        """As the web page does, in one part; begun anew if the store forgot it."""
        wanted = {"filename": "soak.mp4", "size_bytes": len(VIDEO)}
        upload = self._ask("POST", "/v1/uploads", json=wanted).json()
        place = f"/v1/uploads/{upload['id']}"
        while True:
            signed = self._ask("POST", f"{place}/parts", json={"numbers": [1]})
            with suppress(httpx.HTTPError):
                url = signed.raise_for_status().json()["urls"]["1"]
                httpx.put(url, content=VIDEO, timeout=20).raise_for_status()
                break
            self._give_up_when_over()
        completed = self._ask("POST", f"{place}/complete")
        if completed.is_error:
            self._accepted.did[f"upload: {completed.json()['code']}"] += 1
            raise GaveUp
        video_id = str(completed.json()["video_id"])
        self._accepted.videos[video_id] = self._tenant_id
        self._accepted.did["upload"] += 1
        return video_id

    def insert(self) -> str:
        """As supabase-js does; the webhook comes once, twice, or never."""
        video_id = str(uuid.uuid4())
        while True:
            try:
                self._insert_row(video_id)
                break
            except psycopg.OperationalError:
                time.sleep(_PAUSE_S)
        self._accepted.videos[video_id] = self._tenant_id
        self._accepted.did["insert"] += 1
        if self._is_chosen(0.3):
            self._deliver_twice(video_id)
        return video_id

    def _insert_row(self, video_id: str) -> None:
        with self._place.database() as connection, connection.transaction():
            connection.execute(
                "insert into captionacc.videos (id, tenant_id, storage_key, size_bytes)"
                " values (%(video)s::uuid, %(tenant)s::uuid,"
                " %(tenant)s::text || '/client/videos/' || %(video)s::text || '/video.mp4', 1)"
                " on conflict do nothing",
                {"video": video_id, "tenant": self._tenant_id},
            )
            if self._is_chosen(0.3):
                connection.execute(
                    "delete from supabase_functions.outbox where body -> 'record' ->> 'id' = %s",
                    [video_id],
                )
                self._accepted.did["webhook dropped"] += 1

    def _deliver_twice(self, video_id: str) -> None:
        body = {
            "type": "INSERT",
            "table": "videos",
            "schema": "captionacc",
            "record": {"id": video_id, "tenant_id": self._tenant_id},
            "old_record": None,
        }
        headers = {"X-Webhook-Secret": self._secret}
        runs = set()
        for _ in range(2):
            answer = self._ask("POST", "/v1/webhooks/supabase", json=body, headers=headers)
            runs.add(self._promised(video_id, answer))
        if len(runs) > 1:
            self._accepted.doubled.append(video_id)
        self._accepted.did["webhook twice"] += 1

    def _promised(self, video_id: str, answer: httpx.Response) -> str:
        run_id = str(answer.raise_for_status().json()["run_id"])
        self._accepted.runs[run_id] = video_id
        return run_id

    def _wait(self, video_id: str, stage: str) -> None:
        """Until a person is needed at this stage; what fails is tried again a few times."""
        while True:
            video = self._ask("GET", f"/v1/videos/{video_id}").raise_for_status().json()
            runs = self._runs(video_id)
            is_busy = any(run["state"] in _ACTIVE for run in runs)
            if video[stage] in {"annotate", "done"} and not (stage == "text_status" and is_busy):
                return
            if not is_busy and any(run["state"] in {"failed", "cancelled"} for run in runs):
                self._retry(video_id)
            self._give_up_when_over()
            self._over.wait(_PAUSE_S)

    def _give_up_when_over(self) -> None:
        if self._over.is_set():
            raise GaveUp

    def _runs(self, video_id: str) -> list[dict[str, Any]]:
        answer = self._ask("GET", f"/v1/videos/{video_id}/runs").raise_for_status()
        return list(answer.json()["runs"])

    def _retry(self, video_id: str) -> None:
        self._retries += 1
        if self._retries > _MOST_RETRIES:
            self._accepted.did["given up"] += 1
            raise GaveUp
        answer = self._ask("POST", f"/v1/videos/{video_id}/actions/retry")
        if answer.is_success:
            for run_id in answer.json()["run_ids"]:
                self._accepted.runs[run_id] = video_id
        self._accepted.did["retry"] += 1

    def approve(self, video_id: str) -> None:
        """Say where the captions are: anywhere."""
        left = self._chance.randint(2, 45) / 100
        region = [left, 0.8, 0.9, 0.95]
        path = f"/v1/videos/{video_id}/actions/approve-layout"
        answer = self._ask("POST", path, json={"crop_region": region})
        if answer.is_success:
            self._promised(video_id, answer)
        self._accepted.did["approve" if answer.is_success else "approve: refused"] += 1

    def _cancel_something(self, video_id: str) -> None:
        self._pause(1.5)
        for run in self._runs(video_id):
            if run["state"] in _ACTIVE:
                answer = self._ask("POST", f"/v1/runs/{run['id']}/actions/cancel")
                if answer.is_success:
                    self._accepted.cancelled.add(run["id"])
                    self._accepted.did["cancel"] += 1
                return

    def _correct(self, video_id: str) -> None:
        """Move one caption and write the text of another."""
        listed = self._ask("GET", f"/v1/videos/{video_id}/captions")
        captions = listed.json()["captions"] if listed.is_success else []
        if len(captions) < 2:  # noqa: PLR2004  # one for each
            return
        moved, written = self._chance.sample(captions, 2)
        start_s, end_s = round(moved["start_pts_s"] + 0.05, 3), round(moved["end_pts_s"] - 0.05, 3)
        path = f"/v1/videos/{video_id}/captions"
        answer = self._ask(
            "POST",
            f"{path}/{moved['id']}/actions/confirm-boundary",
            json={"start_s": start_s, "end_s": end_s},
        )
        expected = {"start_pts_s": start_s, "end_pts_s": end_s, "boundary_state": "confirmed"}
        self._note_caption(video_id, moved["id"], answer, expected)
        text = f"written {uuid.uuid4().hex[:8]}"
        answer = self._ask("PATCH", f"{path}/{written['id']}", json={"text": text})
        self._note_caption(video_id, written["id"], answer, {"text": text})

    def _note_caption(
        self, video_id: str, number: int, answer: httpx.Response, expected: dict[str, Any]
    ) -> None:
        if answer.is_success:
            self._accepted.captions.setdefault((video_id, number), {}).update(expected)
            if run_id := answer.json()["run_id"]:
                self._accepted.runs[run_id] = video_id
        self._accepted.did["correct" if answer.is_success else "correct: refused"] += 1

    def _delete(self, video_id: str) -> None:
        answer = self._ask("DELETE", f"/v1/videos/{video_id}")
        if answer.is_success or answer.status_code == 404:  # noqa: PLR2004  # the first time unheard
            self._accepted.deleted.add(video_id)
            self._accepted.did["delete"] += 1


def new_tenants(place: Place, count: int) -> list[str]:
    """The ids of fresh tenants."""
    statement = "insert into captionacc.tenants (name) values ('soak') returning id::text"
    return [place.query(statement)[0]["id"] for _ in range(count)]
