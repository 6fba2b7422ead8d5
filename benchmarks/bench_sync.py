"""What an edit costs until it is durable, over the real socket of the API.

``raw_fsync_ms``: a log's worth of bytes appended to a file on the same disk and brought to it; the
cost that no database can go below.
``ack_p50_ms``, ``ack_p99_ms``: one client's edit of one row, from sending it to the ack that says
that it is on the disk. Edits and raw writes by turns, so that both meet the same disk.
``p50_100_sessions_ms``, ``p99_100_sessions_ms``: the same for 100 clients on 100 databases that
make two edits a second each, from when an edit is due.
``reading_to_peer_p50_ms``: from a flow's request that stores what was read to its arrival at a
connected client; the request included.
``prediction_to_peer_p50_ms``: from a label to the arrival of the region that is proposed anew, in
a layout of 40 frames; ``prediction_of_2h_p50_ms``: the same with the 720 of a film of two hours.
``open_ms``: from connecting to the end of the first sync of a layout of 40 frames.
``mb_per_database``: memory of the API's process per further open database with its connection, in
10**6 bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import random
import shutil
import tempfile
import time
import uuid
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, Final

import httpx
import jwt
import psutil
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import connect

from captionacc.api.auth import AUDIENCE
from captionacc.catalog.migrate import migrate
from captionacc.catalog.pool import open_catalog
from captionacc.databases.captions import SCHEMA as CAPTIONS
from captionacc.databases.layout import BOXES_PER_FRAME, LayoutBox, LayoutConfig, write_layout
from captionacc.databases.packing import pack
from captionacc.databases.schema import new_database
from captionacc.model.geometry import CropRegion, OcrBox
from captionacc.model.ids import VideoId
from captionacc.model.results import VideoProbe
from captionacc.stack.bucket import set_up_bucket
from captionacc.stack.folders import StackFolders
from captionacc.stack.object_store import ObjectStoreService
from captionacc.stack.ports import free_ports
from captionacc.stack.postgres import CATALOG_DATABASE, PostgresService
from captionacc.stack.programs import ApiService
from captionacc.stack.secrets import load_secrets
from captionacc.storage.access import S3Access
from captionacc.storage.keys import VideoKeys
from captionacc.storage.s3 import S3Store
from captionacc.sync.changes import Change, pack_id
from captionacc.sync.wire import encode_change
from harness import BenchmarkError, write_result

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from captionacc.model.ids import TenantId
    from captionacc.stack.service import Service

_FRAMES: Final = 40
_FRAMES_OF_2H: Final = 720
_LOG_BYTES: Final = 5 * 4120
_EDITS: Final = 300
_SESSIONS: Final = 100
_EDITS_PER_S: Final = 2.0
_PUSHES: Final = 20
_PING_S: Final = 8.0
_OPENED_AT_ONCE: Final = 4
_REGION: Final = CropRegion(0.1, 0.8, 0.9, 0.95)
_PROBE: Final = VideoProbe(1280, 720, 400.0, 25.0, "h264", 1_000_000, 0, has_vfr=False)
_BUCKET: Final = "captionacc-bench"


class Place:
    """The services, a tenant, and its videos."""

    def __init__(self, root: Path) -> None:
        self.folders = StackFolders(root)
        self.folders.make()
        self.secrets = load_secrets(self.folders.secrets)
        postgres_port, s3_port, api_port = free_ports(3)
        self.postgres = PostgresService(self.folders, postgres_port, self.secrets.database_password)
        self.store = ObjectStoreService(self.folders, s3_port, self.secrets, _BUCKET)
        environment = {
            **os.environ,
            **self.postgres.environment,
            **self.store.environment,
            "CAPTIONACC_DATA_DIR": str(root),
            "CAPTIONACC_API_PORT": str(api_port),
            "CAPTIONACC_WEBHOOK_SECRET": self.secrets.webhook_secret,
            "CAPTIONACC_SERVICE_TOKEN": self.secrets.service_token,
            "CAPTIONACC_JWT_SECRET": self.secrets.jwt_secret,
        }
        self.api = ApiService(self.folders, api_port, environment)

    @contextmanager
    def running(self) -> Generator[None]:
        """All services are ready in the block."""
        begun: list[Service] = []
        try:
            for service in (self.postgres, self.store, self.api):
                service.start()
                begun.append(service)
                service.wait_ready()
                if service is self.postgres:
                    asyncio.run(migrate(self.database_url, webhook=None, embedded=True))
                if service is self.store:
                    set_up_bucket(self.store)
            yield
        finally:
            for service in reversed(begun):
                service.stop()

    @property
    def database_url(self) -> str:
        """The catalog."""
        return self.postgres.url(CATALOG_DATABASE)

    @property
    def rss_mb(self) -> float:
        """Memory of the API's own process."""
        assert self.api.child is not None  # noqa: S101  # it was started
        return psutil.Process(self.api.child.pid).memory_info().rss / 1e6

    def token(self, tenant_id: TenantId) -> str:
        """Of a user that nobody knows yet."""
        claims = {
            "sub": str(uuid.uuid4()),
            "aud": AUDIENCE,
            "exp": time.time() + 3600,
            "app_metadata": {"tenant_id": tenant_id},
        }
        return jwt.encode(claims, self.secrets.jwt_secret, "HS256")

    async def add_videos(self, count: int) -> tuple[TenantId, list[VideoId]]:
        """Videos of a new tenant with layouts; the first has captions, the second two hours."""
        store = S3Store(
            S3Access(
                bucket=_BUCKET,
                endpoint=self.store.address,
                region="us-east-1",
                access_key_id=self.store.environment["CAPTIONACC_S3_ACCESS_KEY_ID"],
                secret_access_key=self.store.environment["CAPTIONACC_S3_SECRET_ACCESS_KEY"],
            )
        )
        short = _packed_layout(self.folders.root, _FRAMES)
        long = _packed_layout(self.folders.root, _FRAMES_OF_2H)
        captions = _packed_captions(self.folders.root)
        videos: list[VideoId] = []
        async with open_catalog(self.database_url) as catalog:
            tenant_id = (await catalog.tenants.create("bench")).id
            for number in range(count):
                frames, layout = (_FRAMES_OF_2H, long) if number == 1 else (_FRAMES, short)
                probe = replace(_PROBE, duration_s=10.0 * frames)
                video_id = VideoId(str(uuid.uuid4()))
                keys = VideoKeys(tenant_id, video_id)
                await catalog.videos.insert(
                    video_id=video_id,
                    tenant_id=tenant_id,
                    uploaded_by=None,
                    title="film",
                    folder="",
                    storage_key=keys.video,
                    size_bytes=1,
                )
                await catalog.videos.activate(video_id, probe, frames, _REGION)
                store.put_file(keys.layout_db, layout)
                videos.append(video_id)
            store.put_file(VideoKeys(tenant_id, videos[0]).captions_db, captions)
            await catalog.versions.ensure(videos[0], tenant_id, 1, _REGION)
            await catalog.versions.activate(videos[0], 1, 600)
        return tenant_id, videos


class Client:
    """A connection that edits."""

    def __init__(self, socket: Any) -> None:  # noqa: ANN401  # websockets' connection
        self.socket = socket
        self.site_id = os.urandom(16)
        self.version = 2

    async def begin(self, token: str) -> None:
        """Say hello and take the first sync."""
        await self.say(
            "hello",
            token=token,
            site_id=base64.b64encode(self.site_id).decode(),
            connection=str(uuid.uuid4()),
            seen=None,
            wants="write",
        )
        while not (await self.hear("changes"))["is_last"]:
            pass

    async def stay(self) -> None:
        """Say now and then that it is there, as clients do."""
        while True:
            await asyncio.sleep(_PING_S)
            await self.say("ping")

    async def say(self, kind: str, **values: Any) -> None:  # noqa: ANN401  # JSON
        """Send a message."""
        await self.socket.send(json.dumps({"v": 1, "type": kind, **values}))

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of the kind; others are passed over."""
        while True:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), 60))
            if message["type"] == "changes":
                await self.say("ack", db_version=message["db_version"])
            if message["type"] == kind:
                return message
            if message["type"] in {"error", "refused"}:
                raise BenchmarkError(str(message))

    async def hear_of(self, column: str) -> None:
        """Until a change of the column arrives."""
        while not any(one[2] == column for one in (await self.hear("changes"))["changes"]):
            pass

    async def edit(self, box_id: int | None = None) -> None:
        """One edit, until it is acknowledged."""
        number, self.version = self.version, self.version + 1
        row_id = number % _FRAMES * BOXES_PER_FRAME if box_id is None else box_id
        label = ("in", "out")[number % 2]
        change = Change("boxes", pack_id(row_id), "label", label, number, 1, self.site_id, 1, 0)
        await self.say("changes", batch=str(number), changes=[encode_change(change)])
        await self.hear("ack")


def main() -> None:
    """Measure on a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of 100 sessions (20)")
    parser.add_argument("--folder", type=Path, default=None, help="on the disk to measure")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="captionacc-bench-", dir=options.folder))
    try:
        place = Place(folder)
        with place.running():
            result = asyncio.run(_measure(place, options.seconds))
    finally:
        shutil.rmtree(folder)
    _show(result)
    write_result("sync", result)


async def _measure(place: Place, seconds: float) -> dict[str, float]:
    tenant_id, videos = await place.add_videos(_SESSIONS + 3)
    first, film, second, *many = videos
    token = place.token(tenant_id)
    opened_s, raw_s, acks_s = await _one(place, token, second)
    reading_s = await _readings(place, token, tenant_id, first)
    predicted_s = await _predictions(place, token, first)
    predicted_of_2h_s = await _predictions(place, token, film)
    before_mb = place.rss_mb
    late_s, mb = await _many(place, token, many, seconds)
    return {
        "raw_fsync_ms": _ms(median(raw_s)),
        "raw_fsync_p99_ms": _p99_ms(raw_s),
        "ack_p50_ms": _ms(median(acks_s)),
        "ack_p99_ms": _p99_ms(acks_s),
        "p50_100_sessions_ms": _ms(median(late_s)),
        "p99_100_sessions_ms": _p99_ms(late_s),
        "reading_to_peer_p50_ms": _ms(median(reading_s)),
        "prediction_to_peer_p50_ms": _ms(median(predicted_s)),
        "prediction_of_2h_p50_ms": _ms(median(predicted_of_2h_s)),
        "open_ms": _ms(opened_s),
        "mb_per_database": round((mb - before_mb) / len(many), 2),
    }


@asynccontextmanager
async def _client(
    place: Place, token: str, video_id: VideoId, database: str = "layout"
) -> AsyncGenerator[Client]:
    url = place.api.address.replace("http", "ws")
    async with connect(
        f"{url}/v1/videos/{video_id}/databases/{database}/sync", max_size=None, proxy=None
    ) as socket:
        client = Client(socket)
        await client.begin(token)
        pings = asyncio.create_task(client.stay())
        try:
            yield client
        finally:
            pings.cancel()


async def _one(
    place: Place, token: str, video_id: VideoId
) -> tuple[float, list[float], list[float]]:
    """Opening, raw writes, and edits; paced, as one person's never come faster."""
    raw_s, acks_s = [], []
    content = os.urandom(_LOG_BYTES)
    began = time.perf_counter()
    async with _client(place, token, video_id) as client:
        opened_s = time.perf_counter() - began
        with (place.folders.root / "raw").open("wb", buffering=0) as file:
            for _ in range(_EDITS):
                began = time.perf_counter()
                file.write(content)
                os.fsync(file.fileno())
                raw_s.append(time.perf_counter() - began)
                began = time.perf_counter()
                await client.edit()
                acks_s.append(time.perf_counter() - began)
                await asyncio.sleep(0.03)
    return opened_s, raw_s, acks_s


async def _readings(
    place: Place, token: str, tenant_id: TenantId, video_id: VideoId
) -> list[float]:
    took_s: list[float] = []
    headers = {"Authorization": f"Bearer {place.secrets.service_token}"}
    url = f"{place.api.address}/v1/internal/videos/{video_id}/captions/ocr"
    async with (
        _client(place, token, video_id, "captions") as client,
        httpx.AsyncClient(headers=headers, timeout=30) as flows,
    ):
        for number in range(_PUSHES):
            result = {"caption_id": 1, "status": "completed", "text": str(number), "confidence": 1}
            began = time.perf_counter()
            body = {"tenant_id": tenant_id, "results": [result]}
            answer = asyncio.create_task(flows.patch(url, json=body))
            await client.hear_of("caption_ocr")
            took_s.append(time.perf_counter() - began)
            (await answer).raise_for_status()
    return took_s


async def _predictions(place: Place, token: str, video_id: VideoId) -> list[float]:
    """Whether one box at the top is a caption's moves the region there and back."""
    took_s: list[float] = []
    async with _client(place, token, video_id) as client:
        for _ in range(_PUSHES):
            began = time.perf_counter()
            await client.edit(box_id=0)
            await client.hear_of("crop_top")
            took_s.append(time.perf_counter() - began)
    return took_s[1:]


async def _many(
    place: Place, token: str, videos: list[VideoId], seconds: float
) -> tuple[list[float], float]:
    """Delays of edits, and the API's memory with all connections."""
    late_s: list[float] = []
    all_open, may_begin = asyncio.Barrier(len(videos) + 1), asyncio.Event()

    async def session(index: int, video_id: VideoId) -> None:
        async with AsyncExitStack() as stack:
            async with gate:
                client = await stack.enter_async_context(_client(place, token, video_id))
            await client.edit()
            await all_open.wait()
            await may_begin.wait()
            due = began + index / len(videos) / _EDITS_PER_S
            while due < began + seconds:
                await asyncio.sleep(max(due - time.perf_counter(), 0))
                await client.edit()
                late_s.append(time.perf_counter() - due)
                due += 1 / _EDITS_PER_S

    gate = asyncio.Semaphore(_OPENED_AT_ONCE)
    began = 0.0
    async with asyncio.TaskGroup() as tasks:
        for index, video_id in enumerate(videos):
            tasks.create_task(session(index, video_id))
        await all_open.wait()
        mb = place.rss_mb
        began = time.perf_counter() + 1
        may_begin.set()
    return late_s, mb


def _packed_layout(folder: Path, frames: int) -> Path:
    path, packed = folder / f"layout_{frames}.db", folder / f"layout_{frames}.db.gz"
    boxes = [
        LayoutBox(frame, index, box)
        for frame in range(frames)
        for index, box in enumerate(_film_boxes(frame))
    ]
    write_layout(path, LayoutConfig(1280, 720, _REGION), boxes)
    pack(path, packed)
    return packed


def _film_boxes(frame: int) -> list[OcrBox]:
    """What is read in a frame of a film: a sign, a logo, and a caption in two of three."""
    chance = random.Random(frame)  # noqa: S311  # the same every time
    left, top = chance.uniform(0.1, 0.6), chance.uniform(0.2, 0.6)
    boxes = [
        OcrBox(f"sign {frame}", 0.9, left, top, left + 0.2, top + 0.05),
        OcrBox("LOGO", 0.99, 0.9, 0.05, 0.97, 0.1),
    ]
    if frame % 3:
        width = chance.uniform(0.2, 0.6)
        text = "".join(chance.choices("abcdefghij klmnop", k=round(width * 60)))
        boxes.append(OcrBox(text, 0.98, 0.5 - width / 2, 0.85, 0.5 + width / 2, 0.91))
    return boxes


def _packed_captions(folder: Path) -> Path:
    path, packed = folder / "captions.db", folder / "captions.db.gz"
    with new_database(path, CAPTIONS) as connection:
        connection.execute(
            "INSERT INTO captions (id, end_frame_index, end_pts_s) VALUES (1, 9, 0.9)"
        )
    pack(path, packed)
    return packed


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 2)


def _p99_ms(seconds: list[float]) -> float:
    return _ms(quantiles(seconds, n=100)[-1])


def _show(result: dict[str, float]) -> None:
    table = Table("figure", "value")
    for name, value in result.items():
        table.add_row(name, f"{value:g}")
    Console(stderr=True).print(table)


if __name__ == "__main__":
    main()
