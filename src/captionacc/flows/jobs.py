"""What all compute jobs of a video have in common on this deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from captionacc.compute.contracts import OcrOptions
from captionacc.settings import get_settings
from captionacc.storage.location import StoreLocation, default_location

if TYPE_CHECKING:
    from captionacc.model.ids import TenantId, VideoId


class JobBase(TypedDict):
    """Fields of :class:`~captionacc.compute.contracts.Job`."""

    store: StoreLocation
    tenant_id: TenantId
    video_id: VideoId
    ocr: OcrOptions


def job_base(tenant_id: TenantId, video_id: VideoId) -> JobBase:
    """The fields, as the settings have it."""
    settings = get_settings()
    return JobBase(
        store=default_location(),
        tenant_id=tenant_id,
        video_id=video_id,
        ocr=OcrOptions(
            engine=settings.ocr_engine,
            runtime=settings.ocr_runtime,
            device=settings.device,
            language=settings.language,
            tessdata_dir=settings.tessdata_dir,
            threads=settings.threads,
        ),
    )
