"""A video of two hours with 2,000 captions, as flows leave it: rows and objects, no processing."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from array import array
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
import cv2
import httpx
import numpy as np
import psycopg

from captionacc.catalog.pool import open_catalog
from captionacc.catalog.tenants import LOCAL_TENANT
from captionacc.compute.crop_frames import CropManifest, level_index
from captionacc.databases.inference_results import InferenceRun, write_inference_results
from captionacc.databases.packing import pack
from captionacc.media.webm import FRAMES_PER_CHUNK, ChunkEncoder
from captionacc.model.geometry import CropRegion
from captionacc.model.ids import TenantId, VideoId
from captionacc.model.results import CaptionExtent, VideoProbe
from captionacc.model.videos import StageStatus
from captionacc.storage.access import S3Access
from captionacc.storage.keys import MODULO_LEVELS, VideoKeys
from captionacc.storage.s3 import S3Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from captionacc.media.webm import Chunk
    from captionacc.stack.supervisor import Stack

FRAME_COUNT: Final = 141 * 512
"""At 10 Hz; each level then has whole chunks."""

CAPTION_COUNT: Final = 2000
DURATION_S: Final = FRAME_COUNT / 10
_FPS: Final = 25
_REGION: Final = CropRegion(0.1, 0.8, 0.9, 0.95)
_WIDTH, _HEIGHT = 1280, 128
_VARIANTS: Final = 8
_SENDERS: Final = 8
_OCR_AT_ONCE: Final = 200
_SENTENCE: Final = "the water was cold and nobody had told us how deep it would be"


class LongVideo:
    """Makes it in a running stack.

    Attributes:
        id: The video's.
    """

    def __init__(self, stack: Stack) -> None:
        self.id = VideoId(str(uuid.uuid4()))
        self._stack = stack
        self._tenant_id = TenantId(LOCAL_TENANT)
        self._keys = VideoKeys(self._tenant_id, self.id)
        self._store = S3Store(_access(stack))

    def make(self) -> None:
        """Rows, objects, captions and their texts, by the writers of flows and API."""
        httpx.post(f"{self._stack.api_url}/v1/session").raise_for_status()  # makes the tenant
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self._store.put_file(self._keys.video, _film(folder / "film.mp4"))
            self._insert()
            self._put_crop_frames()
            self._put_results(folder)
        asyncio.run(self._activate())

    def _insert(self) -> None:
        """Without the webhook, which would have it processed."""
        with (
            psycopg.connect(self._stack.database_url) as connection,
            connection.transaction(),
        ):
            connection.execute("set local session_replication_role = replica")
            connection.execute(
                "insert into captionacc.videos"
                " (id, tenant_id, title, storage_key, size_bytes, status)"
                " values (%s, %s, 'Two hours.mp4', %s, 1, 'active')",
                [self.id, self._tenant_id, self._keys.video],
            )

    def _put_crop_frames(self) -> None:
        with ThreadPoolExecutor(_SENDERS) as pool:
            for level in MODULO_LEVELS:
                frames = FRAME_COUNT // 16 * {16: 1, 4: 3, 1: 12}[level]
                chunks = [chunk.data for chunk in _chunks(level)]
                keys = [
                    self._keys.crop_chunk(1, level, level_index(level, ordinal))
                    for ordinal in range(0, frames, FRAMES_PER_CHUNK)
                ]
                data = (chunks[number % _VARIANTS] for number in range(len(keys)))
                list(pool.map(self._store.put, keys, data))
        manifest = CropManifest(
            version=1,
            crop_region=_REGION.as_tuple(),
            sample_hz=10.0,
            frame_count=FRAME_COUNT,
            width=_WIDTH,
            height=_HEIGHT,
            pts_s=tuple(index / 10 for index in range(FRAME_COUNT)),
        )
        self._store.put(self._keys.crop_manifest(1), manifest.model_dump_json().encode())
        count = int(DURATION_S * _FPS)
        times = array("d", (number / _FPS for number in range(count + 1)))
        self._store.put(self._keys.native_pts(1), times.tobytes())

    def _put_results(self, folder: Path) -> None:
        path, packed = folder / "results.db", folder / "results.db.gz"
        run = InferenceRun("infer", "bench", 1, "", "")
        write_inference_results(path, run, (), _extents())
        pack(path, packed)
        self._store.put_file(self._keys.inference_results_db(1), packed)

    async def _activate(self) -> None:
        probe = VideoProbe(320, 180, DURATION_S, float(_FPS), "h264", 0, 0, has_vfr=False)
        async with open_catalog(self._stack.database_url) as catalog:
            await catalog.videos.activate(self.id, probe, int(DURATION_S // 10), _REGION)
            await catalog.videos.approve(self.id, self._tenant_id, _REGION)
            await catalog.versions.ensure(self.id, self._tenant_id, 1, _REGION)
            caption_ids = self._internal("POST", "", version=1, run_id=str(uuid.uuid4()))
            await catalog.versions.activate(self.id, 1, FRAME_COUNT)
            self._read(caption_ids["caption_ids"])
            await catalog.videos.set_stage(
                self.id,
                captions=StageStatus.ANNOTATE,
                text=StageStatus.ANNOTATE,
                caption_count=CAPTION_COUNT,
            )

    def _read(self, caption_ids: list[int]) -> None:
        """What the OCR would have said."""
        for first in range(0, len(caption_ids), _OCR_AT_ONCE):
            results = [
                {
                    "caption_id": caption_id,
                    "status": "completed",
                    "text": _text(caption_id),
                    "confidence": 0.5 if caption_id % 40 == 0 else 0.99,
                }
                for caption_id in caption_ids[first : first + _OCR_AT_ONCE]
            ]
            self._internal("PATCH", "/ocr", results=results)

    def _internal(self, method: str, path: str, **body: object) -> dict[str, Any]:
        token = self._stack.secrets.service_token
        answer = httpx.request(
            method,
            f"{self._stack.api_url}/v1/internal/videos/{self.id}/captions{path}",
            headers={"Authorization": f"Bearer {token}"},
            json={"tenant_id": self._tenant_id, **body},
            timeout=120,
        ).raise_for_status()
        return answer.json() if answer.content else {}


def _extents() -> Iterator[CaptionExtent]:
    slot = FRAME_COUNT // CAPTION_COUNT
    for number in range(CAPTION_COUNT):
        start, end = number * slot + 5, (number + 1) * slot
        confidence = 0.6 if number % 25 == 0 else 0.98
        yield CaptionExtent(start, end, start / 10, end / 10, confidence)


def _text(number: int) -> str:
    words = _SENTENCE.split()
    first, count = number % len(words), 3 + number % 7
    return " ".join((words * 2)[first : first + count]).capitalize() + "."


def _chunks(level: int) -> Iterator[Chunk]:
    """Some chunks that differ; a video of two hours repeats them."""
    for variant in range(_VARIANTS):
        made: list[Chunk] = []
        encoder = ChunkEncoder(made.append, 10)
        for place in range(FRAMES_PER_CHUNK):
            encoder.add(level_index(level, place), _band(variant, place))
        encoder.finish()
        yield made[0]


def _band(variant: int, place: int) -> Any:  # noqa: ANN401  # OpenCV's arrays are untyped
    """A picture of a caption on a moving ground, as I420."""
    ramp = np.roll(np.linspace(40, 200, _WIDTH, dtype=np.uint8), 9 * place + 40 * variant)
    image = np.repeat(np.repeat(ramp[None, :, None], _HEIGHT, axis=0), 3, axis=2).copy()
    text = _text(variant * 3)
    for colour, thickness in ((0, 8), (255, 3)):
        cv2.putText(image, text, (80, 82), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (colour,) * 3, thickness)
    return cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)


def _film(path: Path) -> Path:
    """The original, small: one picture a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=1, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(int(DURATION_S)):
            frame = av.VideoFrame(320, 180, "gray8")
            frame.planes[0].update(bytes([number % 200 + 20]) * frame.planes[0].buffer_size)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _access(stack: Stack) -> S3Access:
    found = stack.store.environment
    return S3Access(
        bucket=found["CAPTIONACC_S3_BUCKET"],
        endpoint=found["CAPTIONACC_S3_ENDPOINT"],
        region="us-east-1",
        access_key_id=found["CAPTIONACC_S3_ACCESS_KEY_ID"],
        secret_access_key=found["CAPTIONACC_S3_SECRET_ACCESS_KEY"],
    )
