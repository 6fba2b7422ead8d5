"""Videos as flows leave them, made without a flow."""

import tempfile
import uuid
from contextlib import asynccontextmanager
from pathlib import Path

from captionacc.api.captions_store import CaptionsStore
from captionacc.catalog.pool import open_catalog
from captionacc.databases.inference_results import InferenceRun, write_inference_results
from captionacc.databases.packing import pack
from captionacc.model.geometry import CropRegion
from captionacc.model.ids import RunId, VideoId
from captionacc.model.results import CaptionExtent, VideoProbe
from captionacc.model.videos import StageStatus
from captionacc.storage.access import S3Access
from captionacc.storage.keys import VideoKeys
from captionacc.storage.s3 import S3Store
from captionacc.sync.copies import WorkingCopies

REGION = CropRegion(0.1, 0.8, 0.9, 0.95)
PROBE = VideoProbe(1280, 720, 60.0, 25.0, "h264", 1_000_000, 0, has_vfr=False)


def access_of(object_store):
    """The keys to the session's bucket."""
    environment = object_store.environment
    return S3Access(
        bucket=environment["CAPTIONACC_S3_BUCKET"],
        endpoint=environment["CAPTIONACC_S3_ENDPOINT"],
        region="us-east-1",
        access_key_id=environment["CAPTIONACC_S3_ACCESS_KEY_ID"],
        secret_access_key=environment["CAPTIONACC_S3_SECRET_ACCESS_KEY"],
    )


def extent(start_s, end_s):
    """An extent over 10 Hz crop frames with times that are multiples of a tenth."""
    return CaptionExtent(round(start_s * 10), round(end_s * 10), start_s, end_s, 0.75)


class Scene:
    """One video of a tenant of its own, and a store for its captions."""

    def __init__(self, catalog, store, copies, video) -> None:
        self.catalog = catalog
        self.store = store
        self.video_id, self.tenant_id = video.id, video.tenant_id
        self.keys = VideoKeys(video.tenant_id, video.id)
        self._work_with(copies)

    async def video(self):
        """The video as it is now."""
        return await self.catalog.videos.get(self.video_id, self.tenant_id)

    def put_results(self, version, *spans):
        """What inference on this version found."""
        with tempfile.TemporaryDirectory() as folder:
            path, packed = Path(folder, "results.db"), Path(folder, "results.db.gz")
            run = InferenceRun("infer", "strokes-1", version, "", "")
            write_inference_results(path, run, (), [extent(*span) for span in spans])
            pack(path, packed)
            self.store.put_file(self.keys.inference_results_db(version), packed)

    async def stage(self, version, *spans):
        """As the flow does before it activates the version."""
        self.put_results(version, *spans)
        return await self.captions.stage(await self.video(), version, RunId(str(uuid.uuid4())))

    async def activate(self, version):
        """As the flow does when all objects are there."""
        await self.catalog.versions.ensure(self.video_id, self.tenant_id, version, REGION)
        await self.catalog.versions.activate(self.video_id, version, 600)
        await self.catalog.videos.set_stage(self.video_id, captions=StageStatus.ANNOTATE)

    async def read(self):
        """The captions as they are now."""
        return await self.captions.read(await self.video())

    async def places(self):
        """Start and end of the captions."""
        return [(one.extent.start_pts_s, one.extent.end_pts_s) for one in await self.read()]

    def _work_with(self, copies):
        self.copies = copies
        self.captions = CaptionsStore(self.catalog, self.store, copies)

    async def move_to(self, copies):
        """Work with the working copies of another server from now on."""
        await self.let_go()
        self._work_with(copies)

    async def let_go(self):
        """Store and close whatever is open."""
        await self.copies.close_all()

    async def told(self):
        """What events said about captions."""
        events = await self.catalog.events.since(self.tenant_id, "0-0", 1000)
        return [one.payload for one in events if one.kind == "captions"]


@asynccontextmanager
async def open_scene(database_url, object_store, *spans):
    """A video whose version 1 is active, with captions at these places; without places none."""
    store = S3Store(access_of(object_store))
    async with (
        open_catalog(database_url) as catalog,
        open_copies(database_url, store, catalog) as copies,
    ):
        tenant = await catalog.tenants.create("somebody")
        scene = Scene(catalog, store, copies, await add_video(catalog, tenant.id))
        if spans:
            await scene.stage(1, *spans)
            await scene.activate(1)
        yield scene


@asynccontextmanager
async def open_copies(database_url, store, catalog, **options):
    """Working copies as another process has them."""
    with tempfile.TemporaryDirectory() as folder:
        copies = WorkingCopies(Path(folder), store, lambda: catalog, database_url, **options)
        async with copies.running():
            yield copies


async def add_video(catalog, tenant_id):
    """A video whose layout awaits a person."""
    video_id = VideoId(str(uuid.uuid4()))
    await catalog.videos.insert(
        video_id=video_id,
        tenant_id=tenant_id,
        uploaded_by=None,
        title="A film.mp4",
        folder="",
        storage_key=VideoKeys(tenant_id, video_id).video,
        size_bytes=1,
    )
    return await catalog.videos.activate(video_id, PROBE, 6, REGION)
